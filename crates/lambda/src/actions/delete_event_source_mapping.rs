//! DeleteEventSourceMapping: no more of the queue's messages invoke the function. Batches that run go to their end.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteEventSourceMapping.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::get_event_source_mapping::Input;
use crate::Lambda;
use crate::event_source_mapping::Mapping;
use crate::records::MappingState;

/// The action.
pub(crate) struct DeleteEventSourceMapping;

impl Action for DeleteEventSourceMapping {
    const NAME: &'static str = "DeleteEventSourceMapping";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2015-03-31/event-source-mappings/{UUID}", 202));
    type Service = Lambda;
    type Input = Input;
    type Output = Mapping;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Mapping, ServiceError> {
        let (mut record, revision) = lambda.settled_mapping(&input.uuid, context, "delete").await?;
        record.state = MappingState::Deleting;
        record.last_modified = context.now;
        lambda.replace_mapping(&record, revision, "delete").await?;
        Ok(Mapping::of(&record))
    }
}
