//! The settings that creating and updating a mapping share, and what is asked of its queue.

use std::ops::RangeInclusive;

use aws::Arn;
use serde::Deserialize;
use serde_json::Value as Json;
use service::ServiceError;
use service::ports::{PortError, QueueFacts};

use super::filter::Pattern;
use crate::Lambda;
use crate::errors::{constraint, invalid, not_supported};
use crate::limits::{
    BATCH_SIZE_MAX, BATCH_SIZE_WITHOUT_WINDOW_MAX, BATCHING_WINDOW_SECONDS_MAX, FILTERS_MAX,
    MAXIMUM_CONCURRENCY, MAXIMUM_POLLERS, MAXIMUM_POLLERS_DEFAULT, MINIMUM_POLLERS,
};
use crate::records::{FunctionRecord, MappingRecord, ProvisionedPollers};
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
    provisioned_poller_config: Option<PollerConfig>,
    destination_config: Option<Json>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    metrics_config: Option<MetricsConfig>,
    #[serde(flatten)]
    of_streams: OfStreams,
}

/// What other event sources have and queues do not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OfStreams {
    starting_position: Option<Json>,
    starting_position_timestamp: Option<Json>,
    parallelization_factor: Option<Json>,
    maximum_record_age_in_seconds: Option<Json>,
    bisect_batch_on_function_error: Option<Json>,
    maximum_retry_attempts: Option<Json>,
    tumbling_window_in_seconds: Option<Json>,
    topics: Option<Json>,
    queues: Option<Json>,
    source_access_configurations: Option<Json>,
    self_managed_event_source: Option<Json>,
    amazon_managed_kafka_event_source_config: Option<Json>,
    self_managed_kafka_event_source_config: Option<Json>,
    document_db_event_source_config: Option<Json>,
}

impl OfStreams {
    /// The name of one that is given.
    fn given(&self) -> Option<&'static str> {
        let given = |value: &Option<Json>| value.as_ref().is_some_and(|value| !value.is_null());
        let all = [
            ("StartingPosition", &self.starting_position),
            ("StartingPositionTimestamp", &self.starting_position_timestamp),
            ("ParallelizationFactor", &self.parallelization_factor),
            ("MaximumRecordAgeInSeconds", &self.maximum_record_age_in_seconds),
            ("BisectBatchOnFunctionError", &self.bisect_batch_on_function_error),
            ("MaximumRetryAttempts", &self.maximum_retry_attempts),
            ("TumblingWindowInSeconds", &self.tumbling_window_in_seconds),
            ("Topics", &self.topics),
            ("Queues", &self.queues),
            ("SourceAccessConfigurations", &self.source_access_configurations),
            ("SelfManagedEventSource", &self.self_managed_event_source),
            ("AmazonManagedKafkaEventSourceConfig", &self.amazon_managed_kafka_event_source_config),
            ("SelfManagedKafkaEventSourceConfig", &self.self_managed_kafka_event_source_config),
            ("DocumentDBEventSourceConfig", &self.document_db_event_source_config),
        ];
        all.into_iter().find(|(_, value)| given(value)).map(|(name, _)| name)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PollerConfig {
    #[serde(default)]
    minimum_pollers: Option<i64>,
    #[serde(default)]
    maximum_pollers: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricsConfig {
    #[serde(default)]
    metrics: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    #[serde(default)]
    pattern: Option<String>,
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
    filters: Vec<Filter>,
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
        if let Some(criteria) = self.filter_criteria {
            record.filters = checked_filters(criteria)?;
        }
        if let Some(config) = &self.provisioned_poller_config {
            record.provisioned_pollers = checked_pollers(config)?;
        }
        if let Some(config) = self.metrics_config {
            record.metrics = checked_metrics(config)?;
        }
        if let Some(key) = self.kms_key_arn {
            record.kms_key_arn = (!key.is_empty()).then_some(key);
        }
        check_together(record)
    }

    fn refuse_unsupported(&self) -> Result<(), ServiceError> {
        if let Some(name) = self.of_streams.given() {
            return Err(invalid(format!("{name} is not valid for SQS event sources.")));
        }
        let names_one = |config: &Json| config.pointer("/OnFailure/Destination").is_some();
        if self.destination_config.as_ref().is_some_and(names_one) {
            return Err(invalid("Unsupported on-failure destination for SQS event source mapping"));
        }
        Ok(())
    }
}

fn checked_filters(criteria: FilterCriteria) -> Result<Vec<String>, ServiceError> {
    if criteria.filters.len() > FILTERS_MAX {
        return Err(invalid(format!("Maximum number of filters is {FILTERS_MAX}.")));
    }
    let patterns: Vec<String> = criteria.filters.into_iter().filter_map(|filter| filter.pattern).collect();
    if patterns.iter().all(|pattern| Pattern::parse(pattern).is_some()) {
        return Ok(patterns);
    }
    Err(invalid("Invalid filter pattern definition."))
}

/// An empty configuration takes provisioned pollers away.
fn checked_pollers(config: &PollerConfig) -> Result<Option<ProvisionedPollers>, ServiceError> {
    if config.minimum_pollers.is_none() && config.maximum_pollers.is_none() {
        return Ok(None);
    }
    let bounded = |given: Option<i64>, member: &str, bounds: RangeInclusive<u32>, default: u32| {
        let name = format!("provisionedPollerConfig.{member}");
        given.map_or(Ok(default), |given| within(given, &name, *bounds.start(), *bounds.end()))
    };
    let minimum =
        bounded(config.minimum_pollers, "minimumPollers", MINIMUM_POLLERS, *MINIMUM_POLLERS.start())?;
    let default = MAXIMUM_POLLERS_DEFAULT.max(minimum);
    let maximum = bounded(config.maximum_pollers, "maximumPollers", MAXIMUM_POLLERS, default)?;
    if minimum > maximum {
        return Err(invalid("MinimumPollers cannot be greater than MaximumPollers."));
    }
    Ok(Some(ProvisionedPollers { minimum, maximum }))
}

fn checked_metrics(config: MetricsConfig) -> Result<Vec<String>, ServiceError> {
    match config.metrics.iter().find(|metric| *metric != "EventCount") {
        Some(other) => {
            let rule = "Member must satisfy constraint: [Member must satisfy enum value set: [EventCount]]";
            Err(constraint(format!("[{other}]"), "metricsConfig.metrics", rule))
        }
        None => Ok(config.metrics),
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
    if record.provisioned_pollers.is_some() && record.maximum_concurrency.is_some() {
        return Err(invalid("ScalingConfig and ProvisionedPollerConfig cannot be specified together."));
    }
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
    fn filters_must_be_patterns() {
        let filters = |pattern: &str| json!({"FilterCriteria": {"Filters": [{"Pattern": pattern}]}});
        assert_eq!(apply(false, filters(r#"{"body":["a"]}"#)).unwrap().filters, [r#"{"body":["a"]}"#]);
        let refusal = apply(false, filters("{body}")).unwrap_err();
        assert_eq!(refusal.message, "Invalid filter pattern definition.");
        assert!(apply(false, json!({"FilterCriteria": {"Filters": []}})).unwrap().filters.is_empty());
    }

    #[test]
    fn provisioned_pollers_have_bounds_and_no_maximum_concurrency() {
        let config = |config: Json| json!({"ProvisionedPollerConfig": config});
        let pollers = |given: Json| apply(false, config(given)).unwrap().provisioned_pollers;
        assert_eq!(
            pollers(json!({"MinimumPollers": 5})),
            Some(ProvisionedPollers { minimum: 5, maximum: 200 })
        );
        assert_eq!(pollers(json!({})), None);
        for wrong in [
            json!({"MinimumPollers": 1}),
            json!({"MaximumPollers": 10_001}),
            json!({"MinimumPollers": 9, "MaximumPollers": 8}),
        ] {
            assert!(apply(false, config(wrong.clone())).is_err(), "{wrong}");
        }
        let both = json!({"ProvisionedPollerConfig": {"MinimumPollers": 2}, "ScalingConfig": {"MaximumConcurrency": 2}});
        assert!(apply(false, both).is_err());
    }

    #[test]
    fn what_only_streams_have_is_refused() {
        for (name, value) in [
            ("BisectBatchOnFunctionError", json!(true)),
            ("ParallelizationFactor", json!(2)),
            ("StartingPosition", json!("LATEST")),
            ("TumblingWindowInSeconds", json!(5)),
            ("MaximumRetryAttempts", json!(3)),
        ] {
            let refusal = apply(false, json!({name: value})).unwrap_err();
            assert_eq!(refusal.message, format!("{name} is not valid for SQS event sources."));
        }
    }
}
