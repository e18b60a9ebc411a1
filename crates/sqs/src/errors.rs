//! SQS's faults.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html>

use engine::{Error, Refusal, Settle};
use service::{ErrorRow, ServiceError};

const fn fault(shape: &'static str, query_code: &'static str) -> ErrorRow {
    ErrorRow { shape, query_code, status: 400, sender: true }
}

pub(crate) const QUEUE_DOES_NOT_EXIST: ErrorRow =
    fault("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue");
pub(crate) const QUEUE_NAME_EXISTS: ErrorRow =
    fault("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists");
pub(crate) const PURGE_QUEUE_IN_PROGRESS: ErrorRow = ErrorRow {
    shape: "com.amazonaws.sqs#PurgeQueueInProgress",
    query_code: "AWS.SimpleQueueService.PurgeQueueInProgress",
    status: 403,
    sender: true,
};
pub(crate) const TOO_MANY_ENTRIES: ErrorRow = fault(
    "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
    "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
);
pub(crate) const EMPTY_BATCH: ErrorRow =
    fault("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest");
pub(crate) const IDS_NOT_DISTINCT: ErrorRow =
    fault("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct");
pub(crate) const BATCH_TOO_LONG: ErrorRow =
    fault("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong");
pub(crate) const INVALID_ENTRY_ID: ErrorRow =
    fault("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId");
pub(crate) const INVALID_PARAMETER: ErrorRow =
    fault("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue");
pub(crate) const MISSING_PARAMETER: ErrorRow =
    fault("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter");
pub(crate) const SERIALIZATION: ErrorRow =
    fault("com.amazon.coral.service#SerializationException", "MalformedInput");
pub(crate) const INVALID_ATTRIBUTE_NAME: ErrorRow =
    fault("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName");
pub(crate) const INVALID_ATTRIBUTE_VALUE: ErrorRow =
    fault("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue");
pub(crate) const INVALID_MESSAGE_CONTENTS: ErrorRow =
    fault("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents");
pub(crate) const RECEIPT_HANDLE_IS_INVALID: ErrorRow = ErrorRow {
    shape: "com.amazonaws.sqs#ReceiptHandleIsInvalid",
    query_code: "ReceiptHandleIsInvalid",
    status: 404,
    sender: true,
};
pub(crate) const OVER_LIMIT: ErrorRow =
    ErrorRow { shape: "com.amazonaws.sqs#OverLimit", query_code: "OverLimit", status: 403, sender: true };

pub(crate) const QUEUE_DELETED_RECENTLY: ErrorRow =
    fault("com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently");
pub(crate) const UNSUPPORTED_OPERATION: ErrorRow =
    fault("com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation");
pub(crate) const RESOURCE_NOT_FOUND: ErrorRow = ErrorRow {
    shape: "com.amazonaws.sqs#ResourceNotFoundException",
    query_code: "ResourceNotFoundException",
    status: 404,
    sender: true,
};
pub(crate) const REQUEST_THROTTLED: ErrorRow = ErrorRow {
    shape: "com.amazonaws.sqs#RequestThrottled",
    query_code: "RequestThrottled",
    status: 403,
    sender: true,
};
pub(crate) const ACCESS_DENIED: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.service#AccessDeniedException",
    query_code: "AccessDenied",
    status: 403,
    sender: true,
};
pub(crate) const INVALID_ADDRESS: ErrorRow = ErrorRow {
    shape: "com.amazonaws.sqs#InvalidAddress",
    query_code: "InvalidAddress",
    status: 404,
    sender: true,
};

/// The queue is not there; the two protocols word it differently.
pub(crate) fn no_such_queue() -> ServiceError {
    ServiceError::new(&QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.")
        .in_query("The specified queue does not exist for this wsdl version.")
}

/// A required parameter is absent.
pub(crate) fn missing(parameter: &str) -> ServiceError {
    ServiceError::new(&MISSING_PARAMETER, format!("The request must contain the parameter {parameter}."))
}

/// `Value <value> for parameter <name> is invalid. Reason: <reason>`.
pub(crate) fn invalid(value: impl std::fmt::Display, parameter: &str, reason: &str) -> ServiceError {
    let text = format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}");
    ServiceError::new(&INVALID_PARAMETER, text)
}

/// An attribute's value that cannot be.
pub(crate) fn invalid_attribute(name: &str) -> ServiceError {
    ServiceError::new(&INVALID_ATTRIBUTE_VALUE, format!("Invalid value for the parameter {name}."))
}

/// What the engine refuses of a queue as a whole.
pub(crate) fn of_queue(error: Error) -> ServiceError {
    match error {
        Error::Refused(Refusal::NoSuchQueue(_)) => no_such_queue(),
        Error::Refused(Refusal::TooManyInFlight(_)) => {
            ServiceError::new(&OVER_LIMIT, "Too many messages in flight.")
        }
        other => other.into(),
    }
}

/// What the engine refuses of one receipt handle and what was to happen with its message.
pub(crate) fn of_handle(refusal: &Refusal, handle: &str, settle: Settle) -> ServiceError {
    match refusal {
        Refusal::ExpiredReceiptHandle => invalid(handle, "ReceiptHandle", "The receipt handle has expired."),
        Refusal::NotInFlight => invalid(
            handle,
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        ),
        Refusal::InvisibleTooLong => invalid(
            if let Settle::VisibleIn { seconds } = settle { seconds } else { 0 },
            "VisibilityTimeout",
            "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
        ),
        _ => ServiceError::new(
            &RECEIPT_HANDLE_IS_INVALID,
            format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
        ),
    }
}
