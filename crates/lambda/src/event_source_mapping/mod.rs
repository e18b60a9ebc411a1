//! Event source mappings: a queue's messages, in batches, to a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

mod attendance;
mod batch;
mod concurrency;
mod figures;
mod filter;
mod poller;
mod record;
mod response;
mod settings;
mod sieve;

use engine::{Error, Expect, Refusal};
use serde::Serialize;
use serde_json::{Value as Json, json};
use service::{Context, ServiceError};

use crate::Lambda;
use crate::errors;
use crate::records::{self, MappingRecord, mapping_key};

pub(crate) use figures::Figures;
pub(crate) use settings::{Settings, checked_queue};

/// `EventSourceMappingConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Mapping {
    #[serde(rename = "UUID")]
    uuid: String,
    event_source_mapping_arn: String,
    event_source_arn: String,
    function_arn: String,
    batch_size: u32,
    maximum_batching_window_in_seconds: u32,
    function_response_types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scaling_config: Option<ScalingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_criteria: Option<Json>,
    #[serde(rename = "KMSKeyArn", skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics_config: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provisioned_poller_config: Option<Json>,
    state: &'static str,
    state_transition_reason: &'static str,
    last_modified: f64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ScalingConfig {
    maximum_concurrency: u32,
}

impl Mapping {
    /// As AWS shows it.
    pub(crate) fn of(record: &MappingRecord) -> Self {
        Self {
            uuid: record.uuid.clone(),
            event_source_mapping_arn: format!(
                "arn:aws:lambda:{}:{}:event-source-mapping:{}",
                record.region, record.account, record.uuid
            ),
            event_source_arn: record.queue.to_string(),
            function_arn: record.called_arn().to_string(),
            batch_size: record.batch_size,
            maximum_batching_window_in_seconds: record.batching_window_seconds,
            function_response_types: if record.report_batch_item_failures {
                vec![settings::REPORT_BATCH_ITEM_FAILURES]
            } else {
                Vec::new()
            },
            scaling_config: record
                .maximum_concurrency
                .map(|maximum_concurrency| ScalingConfig { maximum_concurrency }),
            filter_criteria: (!record.filters.is_empty()).then(|| {
                let filters: Vec<Json> =
                    record.filters.iter().map(|pattern| json!({"Pattern": pattern})).collect();
                json!({"Filters": filters})
            }),
            kms_key_arn: record.kms_key_arn.clone(),
            metrics_config: (!record.metrics.is_empty()).then(|| json!({"Metrics": record.metrics})),
            provisioned_poller_config: record
                .provisioned_pollers
                .map(|pollers| json!({"MinimumPollers": pollers.minimum, "MaximumPollers": pollers.maximum})),
            state: record.state.as_str(),
            state_transition_reason: "USER_INITIATED",
            last_modified: seconds(record.last_modified),
        }
    }
}

/// Seconds since 1970, as restJson writes a `Date`.
#[allow(clippy::cast_precision_loss, reason = "milliseconds of this era fit a double exactly")]
pub(crate) fn seconds(moment: engine::Timestamp) -> f64 {
    moment.0 as f64 / 1000.0
}

impl Lambda {
    /// The mapping of that id, if the caller has it, and its registry revision. `ResourceNotFoundException`.
    pub(crate) async fn mapping(
        &self,
        uuid: &str,
        context: &Context,
    ) -> Result<(MappingRecord, u64), ServiceError> {
        if let Some(found) = self.engine.get(&mapping_key(uuid)).await? {
            let record: MappingRecord = records::decode(&found)?;
            let own = record.account == context.caller.account.as_str()
                && record.region == context.caller.region.as_str();
            if own {
                return Ok((record, found.revision));
            }
        }
        Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, "The resource you requested does not exist."))
    }

    /// A mapping that is not on its way to another state. `ResourceInUseException`.
    pub(crate) async fn settled_mapping(
        &self,
        uuid: &str,
        context: &Context,
        verb: &str,
    ) -> Result<(MappingRecord, u64), ServiceError> {
        let (record, revision) = self.mapping(uuid, context).await?;
        if record.state.is_settled() { Ok((record, revision)) } else { Err(in_use(verb)) }
    }

    /// Stores a changed mapping over the one that was read.
    pub(crate) async fn replace_mapping(
        &self,
        record: &MappingRecord,
        revision: u64,
        verb: &str,
    ) -> Result<u64, ServiceError> {
        let put =
            self.engine.put(mapping_key(&record.uuid), records::encode(record), Expect::Revision(revision));
        put.await.map_err(|error| match error {
            Error::Refused(Refusal::RecordChanged(_)) => in_use(verb),
            other => other.into(),
        })
    }
}

fn in_use(verb: &str) -> ServiceError {
    let message = format!("Cannot {verb} the event source mapping because it is in use.");
    ServiceError::new(&errors::RESOURCE_IN_USE, message)
}
