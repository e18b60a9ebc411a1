//! Adds or changes tags of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use super::Tag;
use crate::{Sns, arns, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    tags: Vec<Tag>,
}

pub(crate) struct TagResource;

impl Action for TagResource {
    const NAME: &'static str = "TagResource";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        let arn = arns::topic(&input.resource_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await.map_err(super::of_resource)?;
        let tags = super::tags(input.tags)?;
        let changed = sns.change_topic(&arn, |topic| {
            topic.tags.extend(tags.clone());
            if topic.tags.len() > limits::TAGS_MAX {
                return Err(ServiceError::new(
                    &errors::TAG_LIMIT,
                    "Could not complete request: tag quota of per resource exceeded",
                ));
            }
            Ok(())
        });
        changed.await.map_err(super::of_resource)?;
        Ok(super::Empty {})
    }
}
