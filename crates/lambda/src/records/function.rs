//! A function's record, and its published versions'.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{QueueKey, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Code, EVENT_QUEUES, EventInvoke, Qualified};
use crate::function_name::LATEST;

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
