//! An event source mapping's record.

use std::collections::BTreeMap;

use aws::Arn;
use engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::function_name::qualified;

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
