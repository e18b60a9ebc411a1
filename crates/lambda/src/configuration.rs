//! `FunctionConfiguration`: how AWS shows a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use std::collections::BTreeMap;

use aws::timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::function_name::{LATEST, qualified};
use crate::records::{FunctionRecord, LastUpdate, State};

/// AWS's shape.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionConfiguration {
    function_name: String,
    function_arn: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    runtime: String,
    role: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    handler: String,
    code_size: u64,
    description: String,
    timeout: u32,
    memory_size: u32,
    last_modified: String,
    code_sha256: String,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vpc_config: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dead_letter_config: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Environment>,
    #[serde(rename = "KMSKeyArn", skip_serializing_if = "Option::is_none")]
    kms_key_arn: Option<String>,
    tracing_config: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<Json>,
    revision_id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_reason_code: Option<String>,
    last_update_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_status_reason_code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    file_system_configs: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_config_response: Option<Json>,
    package_type: &'static str,
    architectures: Vec<String>,
    ephemeral_storage: Json,
    snap_start: Json,
    #[serde(skip_serializing_if = "Option::is_none")]
    runtime_version_config: Option<Json>,
    logging_config: Json,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, String>,
}

impl FunctionConfiguration {
    /// Shows `$LATEST` under its unqualified ARN, a version under its own.
    pub(crate) fn of(record: &FunctionRecord) -> Self {
        let (state, state_reason, state_reason_code) = state(&record.state);
        let (update, update_reason, update_reason_code) = last_update(&record.last_update);
        Self {
            function_name: record.name.clone(),
            function_arn: if record.version == LATEST {
                record.arn.to_string()
            } else {
                qualified(&record.arn, Some(&record.version)).to_string()
            },
            runtime: record.runtime.clone(),
            role: record.role.clone(),
            handler: record.handler.clone(),
            code_size: record.code.size,
            description: record.description.clone(),
            timeout: record.timeout_seconds,
            memory_size: record.memory_mb,
            last_modified: timestamp::lambda(record.last_modified.0),
            code_sha256: STANDARD.encode(hex::decode(&record.code.sha256).unwrap_or_default()),
            version: record.version.clone(),
            vpc_config: record.vpc_config.clone(),
            dead_letter_config: record.dead_letter_target.as_ref().map(|arn| json!({"TargetArn": arn})),
            environment: record.environment.clone().map(|variables| Environment { variables }),
            kms_key_arn: record.kms_key_arn.clone(),
            layers: record
                .layers
                .iter()
                .map(|layer| json!({"Arn": layer.arn, "CodeSize": layer.code.size}))
                .collect(),
            tracing_config: json!({"Mode": record.tracing_mode}),
            revision_id: record.revision_id.clone(),
            state,
            state_reason,
            state_reason_code,
            last_update_status: update,
            last_update_status_reason: update_reason,
            last_update_status_reason_code: update_reason_code,
            file_system_configs: record.file_system_configs.clone(),
            image_config_response: record
                .image
                .as_ref()
                .and_then(|image| image.config.as_ref())
                .map(|config| json!({"ImageConfig": config})),
            package_type: if record.image.is_some() { "Image" } else { "Zip" },
            architectures: record.architectures.clone(),
            ephemeral_storage: json!({"Size": record.ephemeral_storage_mb}),
            snap_start: snap_start(record),
            runtime_version_config: record
                .image
                .is_none()
                .then(|| json!({"RuntimeVersionArn": runtime_version(record)})),
            logging_config: logging(record),
        }
    }

    /// Shows it with its version in its ARN.
    pub(crate) fn with_version(record: &FunctionRecord) -> Self {
        Self::named(record, qualified(&record.arn, Some(&record.version)).to_string())
    }

    /// Shows it under the ARN that the caller used.
    pub(crate) fn named(record: &FunctionRecord, function_arn: String) -> Self {
        Self { function_arn, ..Self::of(record) }
    }
}

fn state(state: &State) -> (&'static str, Option<String>, Option<String>) {
    match state {
        State::Pending => {
            ("Pending", Some("The function is being created.".to_owned()), Some("Creating".to_owned()))
        }
        State::Active => ("Active", None, None),
        State::Failed { reason, code } => ("Failed", Some(reason.clone()), Some(code.clone())),
    }
}

fn last_update(status: &LastUpdate) -> (&'static str, Option<String>, Option<String>) {
    match status {
        LastUpdate::InProgress => {
            ("InProgress", Some("The function is being created.".to_owned()), Some("Creating".to_owned()))
        }
        LastUpdate::Successful => ("Successful", None, None),
        LastUpdate::Failed { reason, code } => ("Failed", Some(reason.clone()), Some(code.clone())),
    }
}

/// Published versions are said to be optimised; here a process is started anew.
fn snap_start(record: &FunctionRecord) -> Json {
    let apply_on = record.snap_start.as_deref().unwrap_or("None");
    let is_on = apply_on == "PublishedVersions" && record.version != LATEST;
    json!({"ApplyOn": apply_on, "OptimizationStatus": if is_on { "On" } else { "Off" }})
}

/// AWS names each runtime's build by a digest; here there is one build, named by the runtime's own digest.
fn runtime_version(record: &FunctionRecord) -> String {
    let digest = hex::encode(Sha256::digest(record.runtime.as_bytes()));
    format!("arn:aws:lambda:{}::runtime:{digest}", record.arn.region())
}

fn logging(record: &FunctionRecord) -> Json {
    let mut shown = json!({"LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", record.name)});
    if let (Some(shown), Some(Json::Object(given))) = (shown.as_object_mut(), &record.logging_config) {
        shown.extend(given.clone());
    }
    shown
}
