//! Group and deduplication ids.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>

use service::ServiceError;
use sha2::{Digest as _, Sha256};

use crate::queue_attributes::{self, Attributes};
use crate::{errors, limits};

/// The reason AWS gives where a parameter is of the other kind of queue.
pub(crate) const NOT_OF_THIS_TYPE: &str =
    "The request include parameter that is not valid for this queue type.";

/// The ids of a message, resolved.
pub(crate) struct FifoIds {
    pub(crate) group: Option<String>,
    pub(crate) deduplication_id: Option<String>,
}

/// Checks the ids that a sender gave against the queue's kind. A missing group is `Err(None)`: a single send and a batch
/// word it differently.
pub(crate) fn ids(
    queue: &Attributes,
    body: &str,
    group: Option<String>,
    deduplication_id: Option<String>,
) -> Result<FifoIds, Option<ServiceError>> {
    if let Some(group) = &group {
        check("MessageGroupId", group)?;
    }
    if let Some(id) = &deduplication_id {
        check("MessageDeduplicationId", id)?;
    }
    if !queue_attributes::is_fifo(queue) {
        if let Some(id) = deduplication_id {
            return Err(Some(errors::invalid(id, "MessageDeduplicationId", NOT_OF_THIS_TYPE)));
        }
        return Ok(FifoIds { group, deduplication_id: None });
    }
    if group.is_none() {
        return Err(None);
    }
    let by_content = queue_attributes::value(queue, "ContentBasedDeduplication") == Some("true");
    let deduplication_id = match deduplication_id {
        Some(id) => id,
        None if by_content => hex::encode(Sha256::digest(body)),
        None => {
            let text = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly";
            return Err(Some(ServiceError::new(&errors::INVALID_PARAMETER, text)));
        }
    };
    Ok(FifoIds { group, deduplication_id: Some(deduplication_id) })
}

/// 1 to 128 letters, digits and punctuation.
pub(crate) fn check(parameter: &str, id: &str) -> Result<(), ServiceError> {
    let fits =
        (1..=limits::FIFO_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(());
    }
    let reason =
        format!("{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.");
    Err(errors::invalid(id, parameter, &reason))
}
