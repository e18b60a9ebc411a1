//! The SMS sandbox: numbers that were verified with a password sent to them. The account itself is not confined to it.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox.html>

use engine::RecordKey;
use serde::{Deserialize, Serialize};
use service::{Context, ServiceError};

use crate::errors;

/// A number of the sandbox. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SandboxNumberRecord {
    pub(crate) version: u32,
    pub(crate) phone_number: String,
    pub(crate) verified: bool,
    pub(crate) one_time_password: String,
}

/// The numbers of the caller's sandbox.
pub(crate) fn numbers_of(context: &Context) -> String {
    format!("sns/sms-sandbox/{}/", super::place(&context.caller))
}

pub(crate) fn number_key(context: &Context, number: &str) -> RecordKey {
    RecordKey::new(format!("{}{number}", numbers_of(context)))
}

/// The shape `PhoneNumberString`: `+` and at least eight digits, or up to nine digits.
pub(crate) fn check_number(text: &str) -> Result<(), ServiceError> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let counted = if text.starts_with('+') { (8..=19).contains(&digits.len()) } else { digits.len() <= 9 };
    if counted && !text.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(errors::invalid("PhoneNumber Reason: input incorrectly formatted"))
}

pub(crate) fn no_such_number() -> ServiceError {
    ServiceError::new(&errors::RESOURCE_NOT_FOUND, "Phone number not found in the SMS sandbox")
}
