//! How AWS shows a layer's version.

use aws::timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use service::Endpoint;

use super::LayerVersionRecord;
use crate::package_page;

/// `GetLayerVersionResponse`, `PublishLayerVersionResponse`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LayerVersion {
    content: Content,
    layer_arn: String,
    layer_version_arn: String,
    version: u64,
    description: String,
    created_date: String,
    compatible_architectures: Vec<String>,
    compatible_runtimes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_info: Option<String>,
}

/// `LayerVersionsListItem`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListedVersion {
    layer_version_arn: String,
    version: u64,
    description: String,
    created_date: String,
    compatible_architectures: Vec<String>,
    compatible_runtimes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_info: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    location: String,
    code_sha256: String,
    code_size: u64,
}

impl ListedVersion {
    /// As AWS lists it.
    pub(crate) fn of(record: &LayerVersionRecord) -> Self {
        Self {
            layer_version_arn: record.arn().to_string(),
            version: record.version,
            description: record.description.clone(),
            created_date: timestamp::lambda(record.created.0),
            compatible_architectures: record.architectures.clone(),
            compatible_runtimes: record.runtimes.clone(),
            license_info: record.license.clone(),
        }
    }
}

impl LayerVersion {
    /// As AWS shows it, with a link to its package on this server.
    pub(crate) fn of(record: &LayerVersionRecord, endpoint: &Endpoint) -> Self {
        let code_sha256 = STANDARD.encode(hex::decode(&record.code.sha256).unwrap_or_default());
        let listed = ListedVersion::of(record);
        Self {
            content: Content {
                location: package_page::location(endpoint, &record.code),
                code_sha256,
                code_size: record.code.size,
            },
            layer_arn: record.layer.to_string(),
            layer_version_arn: listed.layer_version_arn,
            version: listed.version,
            description: listed.description,
            created_date: listed.created_date,
            compatible_architectures: listed.compatible_architectures,
            compatible_runtimes: listed.compatible_runtimes,
            license_info: listed.license_info,
        }
    }
}
