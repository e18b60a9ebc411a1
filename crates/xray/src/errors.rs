//! X-Ray's faults.

use service::{DecodeError, ErrorRow, ServiceError};

const fn fault(shape: &'static str) -> ErrorRow {
    ErrorRow { shape, query_code: shape, status: 400, sender: true }
}

const INVALID_REQUEST: ErrorRow = fault("InvalidRequestException");
const RULE_LIMIT_EXCEEDED: ErrorRow = fault("RuleLimitExceededException");

pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ServiceError {
    ServiceError::new(&INVALID_REQUEST, message)
}

pub(crate) fn too_many_rules() -> ServiceError {
    ServiceError::new(&RULE_LIMIT_EXCEEDED, "The limit of custom sampling rules is reached")
}

/// A member that breaks a constraint of the model.
pub(crate) fn constraint(member: &str, constraint: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must {constraint}"
    ))
}

pub(crate) fn on_decode_error(error: DecodeError) -> ServiceError {
    match error {
        DecodeError::Missing(member) => constraint(&member, "not be null"),
        DecodeError::Malformed(text) => invalid(text),
    }
}
