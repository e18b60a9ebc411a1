//! SNS's faults. Codes on the wire drop `Exception`.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>

use service::{ErrorRow, ServiceError};

const fn fault(shape: &'static str, query_code: &'static str, status: u16) -> ErrorRow {
    ErrorRow { shape, query_code, status, sender: true }
}

pub(crate) const INVALID_PARAMETER: ErrorRow = fault("InvalidParameterException", "InvalidParameter", 400);
pub(crate) const INVALID_PARAMETER_VALUE: ErrorRow =
    fault("InvalidParameterValueException", "ParameterValueInvalid", 400);
pub(crate) const NOT_FOUND: ErrorRow = fault("NotFoundException", "NotFound", 404);
pub(crate) const AUTHORIZATION: ErrorRow = fault("AuthorizationErrorException", "AuthorizationError", 403);
pub(crate) const RESOURCE_NOT_FOUND: ErrorRow = fault("ResourceNotFoundException", "ResourceNotFound", 404);
pub(crate) const VALIDATION: ErrorRow = fault("ValidationException", "ValidationError", 400);
pub(crate) const FILTER_POLICY_LIMIT: ErrorRow =
    fault("FilterPolicyLimitExceededException", "FilterPolicyLimitExceeded", 403);
pub(crate) const SUBSCRIPTION_LIMIT: ErrorRow =
    fault("SubscriptionLimitExceededException", "SubscriptionLimitExceeded", 403);
pub(crate) const TOPIC_LIMIT: ErrorRow = fault("TopicLimitExceededException", "TopicLimitExceeded", 403);
pub(crate) const INVALID_STATE: ErrorRow = fault("InvalidStateException", "InvalidState", 400);
pub(crate) const REPLAY_LIMIT: ErrorRow = fault("ReplayLimitExceededException", "ReplayLimitExceeded", 403);
pub(crate) const ENDPOINT_DISABLED: ErrorRow = fault("EndpointDisabledException", "EndpointDisabled", 400);
pub(crate) const APPLICATION_DISABLED: ErrorRow =
    fault("PlatformApplicationDisabledException", "PlatformApplicationDisabled", 400);
pub(crate) const OPTED_OUT: ErrorRow = fault("OptedOutException", "OptedOut", 400);
pub(crate) const USER_ERROR: ErrorRow = fault("UserErrorException", "UserError", 400);
pub(crate) const VERIFICATION: ErrorRow = fault("VerificationException", "VerificationException", 400);
pub(crate) const TAG_LIMIT: ErrorRow = fault("TagLimitExceededException", "TagLimitExceeded", 400);
pub(crate) const EMPTY_BATCH: ErrorRow = fault("EmptyBatchRequestException", "EmptyBatchRequest", 400);
pub(crate) const IDS_NOT_DISTINCT: ErrorRow =
    fault("BatchEntryIdsNotDistinctException", "BatchEntryIdsNotDistinct", 400);
pub(crate) const TOO_MANY_ENTRIES: ErrorRow =
    fault("TooManyEntriesInBatchRequestException", "TooManyEntriesInBatchRequest", 400);
pub(crate) const BATCH_TOO_LONG: ErrorRow = fault("BatchRequestTooLongException", "BatchRequestTooLong", 400);
pub(crate) const INVALID_ENTRY_ID: ErrorRow =
    fault("InvalidBatchEntryIdException", "InvalidBatchEntryId", 400);

/// `Invalid parameter: <what>`.
pub(crate) fn invalid(what: &str) -> ServiceError {
    ServiceError::new(&INVALID_PARAMETER, format!("Invalid parameter: {what}"))
}

pub(crate) fn no_such_topic() -> ServiceError {
    ServiceError::new(&NOT_FOUND, "Topic does not exist")
}

pub(crate) fn no_such_subscription() -> ServiceError {
    ServiceError::new(&NOT_FOUND, "Subscription does not exist")
}

/// What is wrong with an attribute is told with a reason where attributes come together: on create and on subscribe.
pub(crate) fn among_attributes(mut error: ServiceError) -> ServiceError {
    if let Some(reason) = error.message.strip_prefix("Invalid parameter: ") {
        error.message = format!("Invalid parameter: Attributes Reason: {reason}").into();
    }
    error
}
