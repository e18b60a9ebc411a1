//! What is answered when no action is reached: unknown actions, oversize bodies, too many requests, malformed
//! credentials, panics.

use service::{ErrorRow, ServiceError};

const UNKNOWN_OPERATION: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.service#UnknownOperationException",
    query_code: "InvalidAction",
    status: 404,
    sender: true,
};
const INVALID_ACTION: ErrorRow =
    ErrorRow { shape: "InvalidAction", query_code: "InvalidAction", status: 400, sender: true };
const MISSING_ACTION: ErrorRow =
    ErrorRow { shape: "MissingAction", query_code: "MissingAction", status: 400, sender: true };
const REQUEST_TOO_LARGE: ErrorRow = ErrorRow {
    shape: "RequestEntityTooLargeException",
    query_code: "RequestEntityTooLarge",
    status: 413,
    sender: true,
};
const THROTTLING: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.availability#ThrottlingException",
    query_code: "Throttling",
    status: 503,
    sender: false,
};
const INCOMPLETE_SIGNATURE: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.service#IncompleteSignatureException",
    query_code: "IncompleteSignature",
    status: 400,
    sender: true,
};

const PROTECTED: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.service#AccessDeniedException",
    query_code: "AccessDenied",
    status: 403,
    sender: true,
};

/// A JSON or REST action that the service does not have.
pub(crate) fn unknown_operation(action: &str) -> ServiceError {
    ServiceError::new(
        &UNKNOWN_OPERATION,
        format!("The operation {action} is not known, or not implemented by Konekuta."),
    )
}

/// A Query action that the service does not have.
pub(crate) fn invalid_action(action: &str) -> ServiceError {
    if action.is_empty() {
        return ServiceError::new(&MISSING_ACTION, "The request must contain the parameter Action.");
    }
    ServiceError::new(&INVALID_ACTION, format!("The action {action} is not valid for this endpoint."))
}

/// More bytes than the protocol may carry here.
pub(crate) fn too_large(bytes_max: usize) -> ServiceError {
    ServiceError::new(&REQUEST_TOO_LARGE, format!("The request body is larger than {bytes_max} bytes."))
}

/// More requests at once than the server takes.
pub(crate) fn throttled() -> ServiceError {
    ServiceError::new(&THROTTLING, "Rate exceeded")
}

/// Somebody asks for something of ours who may not.
pub(crate) fn protected(reason: &'static str) -> ServiceError {
    ServiceError::new(&PROTECTED, reason)
}

/// An `Authorization` that cannot be read.
pub(crate) fn incomplete_signature(text: String) -> ServiceError {
    ServiceError::new(&INCOMPLETE_SIGNATURE, text)
}
