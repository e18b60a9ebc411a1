//! What Lambda keeps in the registry: a record a function, one a published version, an alias, an event source mapping.
//!
//! JSON, so that a newer program reads an older record: new members have defaults, none changes its meaning.

mod code;
mod function;
mod mapping;
mod qualified;

use aws::Arn;
use engine::RecordKey;

pub(crate) use code::Code;
pub(crate) use function::{FunctionRecord, ImageRecord, LastUpdate, LayerUse, State};
pub(crate) use mapping::{MappingRecord, MappingState, ProvisionedPollers};
pub(crate) use qualified::{
    AliasRecord, Cors, EventInvoke, FunctionUrl, Provisioned, Qualified, RuntimeManagement, UrlOwner,
};
pub(crate) use service::records::{decode, encode};

/// All functions' records begin so.
pub(crate) const FUNCTIONS: &str = "lambda/function/";
/// All mappings' records begin so.
pub(crate) const MAPPINGS: &str = "lambda/event-source-mapping/";
/// All published versions' records begin so.
pub(crate) const VERSIONS: &str = "lambda/version/";
/// All aliases' records begin so.
pub(crate) const ALIASES: &str = "lambda/alias/";
/// How often waiting asynchronous events went wrong; all these records begin so.
pub(crate) const ATTEMPTS: &str = "lambda/attempts/";
/// All event queues begin so; never with `arn:`, so SQS does not list them.
pub(crate) const EVENT_QUEUES: &str = "lambda/async/";

/// The key of a URL's owner.
pub(crate) fn url_key(id: &str) -> RecordKey {
    RecordKey::new(format!("lambda/url/{id}"))
}

/// The key of a function's record.
pub(crate) fn function_key(arn: &Arn) -> RecordKey {
    RecordKey::new(format!("{FUNCTIONS}{arn}"))
}

/// All published versions of a function begin so.
pub(crate) fn versions_of(function: &FunctionRecord) -> String {
    format!("{VERSIONS}{}/{}/", function.arn, function.id)
}

/// The key of a version's record: in order of the numbers.
pub(crate) fn version_key(function: &FunctionRecord, number: u64) -> RecordKey {
    RecordKey::new(format!("{}{number:020}", versions_of(function)))
}

/// All aliases of a function begin so.
pub(crate) fn aliases_of(function: &FunctionRecord) -> String {
    format!("{ALIASES}{}/{}/", function.arn, function.id)
}

/// The key of an alias's record.
pub(crate) fn alias_key(function: &FunctionRecord, name: &str) -> RecordKey {
    RecordKey::new(format!("{}{name}", aliases_of(function)))
}

/// The key of a mapping's record.
pub(crate) fn mapping_key(uuid: &str) -> RecordKey {
    RecordKey::new(format!("{MAPPINGS}{uuid}"))
}

#[cfg(test)]
mod tests {
    use engine::QueueKey;

    use super::*;

    #[test]
    fn states_on_their_way_arrive() {
        use MappingState as S;
        for (state, arrives) in [
            (S::Creating { enabled: true }, Some(S::Enabled)),
            (S::Creating { enabled: false }, Some(S::Disabled)),
            (S::Updating { enabled: true }, Some(S::Enabled)),
            (S::Updating { enabled: false }, Some(S::Disabled)),
            (S::Enabling, Some(S::Enabled)),
            (S::Disabling, Some(S::Disabled)),
            (S::Deleting, None),
        ] {
            assert_eq!(state.settled(), arrives, "{state:?}");
            assert!(!state.is_settled(), "{state:?}");
        }
        assert!(S::Enabled.is_settled() && S::Disabled.is_settled());
    }

    /// What the first version of the program wrote. A record that this test does not read is one that an update loses.
    #[test]
    fn records_of_the_first_format_are_read() {
        let function: FunctionRecord = serde_json::from_str(
            r#"{"id":"5c5b3a0e","arn":"arn:aws:lambda:us-east-1:000000000000:function:f","name":"f",
            "runtime":"python3.13","handler":"app.handler","role":"arn:aws:iam::000000000000:role/r",
            "description":"","timeout_seconds":3,"memory_mb":128,"ephemeral_storage_mb":512,
            "environment":{"KEY":"value"},"tracing_mode":"PassThrough","architectures":["x86_64"],
            "dead_letter_target":null,"kms_key_arn":null,"vpc_config":null,"logging_config":null,
            "code":{"blob":"b1","size":7,"sha256":"00ff"},"last_modified":1767225600000,"revision_id":"r1",
            "environment_revision":1767225600000,"state":{"state":"Failed","reason":"why","code":"InternalError"},
            "last_update":{"status":"InProgress"},"tags":{"a":"1"},"policy":{"sid":{"Sid":"sid"}},
            "reserved_concurrency":7,"event_invoke":{"maximum_retry_attempts":0,"maximum_event_age_seconds":null,
            "last_modified":1767225600000}}"#,
        )
        .unwrap();
        assert_eq!(function.state, State::Failed { reason: "why".into(), code: "InternalError".into() });
        let events = function.event_invoke(None);
        assert_eq!((EventInvoke::retries(events), EventInvoke::event_age_seconds_max(events)), (0, 21_600));
        assert_eq!((function.version.as_str(), function.published), ("$LATEST", 0));
        assert_eq!(
            function.event_queue(),
            QueueKey::new("lambda/async/arn:aws:lambda:us-east-1:000000000000:function:f/5c5b3a0e")
        );
        let mapping: MappingRecord = serde_json::from_str(
            r#"{"uuid":"u","account":"000000000000","region":"us-east-1",
            "queue":"arn:aws:sqs:us-east-1:000000000000:q",
            "function":"arn:aws:lambda:us-east-1:000000000000:function:f","fifo":false,"batch_size":10,
            "batching_window_seconds":0,"report_batch_item_failures":true,"maximum_concurrency":null,
            "state":{"Creating":{"enabled":true}},"last_modified":1767225600000}"#,
        )
        .unwrap();
        assert_eq!(mapping.state.settled(), Some(MappingState::Enabled));
    }
}
