//! The settings that CreateFunction and UpdateFunctionConfiguration share: their rules, and their way into a record.

use std::collections::BTreeMap;

use aws::Arn;
use serde::Deserialize;
use serde_json::Value as Json;
use service::ServiceError;

use crate::environment_variables;
use crate::errors::{constraint, invalid, not_supported};
use crate::limits;
use crate::records::FunctionRecord;
use crate::runtimes::checked_runtime;

/// The members as both actions have them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Settings {
    pub(crate) runtime: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) handler: Option<String>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    environment: Option<Environment>,
    dead_letter_config: Option<DeadLetterConfig>,
    tracing_config: Option<TracingConfig>,
    ephemeral_storage: Option<EphemeralStorage>,
    vpc_config: Option<Json>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    logging_config: Option<Json>,
    layers: Option<Vec<String>>,
    file_system_configs: Option<Vec<Json>>,
    image_config: Option<Json>,
    snap_start: Option<SnapStart>,
    capacity_provider_config: Option<Json>,
    durable_config: Option<Json>,
    tenancy_config: Option<Json>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default)]
    variables: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetterConfig {
    #[serde(default)]
    target_arn: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TracingConfig {
    #[serde(default)]
    mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SnapStart {
    #[serde(default)]
    apply_on: Option<String>,
}

impl Settings {
    /// Puts what is given into the record; answers the layers it is to have, which must be looked up.
    /// `InvalidParameterValueException`, `ValidationException`.
    pub(crate) fn apply(self, record: &mut FunctionRecord) -> Result<Option<Vec<String>>, ServiceError> {
        self.refuse_unsupported()?;
        if let Some(runtime) = self.runtime {
            record.runtime = checked_runtime(runtime)?;
        }
        if let Some(role) = self.role {
            record.role = checked_role(role)?;
        }
        if let Some(handler) = self.handler {
            record.handler = checked_handler(handler)?;
        }
        if let Some(description) = self.description {
            record.description = checked_description(description)?;
        }
        if let Some(timeout) = self.timeout {
            record.timeout_seconds = within(timeout, "timeout", 1, limits::TIMEOUT_SECONDS_MAX)?;
        }
        if let Some(memory) = self.memory_size {
            record.memory_mb = within(memory, "memorySize", limits::MEMORY_MB_MIN, limits::MEMORY_MB_MAX)?;
        }
        if let Some(storage) = self.ephemeral_storage {
            let (min, max) = (limits::EPHEMERAL_STORAGE_MB_MIN, limits::EPHEMERAL_STORAGE_MB_MAX);
            record.ephemeral_storage_mb = within(storage.size, "ephemeralStorage.size", min, max)?;
        }
        if let Some(environment) = self.environment {
            let variables = environment.variables.unwrap_or_default();
            environment_variables::check(&variables)?;
            record.environment = (!variables.is_empty()).then_some(variables);
        }
        if let Some(mode) = self.tracing_config.and_then(|config| config.mode) {
            if mode != "Active" && mode != "PassThrough" {
                let rule = "Member must satisfy enum value set: [Active, PassThrough]";
                return Err(constraint(mode, "tracingConfig.mode", rule));
            }
            record.tracing_mode = mode;
        }
        if let Some(config) = self.dead_letter_config {
            record.dead_letter_target = checked_dead_letter_target(config.target_arn)?;
        }
        if let Some(key) = self.kms_key_arn {
            record.kms_key_arn = (!key.is_empty()).then_some(key);
        }
        if let Some(mode) = self.snap_start.and_then(|config| config.apply_on) {
            if mode != "PublishedVersions" && mode != "None" {
                let rule = "Member must satisfy enum value set: [PublishedVersions, None]";
                return Err(constraint(mode, "snapStart.applyOn", rule));
            }
            record.snap_start = Some(mode);
        }
        if let Some(file_systems) = self.file_system_configs {
            record.file_system_configs = checked_file_systems(file_systems)?;
        }
        if let (Some(config), Some(image)) = (self.image_config, record.image.as_mut()) {
            image.config = Some(config);
        }
        if let Some(config) = &self.logging_config {
            check_logging(config)?;
        }
        record.vpc_config = self.vpc_config.or(record.vpc_config.take());
        record.logging_config = self.logging_config.or(record.logging_config.take());
        Ok(self.layers)
    }

    /// Whether it is to have layers.
    pub(crate) fn has_layers(&self) -> bool {
        self.layers.as_ref().is_some_and(|layers| !layers.is_empty())
    }

    fn refuse_unsupported(&self) -> Result<(), ServiceError> {
        for (is_given, what) in [
            (self.capacity_provider_config.is_some(), "CapacityProviderConfig: a managed instance"),
            (self.durable_config.is_some(), "DurableConfig: a durable function"),
            (self.tenancy_config.is_some(), "TenancyConfig: tenant isolation"),
        ] {
            if is_given {
                return Err(not_supported(what));
            }
        }
        Ok(())
    }
}

/// One access point below `/mnt/`.
fn checked_file_systems(given: Vec<Json>) -> Result<Vec<Json>, ServiceError> {
    let is_mounted = |config: &Json| {
        config["Arn"].is_string()
            && config["LocalMountPath"].as_str().is_some_and(|path| path.starts_with("/mnt/"))
    };
    if given.len() > 1 || !given.iter().all(is_mounted) {
        let rule = "Member must have length less than or equal to 1 and satisfy regular expression pattern: \
                    /mnt/[a-zA-Z0-9-_.]+ at localMountPath";
        return Err(constraint(Json::Array(given), "fileSystemConfigs", rule));
    }
    Ok(given)
}

/// Levels go with the format JSON only. `InvalidParameterValueException`, `ValidationException`.
fn check_logging(config: &Json) -> Result<(), ServiceError> {
    for (member, allowed) in [
        ("LogFormat", &["JSON", "Text"][..]),
        ("ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
        ("SystemLogLevel", &["DEBUG", "INFO", "WARN"]),
    ] {
        let Some(given) = config[member].as_str() else { continue };
        if !allowed.contains(&given) {
            let mut name = member.to_owned();
            name[..1].make_ascii_lowercase();
            let rule = format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
            return Err(constraint(given, &format!("loggingConfig.{name}"), &rule));
        }
    }
    let has_levels = config["ApplicationLogLevel"].is_string() || config["SystemLogLevel"].is_string();
    if has_levels && config["LogFormat"] != "JSON" {
        return Err(invalid("Log level fields cannot be set when LogFormat is Text."));
    }
    Ok(())
}

/// One architecture, AWS's default where none is given.
pub(crate) fn checked_architectures(given: Option<Vec<String>>) -> Result<Vec<String>, ServiceError> {
    let given = given.filter(|given| !given.is_empty()).unwrap_or_else(|| vec!["x86_64".to_owned()]);
    match given.as_slice() {
        [only] if only == "x86_64" || only == "arm64" => Ok(given),
        _ => {
            let rule =
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]";
            Err(constraint(format!("[{}]", given.join(", ")), "architectures", rule))
        }
    }
}

fn checked_role(role: String) -> Result<String, ServiceError> {
    let fits = role.parse::<Arn>().is_ok_and(|arn| {
        arn.service() == "iam"
            && arn.account().len() == 12
            && arn.account().bytes().all(|byte| byte.is_ascii_digit())
            && arn.resource().strip_prefix("role").is_some_and(|rest| rest.len() > 1)
    });
    if fits {
        return Ok(role);
    }
    let pattern = "Member must satisfy regular expression pattern: \
                arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
    Err(constraint(role, "role", pattern))
}

fn checked_handler(handler: String) -> Result<String, ServiceError> {
    if handler.chars().count() > limits::HANDLER_CHARACTERS_MAX {
        let rule =
            format!("Member must have length less than or equal to {}", limits::HANDLER_CHARACTERS_MAX);
        return Err(constraint(handler, "handler", &rule));
    }
    if handler.chars().any(char::is_whitespace) {
        return Err(constraint(
            handler,
            "handler",
            "Member must satisfy regular expression pattern: [^\\s]+",
        ));
    }
    Ok(handler)
}

pub(crate) fn checked_description(description: String) -> Result<String, ServiceError> {
    if description.chars().count() > limits::DESCRIPTION_CHARACTERS_MAX {
        let rule =
            format!("Member must have length less than or equal to {}", limits::DESCRIPTION_CHARACTERS_MAX);
        return Err(constraint(description, "description", &rule));
    }
    Ok(description)
}

/// A number between bounds, refused in AWS's words.
pub(crate) fn within(value: i64, member: &str, min: u32, max: u32) -> Result<u32, ServiceError> {
    if value < i64::from(min) {
        return Err(constraint(
            value,
            member,
            &format!("Member must have value greater than or equal to {min}"),
        ));
    }
    let number = u32::try_from(value).ok().filter(|number| *number <= max);
    number.ok_or_else(|| {
        constraint(value, member, &format!("Member must have value less than or equal to {max}"))
    })
}

fn checked_dead_letter_target(target: Option<String>) -> Result<Option<String>, ServiceError> {
    let Some(target) = target.filter(|target| !target.is_empty()) else { return Ok(None) };
    let fits = target.parse::<Arn>().is_ok_and(|arn| matches!(arn.service(), "sqs" | "sns"));
    if fits {
        return Ok(Some(target));
    }
    let rule = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()";
    Err(constraint(target, "deadLetterConfig.targetArn", rule))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::record;

    fn apply(settings: Json) -> Result<FunctionRecord, ServiceError> {
        let mut record = record("f");
        serde_json::from_value::<Settings>(settings).unwrap().apply(&mut record)?;
        Ok(record)
    }

    fn refusal(settings: Json) -> String {
        apply(settings).unwrap_err().message.into_owned()
    }

    #[test]
    fn only_what_is_given_changes() {
        let changed = apply(json!({"Timeout": 900, "MemorySize": 10240})).unwrap();
        let expected = FunctionRecord { timeout_seconds: 900, memory_mb: 10_240, ..record("f") };
        assert_eq!(changed, expected);
    }

    #[test]
    fn bounds_are_told_in_aws_words() {
        assert_eq!(
            refusal(json!({"Timeout": 901})),
            "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have \
             value less than or equal to 900"
        );
        assert_eq!(
            refusal(json!({"MemorySize": 127})),
            "1 validation error detected: Value '127' at 'memorySize' failed to satisfy constraint: Member must have \
             value greater than or equal to 128"
        );
        assert!(refusal(json!({"Role": "admin"})).contains("at 'role' failed to satisfy constraint"));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for settings in [
            json!({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}),
            json!({"DurableConfig": {"ExecutionTimeout": 60}}),
        ] {
            assert!(refusal(settings).ends_with("is not supported by Konekuta"));
        }
        let shown = apply(json!({"SnapStart": {"ApplyOn": "PublishedVersions"}})).unwrap();
        assert_eq!(shown.snap_start.as_deref(), Some("PublishedVersions"));
    }

    #[test]
    fn an_empty_target_takes_the_dead_letter_queue_away() {
        let queue = "arn:aws:sqs:us-east-1:000000000000:dlq";
        let with = apply(json!({"DeadLetterConfig": {"TargetArn": queue}})).unwrap();
        assert_eq!(with.dead_letter_target.as_deref(), Some(queue));
        assert_eq!(apply(json!({"DeadLetterConfig": {"TargetArn": ""}})).unwrap().dead_letter_target, None);
        assert!(apply(json!({"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::bucket"}})).is_err());
    }
}
