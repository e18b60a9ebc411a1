//! CreateEventSourceMapping: a queue's messages invoke a function from now on.
//!
//! Differs from AWS: SQS queues only.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

use std::collections::BTreeMap;

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors::{self, invalid};
use crate::event_source_mapping::{Mapping, Settings, checked_queue};
use crate::limits;
use crate::records::{self, MAPPINGS, MappingRecord, MappingState, mapping_key};
use crate::tags::check_tags;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    event_source_arn: Option<String>,
    function_name: String,
    enabled: Option<bool>,
    tags: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    settings: Settings,
}

/// The action.
pub(crate) struct CreateEventSourceMapping;

impl Action for CreateEventSourceMapping {
    const NAME: &'static str = "CreateEventSourceMapping";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Post, "/2015-03-31/event-source-mappings", 202));
    type Service = Lambda;
    type Input = Input;
    type Output = Mapping;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Mapping, ServiceError> {
        let (name, _, function) = lambda.version(&input.function_name, None, context).await?;
        let source = input
            .event_source_arn
            .as_deref()
            .ok_or_else(|| invalid("Please provide an event source: EventSourceArn of an SQS queue."))?;
        let (queue, facts) = checked_queue(lambda, source, &function).await?;
        let mut record = MappingRecord {
            uuid: lambda.ids.uuid().to_string(),
            account: context.caller.account.to_string(),
            region: context.caller.region.to_string(),
            queue,
            function: function.arn,
            qualifier: name.qualifier,
            fifo: facts.fifo,
            batch_size: limits::BATCH_SIZE_DEFAULT,
            batching_window_seconds: 0,
            report_batch_item_failures: false,
            maximum_concurrency: None,
            filters: Vec::new(),
            kms_key_arn: None,
            metrics: Vec::new(),
            provisioned_pollers: None,
            tags: check_tags(input.tags.unwrap_or_default())?,
            state: MappingState::Creating { enabled: input.enabled.unwrap_or(true) },
            last_modified: context.now,
        };
        input.settings.apply(&mut record)?;
        refuse_second(lambda, &record, &function.name).await?;
        lambda.engine.put(mapping_key(&record.uuid), records::encode(&record), Expect::Absent).await?;
        lambda.attend_mapping(record.uuid.clone());
        Ok(Mapping::of(&record))
    }
}

/// One mapping a queue and function.
async fn refuse_second(lambda: &Lambda, record: &MappingRecord, function: &str) -> Result<(), ServiceError> {
    for stored in lambda.all_records(MAPPINGS).await? {
        let other: MappingRecord = records::decode(&stored)?;
        if other.queue == record.queue && other.called_arn() == record.called_arn() {
            let message = format!(
                "An event source mapping with SQS arn (\" {} \") and function (\" {function} \") already exists. \
                 Please update or delete the existing mapping with UUID {}",
                record.queue, other.uuid
            );
            return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
        }
    }
    Ok(())
}
