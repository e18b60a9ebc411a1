//! The faults of EventBridge and of EventBridge Scheduler.

use std::borrow::Cow;

use service::{DecodeError, ErrorRow, ServiceError};

const fn fault(shape: &'static str, status: u16) -> ErrorRow {
    ErrorRow { shape, query_code: shape, status, sender: true }
}

pub(crate) const VALIDATION: ErrorRow = fault("ValidationException", 400);
pub(crate) const LIMIT_EXCEEDED: ErrorRow = fault("LimitExceededException", 400);
/// Of rules: EventBridge answers 400, whatever is wrong.
pub(crate) const RULE_NOT_FOUND: ErrorRow = fault("ResourceNotFoundException", 400);
pub(crate) const SCHEDULE_NOT_FOUND: ErrorRow = fault("ResourceNotFoundException", 404);
pub(crate) const CONFLICT: ErrorRow = fault("ConflictException", 409);
pub(crate) const QUOTA_EXCEEDED: ErrorRow = fault("ServiceQuotaExceededException", 402);

pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> ServiceError {
    ServiceError::new(&VALIDATION, message)
}

/// A member that breaks a constraint of the model.
pub(crate) fn constraint(value: &str, member: &str, constraint: &str) -> ServiceError {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must \
         {constraint}"
    ))
}

pub(crate) fn no_such_rule(name: &str) -> ServiceError {
    ServiceError::new(&RULE_NOT_FOUND, format!("Rule {name} does not exist on EventBus default."))
}

pub(crate) fn no_such_schedule(name: &str) -> ServiceError {
    ServiceError::new(&SCHEDULE_NOT_FOUND, format!("Schedule {name} does not exist."))
}

pub(crate) fn on_decode_error(error: DecodeError) -> ServiceError {
    match error {
        DecodeError::Missing(member) => constraint("null", &member, "not be null"),
        DecodeError::Malformed(text) => invalid(text),
    }
}
