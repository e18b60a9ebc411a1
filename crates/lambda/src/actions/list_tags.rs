//! ListTags: the tags of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_ListTags.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    resource: String,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    tags: BTreeMap<String, String>,
}

/// The action.
pub(crate) struct ListTags;

impl Action for ListTags {
    const NAME: &'static str = "ListTags";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/2017-03-31/tags/{Resource}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let mut tagged = lambda.tagged(&input.resource, context).await?;
        Ok(Output { tags: std::mem::take(tagged.tags()) })
    }
}
