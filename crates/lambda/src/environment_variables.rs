//! The environment variables that a function may be given.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>

use std::collections::BTreeMap;

use service::ServiceError;

use crate::errors::{constraint, invalid};
use crate::limits;

/// Variables that only Lambda itself may set.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED_VARIABLES: [&str; 19] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
];

/// Refuses reserved names, names that are none, and more than 4 KB. `InvalidParameterValueException`.
pub(crate) fn check(variables: &BTreeMap<String, String>) -> Result<(), ServiceError> {
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided contains reserved keys that are currently not supported for modification. Reserved keys used \
             in this request: {}",
            reserved.join(", ")
        )));
    }
    for name in variables.keys() {
        let fits = name.len() >= 2
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits {
            let rule = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                        [a-zA-Z]([a-zA-Z0-9_])+]";
            return Err(constraint(name, "environment.variables", rule));
        }
    }
    if variables.values().any(|value| value.contains('\0')) {
        return Err(invalid("An environment variable's value contains a null character"));
    }
    let measured = serde_json::to_string(variables).unwrap_or_default();
    if measured.len() > limits::ENVIRONMENT_BYTES_MAX {
        return Err(invalid(format!(
            "Lambda was unable to configure your environment variables because the environment variables you have \
             provided exceeded the 4KB limit. String measured: {measured}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(variables: &[(&str, &str)]) -> Result<(), String> {
        let variables =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(&variables).map_err(|error| error.message.into_owned())
    }

    #[test]
    fn reserved_names_are_refused_and_named() {
        let refusal = checked(&[("AWS_REGION", "x"), ("OK", "y")]).unwrap_err();
        assert!(refusal.ends_with("Reserved keys used in this request: AWS_REGION"), "{refusal}");
    }

    #[test]
    fn four_kilobytes_as_json_fit() {
        // `{"KEY":"…"}`: 10 bytes around the value.
        assert_eq!(checked(&[("KEY", &"x".repeat(4086))]), Ok(()));
        let refusal = checked(&[("KEY", &"x".repeat(4087))]).unwrap_err();
        assert!(refusal.contains("exceeded the 4KB limit. String measured: {\"KEY\""), "{refusal}");
    }

    #[test]
    fn names_begin_with_a_letter() {
        for wrong in ["1A", "_A", "A", "A-B", "A=B", ""] {
            assert!(checked(&[(wrong, "x")]).is_err(), "{wrong}");
        }
        assert_eq!(checked(&[("A_1", "x")]), Ok(()));
        assert!(checked(&[("NUL", "a\0b")]).is_err());
    }
}
