//! CreateGroup, DeleteGroup, GetGroup, GetGroups, UpdateGroup: filter expressions that have a name.
//!
//! Differs from AWS: insights are stored and not made; the group `Default` is not listed.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_CreateGroup.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::errors::invalid;
use crate::groups::{Group, GroupId, InsightsConfiguration};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    group: Group,
}

pub(crate) struct CreateGroup;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewGroup {
    group_name: String,
    filter_expression: Option<String>,
    insights_configuration: Option<InsightsConfiguration>,
    tags: Option<Vec<serde::de::IgnoredAny>>,
}

impl Action for CreateGroup {
    const NAME: &'static str = "CreateGroup";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/CreateGroup", 200));
    type Service = Xray;
    type Input = NewGroup;
    type Output = Output;

    async fn run(xray: &Xray, context: &Context, input: NewGroup) -> Result<Output, ServiceError> {
        refuse_tags(input.tags.as_deref())?;
        let insights = input.insights_configuration.unwrap_or_default();
        let group = xray.create_group(context, input.group_name, input.filter_expression, insights).await?;
        Ok(Output { group: Group::of(&group) })
    }
}

/// Tags would be lost: nothing shows them here.
pub(super) fn refuse_tags(tags: Option<&[serde::de::IgnoredAny]>) -> Result<(), ServiceError> {
    if tags.is_some_and(|tags| !tags.is_empty()) {
        return Err(invalid("Tags of groups and sampling rules are not supported by Konekuta"));
    }
    Ok(())
}

pub(crate) struct UpdateGroup;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupUpdate {
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    filter_expression: Option<String>,
    insights_configuration: Option<InsightsConfiguration>,
}

impl Action for UpdateGroup {
    const NAME: &'static str = "UpdateGroup";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/UpdateGroup", 200));
    type Service = Xray;
    type Input = GroupUpdate;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: GroupUpdate) -> Result<Output, ServiceError> {
        let id = GroupId { group_name: input.group_name, group_arn: input.group_arn };
        let group = xray.update_group(&id, input.filter_expression, input.insights_configuration).await?;
        Ok(Output { group: Group::of(&group) })
    }
}

pub(crate) struct GetGroup;

impl Action for GetGroup {
    const NAME: &'static str = "GetGroup";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/GetGroup", 200));
    type Service = Xray;
    type Input = GroupId;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: GroupId) -> Result<Output, ServiceError> {
        Ok(Output { group: Group::of(&xray.group(&input).await?) })
    }
}

pub(crate) struct GetGroups;

#[derive(Deserialize)]
pub(crate) struct AllGroups {
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Groups {
    groups: Vec<Group>,
}

impl Action for GetGroups {
    const NAME: &'static str = "GetGroups";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/Groups", 200));
    type Service = Xray;
    type Input = AllGroups;
    type Output = Groups;

    async fn run(xray: &Xray, _: &Context, _: AllGroups) -> Result<Groups, ServiceError> {
        Ok(Groups { groups: xray.groups().await?.iter().map(Group::of).collect() })
    }
}

pub(crate) struct DeleteGroup;

#[derive(Serialize)]
pub(crate) struct Deleted {}

impl Action for DeleteGroup {
    const NAME: &'static str = "DeleteGroup";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/DeleteGroup", 200));
    type Service = Xray;
    type Input = GroupId;
    type Output = Deleted;

    async fn run(xray: &Xray, _: &Context, input: GroupId) -> Result<Deleted, ServiceError> {
        xray.delete_group(&input).await?;
        Ok(Deleted {})
    }
}
