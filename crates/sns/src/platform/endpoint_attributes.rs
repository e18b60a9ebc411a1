//! Attributes of a platform endpoint.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetEndpointAttributes.html>

use service::ServiceError;

use crate::records::Attributes;
use crate::{errors, limits};

const KNOWN: [&str; 5] = ["CustomUserData", "Enabled", "Token", "ChannelId", "UserId"];

fn wrong(reason: &str) -> ServiceError {
    errors::invalid(&format!("Attributes Reason: {reason}"))
}

/// Checks names and values.
pub(crate) fn check(given: &Attributes) -> Result<(), ServiceError> {
    for (name, value) in given {
        match name.as_str() {
            "Enabled" if !matches!(value.as_str(), "true" | "false") => {
                return Err(wrong("Invalid value for attribute: Enabled: must be true or false"));
            }
            "Token" if value.is_empty() => {
                return Err(wrong("Invalid value for attribute: Token: cannot be empty"));
            }
            "Token" => check_token(value)?,
            "CustomUserData" => check_user_data(value)?,
            known if !KNOWN.contains(&known) => {
                return Err(wrong(&format!("Invalid attribute name: {name}")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A token is not empty and not endless.
pub(crate) fn check_token(token: &str) -> Result<(), ServiceError> {
    if token.is_empty() {
        return Err(errors::invalid("Token Reason: cannot be empty"));
    }
    if token.len() > limits::DEVICE_TOKEN_BYTES_MAX {
        let most = limits::DEVICE_TOKEN_BYTES_MAX;
        return Err(errors::invalid(&format!(
            "Token Reason: must be at most {most} bytes long in UTF-8 encoding"
        )));
    }
    Ok(())
}

/// User data is less than two kilobytes.
pub(crate) fn check_user_data(text: &str) -> Result<(), ServiceError> {
    if text.len() > limits::CUSTOM_USER_DATA_BYTES_MAX {
        let most = limits::CUSTOM_USER_DATA_BYTES_MAX;
        return Err(errors::invalid(&format!(
            "CustomUserData Reason: must be at most {most} bytes long in UTF-8 encoding"
        )));
    }
    Ok(())
}
