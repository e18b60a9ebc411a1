//! The settings that creating and updating a mapping share, and what is asked of its queue.

use aws::Arn;
use serde::Deserialize;
use serde_json::Value as Json;
use service::ServiceError;
use service::ports::{PortError, QueueFacts};

use crate::Lambda;
use crate::errors::{constraint, invalid, not_supported};
use crate::limits::{
    BATCH_SIZE_MAX, BATCH_SIZE_WITHOUT_WINDOW_MAX, BATCHING_WINDOW_SECONDS_MAX, MAXIMUM_CONCURRENCY,
};
use crate::records::{FunctionRecord, MappingRecord};
use crate::settings::within;

/// The only response type there is.
pub(super) const REPORT_BATCH_ITEM_FAILURES: &str = "ReportBatchItemFailures";

/// The members as both actions have them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Settings {
    batch_size: Option<i64>,
    maximum_batching_window_in_seconds: Option<i64>,
    function_response_types: Option<Vec<String>>,
    scaling_config: Option<ScalingConfig>,
    filter_criteria: Option<FilterCriteria>,
    provisioned_poller_config: Option<Json>,
    destination_config: Option<Json>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScalingConfig {
    #[serde(default)]
    maximum_concurrency: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCriteria {
    #[serde(default)]
    filters: Vec<Json>,
}

impl Settings {
    /// Puts what is given into the record. `InvalidParameterValueException`, `ValidationException`.
    pub(crate) fn apply(self, record: &mut MappingRecord) -> Result<(), ServiceError> {
        self.refuse_unsupported()?;
        if let Some(size) = self.batch_size {
            record.batch_size = within(size, "batchSize", 1, BATCH_SIZE_MAX)?;
        }
        if let Some(window) = self.maximum_batching_window_in_seconds {
            record.batching_window_seconds =
                within(window, "maximumBatchingWindowInSeconds", 0, BATCHING_WINDOW_SECONDS_MAX)?;
        }
        if let Some(types) = self.function_response_types {
            record.report_batch_item_failures = reports_failures(&types)?;
        }
        if let Some(config) = self.scaling_config {
            let (min, max) = (*MAXIMUM_CONCURRENCY.start(), *MAXIMUM_CONCURRENCY.end());
            record.maximum_concurrency = config
                .maximum_concurrency
                .map(|given| within(given, "scalingConfig.maximumConcurrency", min, max))
                .transpose()?;
        }
        check_together(record)
    }

    fn refuse_unsupported(&self) -> Result<(), ServiceError> {
        if self.filter_criteria.as_ref().is_some_and(|criteria| !criteria.filters.is_empty()) {
            return Err(not_supported("FilterCriteria: filtering before a function is invoked"));
        }
        if self.provisioned_poller_config.is_some() {
            return Err(not_supported("ProvisionedPollerConfig: provisioned pollers"));
        }
        let names_one = |config: &Json| config.pointer("/OnFailure/Destination").is_some();
        if self.destination_config.as_ref().is_some_and(names_one) {
            return Err(invalid("Unsupported on-failure destination for SQS event source mapping"));
        }
        Ok(())
    }
}

fn reports_failures(types: &[String]) -> Result<bool, ServiceError> {
    match types {
        [] => Ok(false),
        [only] if only == REPORT_BATCH_ITEM_FAILURES => Ok(true),
        [only] => {
            let rule = "Member must satisfy constraint: [Member must satisfy enum value set: [ReportBatchItemFailures]]";
            Err(constraint(format!("[{only}]"), "functionResponseTypes", rule))
        }
        more => {
            let rule = "Member must have length less than or equal to 1";
            Err(constraint(format!("[{}]", more.join(", ")), "functionResponseTypes", rule))
        }
    }
}

/// Rules between settings, and between them and the kind of queue.
fn check_together(record: &MappingRecord) -> Result<(), ServiceError> {
    if record.fifo && record.batch_size > BATCH_SIZE_WITHOUT_WINDOW_MAX {
        return Err(invalid(format!(
            "Maximum batch size cannot be greater than {BATCH_SIZE_WITHOUT_WINDOW_MAX} for FIFO queues"
        )));
    }
    if record.fifo && record.batching_window_seconds > 0 {
        return Err(invalid("Batching window is not supported for FIFO queues"));
    }
    if record.batch_size > BATCH_SIZE_WITHOUT_WINDOW_MAX && record.batching_window_seconds == 0 {
        return Err(invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    Ok(())
}

/// The queue of a mapping, which must be there and keep messages invisible as long as the function may run.
pub(crate) async fn checked_queue(
    lambda: &Lambda,
    source: &str,
    function: &FunctionRecord,
) -> Result<(Arn, QueueFacts), ServiceError> {
    let queue: Arn = source.parse().map_err(|_| {
        let rule = "Member must satisfy regular expression pattern: \
                    arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:([a-z]{2}(-gov)?-[a-z]+-\\d{1})?:(\\d{12})?:(.*)";
        constraint(source, "eventSourceArn", rule)
    })?;
    if queue.service() != "sqs" {
        return Err(not_supported(&format!("An event source other than an SQS queue ({source})")));
    }
    let facts = lambda.ports.queues()?.facts(queue.clone()).await.map_err(|error| match error {
        PortError::NotFound(_) => invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error \
             Message: The specified queue does not exist.",
        ),
        other => other.into(),
    })?;
    if facts.visibility_timeout_seconds < function.timeout_seconds {
        return Err(invalid(format!(
            "Queue visibility timeout: {} seconds is less than Function timeout: {} seconds",
            facts.visibility_timeout_seconds, function.timeout_seconds
        )));
    }
    Ok((queue, facts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::mapping;

    fn apply(fifo: bool, settings: Json) -> Result<MappingRecord, ServiceError> {
        let mut record = MappingRecord { fifo, ..mapping() };
        serde_json::from_value::<Settings>(settings).unwrap().apply(&mut record)?;
        Ok(record)
    }

    #[test]
    fn a_large_batch_needs_a_window() {
        assert_eq!(
            apply(false, json!({"BatchSize": 11})).unwrap_err().message,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        );
        let record =
            apply(false, json!({"BatchSize": 10_000, "MaximumBatchingWindowInSeconds": 300})).unwrap();
        assert_eq!((record.batch_size, record.batching_window_seconds), (10_000, 300));
        assert!(apply(false, json!({"BatchSize": 10_001, "MaximumBatchingWindowInSeconds": 1})).is_err());
        assert!(apply(false, json!({"MaximumBatchingWindowInSeconds": 301})).is_err());
    }

    #[test]
    fn fifo_queues_have_small_batches_and_no_window() {
        assert!(apply(true, json!({"BatchSize": 10})).is_ok());
        assert!(apply(true, json!({"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1})).is_err());
        assert!(apply(true, json!({"MaximumBatchingWindowInSeconds": 1})).is_err());
    }

    #[test]
    fn response_types_are_one_or_none() {
        let on = json!({"FunctionResponseTypes": ["ReportBatchItemFailures"]});
        assert!(apply(false, on).unwrap().report_batch_item_failures);
        assert!(!apply(false, json!({"FunctionResponseTypes": []})).unwrap().report_batch_item_failures);
        assert!(apply(false, json!({"FunctionResponseTypes": ["Other"]})).is_err());
    }

    #[test]
    fn concurrency_is_bounded() {
        for (given, fits) in [(1, false), (2, true), (1000, true), (1001, false)] {
            let result = apply(false, json!({"ScalingConfig": {"MaximumConcurrency": given}}));
            assert_eq!(result.is_ok(), fits, "{given}");
        }
        let none = apply(false, json!({"ScalingConfig": {}})).unwrap();
        assert_eq!(none.maximum_concurrency, None);
    }

    #[test]
    fn filters_are_refused_and_not_ignored() {
        let filters = json!({"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}});
        assert!(apply(false, filters).unwrap_err().message.contains("not supported"));
        assert!(apply(false, json!({"FilterCriteria": {"Filters": []}})).is_ok());
    }
}
