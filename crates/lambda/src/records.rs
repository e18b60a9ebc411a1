//! What Lambda keeps in the registry: a record a function, one a published version, an alias, an event source mapping.
//!
//! JSON, so that a newer program reads an older record: new members have defaults, none changes its meaning.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{BlobId, EngineError, Error, QueueKey, RecordKey, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::function_name::{LATEST, qualified};
use crate::limits;

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

/// A function, or one of its published versions as it was when it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionRecord {
    /// Tells this function from an earlier one of the same name.
    pub(crate) id: String,
    pub(crate) arn: Arn,
    pub(crate) name: String,
    /// `$LATEST`, or the number of a published version.
    #[serde(default = "latest")]
    pub(crate) version: String,
    /// How many versions were published so far: the number of the last one. Of `$LATEST` only.
    #[serde(default)]
    pub(crate) published: u64,
    pub(crate) runtime: String,
    pub(crate) handler: String,
    pub(crate) role: String,
    pub(crate) description: String,
    pub(crate) timeout_seconds: u32,
    pub(crate) memory_mb: u32,
    pub(crate) ephemeral_storage_mb: u32,
    /// Absent: never given, which AWS tells from empty.
    pub(crate) environment: Option<BTreeMap<String, String>>,
    pub(crate) tracing_mode: String,
    pub(crate) architectures: Vec<String>,
    /// Where events go that failed for good: an SQS queue or an SNS topic.
    pub(crate) dead_letter_target: Option<String>,
    pub(crate) kms_key_arn: Option<String>,
    /// Accepted and shown; there is no VPC here.
    pub(crate) vpc_config: Option<Json>,
    /// As it was given.
    pub(crate) logging_config: Option<Json>,
    /// `SnapStart.ApplyOn`. Kept and shown: a process is started anew.
    #[serde(default)]
    pub(crate) snap_start: Option<String>,
    /// Accepted and shown; nothing is mounted here.
    #[serde(default)]
    pub(crate) file_system_configs: Vec<Json>,
    /// The container image it is made of, if it is.
    #[serde(default)]
    pub(crate) image: Option<ImageRecord>,
    /// Accepted and shown; no signature is verified here.
    #[serde(default)]
    pub(crate) code_signing_config: Option<String>,
    /// In their order: later ones lie over earlier ones.
    #[serde(default)]
    pub(crate) layers: Vec<LayerUse>,
    pub(crate) code: Code,
    pub(crate) last_modified: Timestamp,
    pub(crate) revision_id: String,
    /// Changes with code and configuration, never with tags or policies: environments belong to one.
    pub(crate) environment_revision: u64,
    pub(crate) state: State,
    pub(crate) last_update: LastUpdate,
    pub(crate) tags: BTreeMap<String, String>,
    /// The statements of its resource-based policy, by their ids; those of versions and aliases are in `qualified`.
    pub(crate) policy: BTreeMap<String, Json>,
    pub(crate) reserved_concurrency: Option<u32>,
    /// Of `$LATEST`; those of versions and aliases are in `qualified`.
    pub(crate) event_invoke: Option<EventInvoke>,
    /// `RecursiveLoop`, if it was configured. Of `$LATEST` only.
    #[serde(default)]
    pub(crate) recursive_loop: Option<String>,
    /// What belongs to a version or an alias, by its name. Of `$LATEST` only.
    #[serde(default)]
    pub(crate) qualified: BTreeMap<String, Qualified>,
}

fn latest() -> String {
    LATEST.to_owned()
}

/// What a version or an alias has of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Qualified {
    pub(crate) policy: BTreeMap<String, Json>,
    /// Changes with the policy.
    pub(crate) revision_id: String,
    pub(crate) event_invoke: Option<EventInvoke>,
    pub(crate) runtime_management: Option<RuntimeManagement>,
    pub(crate) provisioned: Option<Provisioned>,
    pub(crate) url: Option<FunctionUrl>,
}

/// The URL of a function or an alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FunctionUrl {
    /// Its id, the first part of its host.
    pub(crate) id: String,
    /// `AuthType` `AWS_IAM`: only signed requests are let through.
    pub(crate) signed: bool,
    pub(crate) cors: Option<Cors>,
    /// `InvokeMode` `RESPONSE_STREAM`.
    pub(crate) streams: bool,
    pub(crate) created: Timestamp,
    pub(crate) last_modified: Timestamp,
}

/// What browsers are told of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Cors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_credentials: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_headers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_methods: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_origins: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) expose_headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<u32>,
}

/// Whose URL an id is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UrlOwner {
    pub(crate) function: Arn,
    /// The alias, or `$LATEST`.
    pub(crate) qualifier: String,
}

/// The key of a URL's owner.
pub(crate) fn url_key(id: &str) -> RecordKey {
    RecordKey::new(format!("lambda/url/{id}"))
}

/// When the runtime is updated. Kept and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RuntimeManagement {
    pub(crate) update_runtime_on: String,
    pub(crate) runtime_version_arn: Option<String>,
}

impl Default for RuntimeManagement {
    fn default() -> Self {
        Self { update_runtime_on: "Auto".to_owned(), runtime_version_arn: None }
    }
}

/// Environments that are to be kept initialised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Provisioned {
    pub(crate) requested: u32,
    /// So many are; unknown while it is on its way.
    pub(crate) allocated: Option<u32>,
    pub(crate) last_modified: Timestamp,
}

/// An alias: a name for a version, or for two between which calls are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AliasRecord {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: String,
    /// The share of calls, 0 to 1, that goes to another version than `version`.
    pub(crate) weights: BTreeMap<String, f64>,
    pub(crate) revision_id: String,
}

/// A layer of a function. Its package stays as long as it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerUse {
    /// The layer version's ARN.
    pub(crate) arn: String,
    pub(crate) code: Code,
}

/// A function's container image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageRecord {
    pub(crate) uri: String,
    /// `ImageConfig`, as it was given.
    pub(crate) config: Option<Json>,
}

/// A deployment package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The zip file as it came.
    pub(crate) blob: BlobId,
    /// Its bytes.
    pub(crate) size: u64,
    /// The bytes of all files in it; 0 where an earlier program did not count them.
    #[serde(default)]
    pub(crate) unzipped: u64,
    /// SHA-256 of it, hexadecimal.
    pub(crate) sha256: String,
}

impl Code {
    /// An image lies where podman and docker keep it.
    pub(crate) fn of_image(uri: &str) -> Self {
        let sha256 = hex::encode(Sha256::digest(uri));
        Self { blob: BlobId(String::new()), size: 0, unzipped: 0, sha256 }
    }

    /// Whether there is no package.
    pub(crate) fn is_image(&self) -> bool {
        self.blob.0.is_empty()
    }
}

/// Whether the function can be invoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state")]
pub(crate) enum State {
    Pending,
    Active,
    Failed { reason: String, code: String },
}

/// What became of the last update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status")]
pub(crate) enum LastUpdate {
    InProgress,
    Successful,
    Failed { reason: String, code: String },
}

/// How asynchronous events are retried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventInvoke {
    pub(crate) maximum_retry_attempts: Option<u32>,
    pub(crate) maximum_event_age_seconds: Option<u32>,
    /// Where the record of an event goes that was processed.
    #[serde(default)]
    pub(crate) on_success: Option<String>,
    /// Where the record of an event goes that was given up.
    #[serde(default)]
    pub(crate) on_failure: Option<String>,
    pub(crate) last_modified: Timestamp,
}

impl FunctionRecord {
    /// The queue of its asynchronous events.
    pub(crate) fn event_queue(&self) -> QueueKey {
        QueueKey::new(format!("{EVENT_QUEUES}{}/{}", self.arn, self.id))
    }

    /// The policy of a version or an alias; the function's own where none is named.
    pub(crate) fn policy(&self, qualifier: Option<&str>) -> Option<&BTreeMap<String, Json>> {
        match qualifier {
            None | Some(LATEST) => Some(&self.policy),
            Some(name) => self.qualified.get(name).map(|own| &own.policy),
        }
    }

    /// The policy's revision.
    pub(crate) fn policy_revision(&self, qualifier: Option<&str>) -> &str {
        match qualifier {
            None | Some(LATEST) => &self.revision_id,
            Some(name) => self.qualified.get(name).map_or("", |own| &own.revision_id),
        }
    }

    /// The policy, to be changed, which gives it a new revision.
    pub(crate) fn policy_mut(
        &mut self,
        qualifier: Option<&str>,
        revision_id: String,
    ) -> &mut BTreeMap<String, Json> {
        match qualifier {
            None | Some(LATEST) => {
                self.revision_id = revision_id;
                &mut self.policy
            }
            Some(name) => {
                let own = self.qualified.entry(name.to_owned()).or_default();
                own.revision_id = revision_id;
                &mut own.policy
            }
        }
    }

    /// How asynchronous events of a version or an alias are treated, as configured.
    pub(crate) fn event_invoke(&self, qualifier: Option<&str>) -> Option<&EventInvoke> {
        match qualifier {
            None | Some(LATEST) => self.event_invoke.as_ref(),
            Some(name) => self.qualified.get(name)?.event_invoke.as_ref(),
        }
    }

    /// The same, to be changed.
    pub(crate) fn event_invoke_mut(&mut self, qualifier: Option<&str>) -> &mut Option<EventInvoke> {
        match qualifier {
            None | Some(LATEST) => &mut self.event_invoke,
            Some(name) => &mut self.qualified.entry(name.to_owned()).or_default().event_invoke,
        }
    }
}

impl EventInvoke {
    /// How often an event is retried after the first failure.
    pub(crate) fn retries(config: Option<&Self>) -> u32 {
        config
            .and_then(|config| config.maximum_retry_attempts)
            .unwrap_or(limits::ASYNCHRONOUS_RETRIES_DEFAULT)
    }

    /// The age at which an event is given up, seconds.
    pub(crate) fn event_age_seconds_max(config: Option<&Self>) -> u32 {
        config.and_then(|config| config.maximum_event_age_seconds).unwrap_or(limits::EVENT_AGE_SECONDS_MAX)
    }
}

/// An event source mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MappingRecord {
    pub(crate) uuid: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) queue: Arn,
    /// Unqualified.
    pub(crate) function: Arn,
    /// The version or alias that is called.
    #[serde(default)]
    pub(crate) qualifier: Option<String>,
    pub(crate) fifo: bool,
    pub(crate) batch_size: u32,
    pub(crate) batching_window_seconds: u32,
    pub(crate) report_batch_item_failures: bool,
    pub(crate) maximum_concurrency: Option<u32>,
    /// Patterns, one of which a record must match; none: every record goes through.
    #[serde(default)]
    pub(crate) filters: Vec<String>,
    /// Accepted and shown: filters are not encrypted.
    #[serde(default)]
    pub(crate) kms_key_arn: Option<String>,
    /// `MetricsConfig.Metrics`. Shown; `/_konekuta/metrics` counts always.
    #[serde(default)]
    pub(crate) metrics: Vec<String>,
    #[serde(default)]
    pub(crate) provisioned_pollers: Option<ProvisionedPollers>,
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) state: MappingState,
    pub(crate) last_modified: Timestamp,
}

/// `ProvisionedPollerConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProvisionedPollers {
    pub(crate) minimum: u32,
    pub(crate) maximum: u32,
}

impl MappingRecord {
    /// The function as it was named.
    pub(crate) fn called_arn(&self) -> Arn {
        qualified(&self.function, self.qualifier.as_deref())
    }
}

/// Where a mapping stands; those ending in `-ing` are on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MappingState {
    /// To become enabled, or disabled if that was asked for.
    Creating {
        enabled: bool,
    },
    Enabling,
    Enabled,
    Disabling,
    Disabled,
    /// New settings; afterwards enabled or disabled.
    Updating {
        enabled: bool,
    },
    Deleting,
}

impl MappingState {
    /// As AWS writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Creating { .. } => "Creating",
            Self::Enabling => "Enabling",
            Self::Enabled => "Enabled",
            Self::Disabling => "Disabling",
            Self::Disabled => "Disabled",
            Self::Updating { .. } => "Updating",
            Self::Deleting => "Deleting",
        }
    }

    /// Where it stands once it has arrived; `None`: gone.
    pub(crate) fn settled(self) -> Option<Self> {
        match self {
            Self::Creating { enabled: true }
            | Self::Updating { enabled: true }
            | Self::Enabling
            | Self::Enabled => Some(Self::Enabled),
            Self::Creating { .. } | Self::Updating { .. } | Self::Disabling | Self::Disabled => {
                Some(Self::Disabled)
            }
            Self::Deleting => None,
        }
    }

    /// Whether nothing is on its way.
    pub(crate) fn is_settled(self) -> bool {
        self.settled() == Some(self)
    }
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

/// Reads a record's value.
pub(crate) fn decode<T: DeserializeOwned>(record: &engine::Record) -> Result<T, Error> {
    serde_json::from_slice(&record.value).map_err(|error| {
        EngineError::Corrupt { segment: record.key.to_string(), offset: 0, reason: error.to_string() }.into()
    })
}

/// Writes a record's value.
pub(crate) fn encode<T: Serialize>(record: &T) -> bytes::Bytes {
    serde_json::to_vec(record).expect("records have text keys and finite numbers").into()
}

#[cfg(test)]
mod tests {
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
