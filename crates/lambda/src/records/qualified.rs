//! What versions and aliases have of their own: policies, URLs, asynchronous and runtime settings, environments.

use std::collections::BTreeMap;

use aws::Arn;
use engine::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::limits;

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
