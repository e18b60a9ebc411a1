//! UntagResource: takes tags from a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UntagResource.html>

use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource: String,
    tag_keys: Vec<String>,
}

/// The action.
pub(crate) struct UntagResource;

impl Action for UntagResource {
    const NAME: &'static str = "UntagResource";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "TagKeys", name: "tagKeys" }],
        ..Rest::new(Method::Delete, "/2017-03-31/tags/{Resource}", 204)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<(), ServiceError> {
        let mut tagged = lambda.tagged(&input.resource, context).await?;
        tagged.tags().retain(|key, _| !input.tag_keys.contains(key));
        lambda.store_tagged(tagged).await
    }
}
