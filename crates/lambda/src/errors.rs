//! Lambda's faults, and what is said in several places.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>

use aws::Arn;
use service::{DecodeError, ErrorRow, ServiceError};

const fn row(shape: &'static str, status: u16) -> ErrorRow {
    ErrorRow { shape, query_code: shape, status, sender: status < 500 }
}

pub(crate) const ACCESS_DENIED: ErrorRow = row("AccessDeniedException", 403);
pub(crate) const INVALID_PARAMETER_VALUE: ErrorRow = row("InvalidParameterValueException", 400);
pub(crate) const INVALID_REQUEST_CONTENT: ErrorRow = row("InvalidRequestContentException", 400);
pub(crate) const POLICY_LENGTH_EXCEEDED: ErrorRow = row("PolicyLengthExceededException", 400);
pub(crate) const PRECONDITION_FAILED: ErrorRow = row("PreconditionFailedException", 412);
pub(crate) const PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND: ErrorRow =
    row("ProvisionedConcurrencyConfigNotFoundException", 404);
pub(crate) const CODE_SIGNING_CONFIG_NOT_FOUND: ErrorRow = row("CodeSigningConfigNotFoundException", 404);
pub(crate) const RECURSIVE_INVOCATION: ErrorRow = row("RecursiveInvocationException", 400);
pub(crate) const REQUEST_TOO_LARGE: ErrorRow = row("RequestTooLargeException", 413);
pub(crate) const RESOURCE_CONFLICT: ErrorRow = row("ResourceConflictException", 409);
pub(crate) const RESOURCE_IN_USE: ErrorRow = row("ResourceInUseException", 400);
pub(crate) const RESOURCE_NOT_FOUND: ErrorRow = row("ResourceNotFoundException", 404);
pub(crate) const SERVICE: ErrorRow = row("ServiceException", 500);
pub(crate) const TOO_MANY_REQUESTS: ErrorRow = row("TooManyRequestsException", 429);
pub(crate) const VALIDATION: ErrorRow = row("ValidationException", 400);

/// A parameter that cannot be.
pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
    ServiceError::new(&INVALID_PARAMETER_VALUE, message.into())
}

/// A member that breaks its constraint, in the words of AWS's request validation.
pub(crate) fn constraint(value: impl std::fmt::Display, member: &str, constraint: &str) -> ServiceError {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    );
    ServiceError::new(&VALIDATION, message)
}

/// What this program does not do, said plainly instead of pretended.
pub(crate) fn not_supported(what: &str) -> ServiceError {
    invalid(format!("{what} is not supported by Konekuta"))
}

/// No function of that ARN.
pub(crate) fn function_not_found(arn: &Arn) -> ServiceError {
    ServiceError::new(&RESOURCE_NOT_FOUND, format!("Function not found: {arn}"))
}

/// Too much at once; the shape's reason says of what.
pub(crate) fn throttled(reason: &'static str) -> ServiceError {
    ServiceError::new(&TOO_MANY_REQUESTS, "Rate Exceeded.").with("Reason", reason)
}

/// What is malformed on the wire.
pub(crate) fn on_decode_error(error: DecodeError) -> ServiceError {
    match error {
        DecodeError::Missing(member) => {
            let mut member = member;
            if let Some(first) = member.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            let message = format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must \
                 not be null"
            );
            ServiceError::new(&VALIDATION, message)
        }
        DecodeError::Malformed(text) => ServiceError::new(
            &INVALID_REQUEST_CONTENT,
            format!("Could not parse request body into json: {text}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_member_is_told_as_aws_does() {
        let error = on_decode_error(DecodeError::Missing("FunctionName".into()));
        assert_eq!(
            error.message,
            "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: Member must \
             not be null"
        );
        assert_eq!(error.row.shape, "ValidationException");
    }
}
