//! What all batch actions have in common: their entries' ids, and errors one by one.

use serde::Serialize;
use service::ServiceError;

use crate::{errors, limits};

/// The shape `BatchResultErrorEntry`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Failed {
    id: String,
    sender_fault: bool,
    code: String,
    message: String,
}

impl Failed {
    pub(crate) fn new(id: String, error: ServiceError) -> Self {
        Self {
            id,
            sender_fault: error.row.sender,
            code: error.row.query_code.to_owned(),
            message: error.message.into_owned(),
        }
    }
}

/// The shape of a successful entry that tells nothing but its id.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Succeeded {
    pub(crate) id: String,
}

/// A batch's answer: entries that worked and entries that did not.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outcome<T> {
    pub(crate) successful: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failed: Vec<Failed>,
}

impl<T> Outcome<T> {
    pub(crate) fn new() -> Self {
        Self { successful: Vec::new(), failed: Vec::new() }
    }
}

/// One to ten entries, each id once and of the right form.
pub(crate) fn check_ids<'a>(
    entry_shape: &str,
    ids: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), ServiceError> {
    if ids.len() == 0 {
        let text = format!("There should be at least one {entry_shape} in the request.");
        return Err(ServiceError::new(&errors::EMPTY_BATCH, text));
    }
    if ids.len() > limits::BATCH_ENTRIES_MAX {
        let text = format!(
            "Maximum number of entries per request are {}. You have sent {}.",
            limits::BATCH_ENTRIES_MAX,
            ids.len()
        );
        return Err(ServiceError::new(&errors::TOO_MANY_ENTRIES, text));
    }
    let mut seen: Vec<&str> = Vec::with_capacity(ids.len());
    for id in ids {
        let fits = (1..=80).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            let text = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
            return Err(ServiceError::new(&errors::INVALID_ENTRY_ID, text));
        }
        if seen.contains(&id) {
            return Err(ServiceError::new(&errors::IDS_NOT_DISTINCT, format!("Id {id} repeated.")));
        }
        seen.push(id);
    }
    Ok(())
}
