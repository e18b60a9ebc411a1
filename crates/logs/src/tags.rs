//! Tags of log groups, by ARN and by name.

use std::collections::BTreeMap;

use service::ServiceError;

use crate::errors::{TOO_MANY_TAGS, constraint};
use crate::limits::TAGS_MAX;

/// Adds tags within AWS's limits.
pub(crate) fn add(
    tags: &mut BTreeMap<String, String>,
    more: BTreeMap<String, String>,
) -> Result<(), ServiceError> {
    for (key, value) in &more {
        let length = key.chars().count();
        if !(1..=128).contains(&length) {
            return Err(constraint(key, "tags", "have keys of 1 to 128 characters"));
        }
        if value.chars().count() > 256 {
            return Err(constraint(value, "tags", "have values of at most 256 characters"));
        }
    }
    tags.extend(more);
    if tags.len() > TAGS_MAX {
        let text = format!("The resource may have at most {TAGS_MAX} tags.");
        return Err(ServiceError::new(&TOO_MANY_TAGS, text));
    }
    Ok(())
}
