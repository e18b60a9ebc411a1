//! Groups: filter expressions that have a name.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-groups.html>

use engine::{Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::{Context, ServiceError};

use crate::Xray;
use crate::errors::invalid;
use crate::filter::{self, Expression, GroupBy};
use crate::limits::{GROUPS_MAX, REGISTRY_PAGE};
use crate::records::{self, GroupRecord};
use crate::search::expression;

/// The group that all traces belong to, at AWS; its name is taken.
pub(crate) const DEFAULT_GROUP: &str = "Default";

/// By which a group is named in a request: one of the two.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GroupId {
    pub(crate) group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    pub(crate) group_arn: Option<String>,
}

/// AWS's `InsightsConfiguration`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InsightsConfiguration {
    #[serde(default)]
    pub(crate) insights_enabled: bool,
    #[serde(default)]
    pub(crate) notifications_enabled: bool,
}

/// AWS's `Group` and `GroupSummary`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Group {
    group_name: String,
    #[serde(rename = "GroupARN")]
    group_arn: String,
    filter_expression: String,
    insights_configuration: InsightsConfiguration,
}

impl Group {
    pub(crate) fn of(record: &GroupRecord) -> Self {
        Self {
            group_name: record.name.clone(),
            group_arn: record.arn.clone(),
            filter_expression: record.filter.clone(),
            insights_configuration: InsightsConfiguration {
                insights_enabled: record.insights,
                notifications_enabled: record.notifications,
            },
        }
    }
}

/// What groups ask for.
#[derive(Debug, Default)]
pub(crate) struct Groups(Vec<GroupRecord>);

impl Groups {
    pub(crate) fn find(&self, by: GroupBy, name: &str) -> Option<Expression> {
        let group = self.0.iter().find(|group| match by {
            GroupBy::Name => group.name == name,
            GroupBy::Arn => group.arn == name,
        })?;
        filter::parse(&group.filter).ok()
    }
}

impl Xray {
    /// All groups, by name.
    pub(crate) async fn groups(&self) -> Result<Vec<GroupRecord>, ServiceError> {
        let found = self.engine.list(records::GROUPS, None, REGISTRY_PAGE).await?;
        found.iter().map(|record| records::decode(record).map_err(ServiceError::from)).collect()
    }

    /// The groups that an expression names, if it names any; one that is not there is refused.
    pub(crate) async fn groups_of(&self, filter: Option<&Expression>) -> Result<Groups, ServiceError> {
        let named = filter.map(Expression::groups).unwrap_or_default();
        if named.is_empty() {
            return Ok(Groups::default());
        }
        let groups = Groups(self.groups().await?);
        let missing = named.iter().find(|(by, name)| groups.find(*by, name).is_none());
        match missing {
            Some((_, name)) => {
                Err(invalid(format!("The filter expression names a group that is not there: {name}")))
            }
            None => Ok(groups),
        }
    }

    /// The group of a name or ARN. `InvalidRequestException`.
    pub(crate) async fn group(&self, id: &GroupId) -> Result<GroupRecord, ServiceError> {
        let groups = self.groups().await?.into_iter();
        let mut groups = groups.filter(|group| match (&id.group_name, &id.group_arn) {
            (Some(name), None) => group.name == *name,
            (None, Some(arn)) => group.arn == *arn,
            _ => false,
        });
        match (&id.group_name, &id.group_arn) {
            (None, None) | (Some(_), Some(_)) => {
                Err(invalid("Specify a group by either name or ARN, but not both"))
            }
            _ => groups.next().ok_or_else(|| invalid("Group not found")),
        }
    }

    pub(crate) async fn create_group(
        &self,
        context: &Context,
        name: String,
        filter: Option<String>,
        insights: InsightsConfiguration,
    ) -> Result<GroupRecord, ServiceError> {
        check_name(&name)?;
        check(filter.as_deref(), insights)?;
        if self.groups().await?.len() >= GROUPS_MAX {
            return Err(invalid(format!("There are {GROUPS_MAX} groups, which is as many as there may be")));
        }
        let (region, account) = (context.caller.region, context.caller.account);
        let id = self.ids.uuid().as_simple().to_string().to_uppercase();
        let record = GroupRecord {
            arn: format!("arn:aws:xray:{region}:{account}:group/{name}/{id}"),
            filter: filter.unwrap_or_default(),
            insights: insights.insights_enabled,
            notifications: insights.notifications_enabled,
            name,
        };
        match self
            .engine
            .put(records::group_key(&record.name), records::encode(&record), Expect::Absent)
            .await
        {
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                Err(invalid(format!("Group {} already exists", record.name)))
            }
            put => put.map(|_| record).map_err(ServiceError::from),
        }
    }

    pub(crate) async fn update_group(
        &self,
        id: &GroupId,
        filter: Option<String>,
        insights: Option<InsightsConfiguration>,
    ) -> Result<GroupRecord, ServiceError> {
        let mut record = self.group(id).await?;
        check(filter.as_deref(), insights.unwrap_or_default())?;
        record.filter = filter.unwrap_or(record.filter);
        if let Some(insights) = insights {
            record.insights = insights.insights_enabled;
            record.notifications = insights.notifications_enabled;
        }
        self.engine.put(records::group_key(&record.name), records::encode(&record), Expect::Anything).await?;
        Ok(record)
    }

    pub(crate) async fn delete_group(&self, id: &GroupId) -> Result<(), ServiceError> {
        let record = self.group(id).await?;
        Ok(self.engine.delete(records::group_key(&record.name), Expect::Anything).await?)
    }
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    const LENGTH_MAX: usize = 32;
    if name == DEFAULT_GROUP {
        return Err(invalid("Default is a reserved name"));
    }
    let fits = (1..=LENGTH_MAX).contains(&name.chars().count())
        && name.chars().all(|character| character.is_alphanumeric() || "_.-".contains(character));
    if fits {
        Ok(())
    } else {
        Err(crate::errors::constraint("groupName", "have 1 to 32 letters, digits, _, . or -"))
    }
}

fn check(filter: Option<&str>, insights: InsightsConfiguration) -> Result<(), ServiceError> {
    let names_groups = expression(filter)?.is_some_and(|filter| !filter.groups().is_empty());
    if names_groups {
        return Err(invalid("The filter expression of a group cannot name groups"));
    }
    if insights.notifications_enabled && !insights.insights_enabled {
        return Err(invalid("Notifications can only be enabled on a group with InsightsEnabled set to true"));
    }
    Ok(())
}
