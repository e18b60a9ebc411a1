//! CloudWatch Logs' faults.

use service::{DecodeError, ErrorRow, ServiceError};

const fn fault(shape: &'static str) -> ErrorRow {
    ErrorRow { shape, query_code: shape, status: 400, sender: true }
}

pub(crate) const INVALID_PARAMETER: ErrorRow = fault("InvalidParameterException");
pub(crate) const RESOURCE_NOT_FOUND: ErrorRow = fault("ResourceNotFoundException");
pub(crate) const RESOURCE_ALREADY_EXISTS: ErrorRow = fault("ResourceAlreadyExistsException");
pub(crate) const LIMIT_EXCEEDED: ErrorRow = fault("LimitExceededException");
pub(crate) const TOO_MANY_TAGS: ErrorRow = fault("TooManyTagsException");
pub(crate) const SERIALIZATION: ErrorRow = fault("SerializationException");

pub(crate) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> ServiceError {
    ServiceError::new(&INVALID_PARAMETER, message)
}

pub(crate) fn no_such_group() -> ServiceError {
    ServiceError::new(&RESOURCE_NOT_FOUND, "The specified log group does not exist.")
}

pub(crate) fn no_such_stream() -> ServiceError {
    ServiceError::new(&RESOURCE_NOT_FOUND, "The specified log stream does not exist.")
}

/// A member that breaks a constraint of the model.
pub(crate) fn constraint(value: &str, member: &str, constraint: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must \
         {constraint}"
    ))
}

pub(crate) fn on_decode_error(error: DecodeError) -> ServiceError {
    match error {
        DecodeError::Missing(member) => constraint("null", &member, "not be null"),
        DecodeError::Malformed(text) => ServiceError::new(&SERIALIZATION, text),
    }
}
