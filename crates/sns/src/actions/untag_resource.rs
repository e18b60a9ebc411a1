//! Removes tags of a topic.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_UntagResource.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource_arn: String,
    tag_keys: Vec<String>,
}

pub(crate) struct UntagResource;

impl Action for UntagResource {
    const NAME: &'static str = "UntagResource";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        let arn = arns::topic(&input.resource_arn)?;
        sns.open(context, &arn, Self::NAME, &[]).await.map_err(super::of_resource)?;
        let changed = sns.change_topic(&arn, |topic| {
            topic.tags.retain(|key, _| !input.tag_keys.contains(key));
            Ok(())
        });
        changed.await.map_err(super::of_resource)?;
        Ok(super::Empty {})
    }
}
