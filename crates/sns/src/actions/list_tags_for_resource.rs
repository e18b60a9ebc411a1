//! The tags of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListTagsForResource.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::Tag;
use crate::{Sns, arns};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    tags: Vec<Tag>,
}

pub(crate) struct ListTagsForResource;

impl Action for ListTagsForResource {
    const NAME: &'static str = "ListTagsForResource";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.resource_arn)?;
        let topic = sns.open(context, &arn, Self::NAME, &[]).await.map_err(super::of_resource)?;
        let tags = topic.tags.into_iter().map(|(key, value)| Tag { key, value });
        Ok(Output { tags: tags.collect() })
    }
}
