//! Tags of a queue.

use std::collections::BTreeMap;

use service::{ServiceError, business_key};

use crate::{errors, limits};

/// Keys 1 to 128 characters, values up to 256, at most fifty; business keys where they are told.
pub(crate) fn check(tags: &BTreeMap<String, String>) -> Result<(), ServiceError> {
    if tags.len() > limits::TAGS_MAX {
        let text = format!("Too many tags: a queue may have {}.", limits::TAGS_MAX);
        return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
    }
    for (key, value) in tags {
        if key.is_empty()
            || key.chars().count() > 128
            || value.chars().count() > 256
            || key.starts_with("aws:")
        {
            return Err(errors::invalid(key, "Tags", "Tag keys are 1 to 128 characters, values up to 256."));
        }
    }
    business_key::check(tags).map_err(|error| errors::invalid(business_key::TAG, "Tags", &error.to_string()))
}
