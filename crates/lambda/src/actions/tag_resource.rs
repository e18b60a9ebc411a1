//! TagResource: adds tags to a function, or changes their values.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::tags::check_tags;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource: String,
    tags: BTreeMap<String, String>,
}

/// The action.
pub(crate) struct TagResource;

impl Action for TagResource {
    const NAME: &'static str = "TagResource";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/2017-03-31/tags/{Resource}", 204));
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<(), ServiceError> {
        let mut tagged = lambda.tagged(&input.resource, context).await?;
        let mut tags = std::mem::take(tagged.tags());
        tags.extend(input.tags);
        *tagged.tags() = check_tags(tags)?;
        lambda.store_tagged(tagged).await
    }
}
