//! Code signing configurations: kept and shown. No signature is verified here, and unsigned packages run.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html>

use std::collections::BTreeMap;

use aws::timestamp;
use engine::{RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
use service::{Caller, Context, ServiceError};

use crate::Lambda;
use crate::errors::{self, constraint};
use crate::records;

/// All configurations' records begin so.
pub(crate) const CONFIGS: &str = "lambda/code-signing-config/";
const PUBLISHERS_MAX: usize = 20;

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeSigningRecord {
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) description: String,
    pub(crate) publishers: Vec<String>,
    pub(crate) policy: String,
    pub(crate) last_modified: Timestamp,
    pub(crate) tags: BTreeMap<String, String>,
}

/// `AllowedPublishers`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AllowedPublishers {
    signing_profile_version_arns: Vec<String>,
}

/// `CodeSigningPolicies`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeSigningPolicies {
    untrusted_artifact_on_deployment: Option<String>,
}

/// `CodeSigningConfig`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CodeSigningConfig {
    code_signing_config_id: String,
    code_signing_config_arn: String,
    description: String,
    allowed_publishers: AllowedPublishers,
    code_signing_policies: CodeSigningPolicies,
    last_modified: String,
}

/// What most of its actions answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Shown {
    code_signing_config: CodeSigningConfig,
}

impl From<CodeSigningRecord> for CodeSigningConfig {
    fn from(record: CodeSigningRecord) -> Self {
        Self {
            code_signing_config_id: record.id,
            code_signing_config_arn: record.arn,
            description: record.description,
            allowed_publishers: AllowedPublishers { signing_profile_version_arns: record.publishers },
            code_signing_policies: CodeSigningPolicies {
                untrusted_artifact_on_deployment: Some(record.policy),
            },
            last_modified: timestamp::lambda(record.last_modified.0),
        }
    }
}

impl From<CodeSigningRecord> for Shown {
    fn from(record: CodeSigningRecord) -> Self {
        Self { code_signing_config: record.into() }
    }
}

/// What an ARN of the caller's Region begins with.
pub(crate) fn arn_prefix(caller: &Caller) -> String {
    format!("arn:aws:lambda:{}:{}:code-signing-config:", caller.region, caller.account)
}

/// The key of a configuration's record.
pub(crate) fn config_key(arn: &str) -> RecordKey {
    RecordKey::new(format!("{CONFIGS}{arn}"))
}

/// Refuses what cannot be a list of publishers. `ValidationException`.
pub(crate) fn checked_publishers(publishers: AllowedPublishers) -> Result<Vec<String>, ServiceError> {
    let arns = publishers.signing_profile_version_arns;
    if arns.is_empty() || arns.len() > PUBLISHERS_MAX {
        let rule = format!("Member must have length between 1 and {PUBLISHERS_MAX}");
        let shown = format!("[{}]", arns.join(", "));
        return Err(constraint(shown, "allowedPublishers.signingProfileVersionArns", &rule));
    }
    Ok(arns)
}

/// Refuses what is no policy. `ValidationException`.
pub(crate) fn checked_policy(policies: &CodeSigningPolicies) -> Result<String, ServiceError> {
    match policies.untrusted_artifact_on_deployment.as_deref() {
        None | Some("Warn") => Ok("Warn".to_owned()),
        Some("Enforce") => Ok("Enforce".to_owned()),
        Some(other) => {
            let rule = "Member must satisfy enum value set: [Warn, Enforce]";
            Err(constraint(other, "codeSigningPolicies.untrustedArtifactOnDeployment", rule))
        }
    }
}

impl Lambda {
    /// The configuration of that ARN and its registry revision, if the caller has it. `missing` says what it is called
    /// when it is not there.
    pub(crate) async fn code_signing_config(
        &self,
        arn: &str,
        context: &Context,
        missing: &'static service::ErrorRow,
    ) -> Result<(CodeSigningRecord, u64), ServiceError> {
        let own = arn.starts_with(&arn_prefix(&context.caller));
        let found = if own { self.engine.get(&config_key(arn)).await? } else { None };
        match found {
            Some(found) => Ok((records::decode(&found)?, found.revision)),
            None => Err(ServiceError::new(
                missing,
                format!(
                    "The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}."
                ),
            )),
        }
    }

    /// The functions that have a configuration.
    pub(crate) async fn functions_signed_by(&self, arn: &str) -> Result<Vec<String>, ServiceError> {
        let mut functions = Vec::new();
        for record in self.all_records(records::FUNCTIONS).await? {
            let function: records::FunctionRecord = records::decode(&record)?;
            if function.code_signing_config.as_deref() == Some(arn) {
                functions.push(function.arn.to_string());
            }
        }
        Ok(functions)
    }
}

/// The name of a resource that is not there.
pub(crate) const MISSING: &service::ErrorRow = &errors::RESOURCE_NOT_FOUND;
