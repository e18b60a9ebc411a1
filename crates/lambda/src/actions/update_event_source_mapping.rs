//! UpdateEventSourceMapping: other settings for a mapping, another function, or a pause (`Enabled`).
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::event_source_mapping::{Mapping, Settings, checked_queue};
use crate::records::MappingState;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    #[serde(rename = "UUID")]
    uuid: String,
    function_name: Option<String>,
    enabled: Option<bool>,
    #[serde(flatten)]
    settings: Settings,
}

/// The action.
pub(crate) struct UpdateEventSourceMapping;

impl Action for UpdateEventSourceMapping {
    const NAME: &'static str = "UpdateEventSourceMapping";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2015-03-31/event-source-mappings/{UUID}", 202));
    type Service = Lambda;
    type Input = Input;
    type Output = Mapping;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Mapping, ServiceError> {
        let (mut record, revision) = lambda.settled_mapping(&input.uuid, context, "update").await?;
        if let Some(name) = &input.function_name {
            let (name, _, function) = lambda.version(name, None, context).await?;
            checked_queue(lambda, record.queue.as_str(), &function).await?;
            record.function = function.arn;
            record.qualifier = name.qualifier;
        }
        input.settings.apply(&mut record)?;
        let was_enabled = record.state == MappingState::Enabled;
        let enabled = input.enabled.unwrap_or(was_enabled);
        record.state = match (was_enabled, enabled) {
            (true, false) => MappingState::Disabling,
            (false, true) => MappingState::Enabling,
            _ => MappingState::Updating { enabled },
        };
        record.last_modified = context.now;
        lambda.replace_mapping(&record, revision, "update").await?;
        Ok(Mapping::of(&record))
    }
}
