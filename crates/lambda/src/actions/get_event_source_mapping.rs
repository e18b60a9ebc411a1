//! GetEventSourceMapping: a mapping's settings and state.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::event_source_mapping::Mapping;

/// Its input.
#[derive(Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "UUID")]
    pub(super) uuid: String,
}

/// The action.
pub(crate) struct GetEventSourceMapping;

impl Action for GetEventSourceMapping {
    const NAME: &'static str = "GetEventSourceMapping";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2015-03-31/event-source-mappings/{UUID}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Mapping;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Mapping, ServiceError> {
        let (record, _) = lambda.mapping(&input.uuid, context).await?;
        Ok(Mapping::of(&record))
    }
}
