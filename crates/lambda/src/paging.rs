//! `Marker` and `MaxItems` of the `List…` actions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service::ServiceError;

use crate::errors::invalid;
use crate::limits::LIST_MAX;
use crate::settings::within;

/// How many entries to answer: what is asked for, at most 50 as AWS does.
pub(crate) fn limit(max_items: Option<i64>) -> Result<usize, ServiceError> {
    let Some(max_items) = max_items else { return Ok(LIST_MAX) };
    let asked = within(max_items, "maxItems", 1, 10_000)?;
    Ok(usize::try_from(asked).unwrap_or(LIST_MAX).min(LIST_MAX))
}

/// A marker that says: after this entry.
pub(crate) fn marker_of(position: &str) -> String {
    URL_SAFE_NO_PAD.encode(position)
}

/// What a marker says.
pub(crate) fn position_of(marker: &str) -> Result<String, ServiceError> {
    let position = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    position.ok_or_else(|| invalid("Invalid Marker"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        assert_eq!(position_of(&marker_of("my-function")).unwrap(), "my-function");
        assert!(position_of("%%%").is_err());
    }

    #[test]
    fn fifty_at_a_time() {
        assert_eq!(limit(None).unwrap(), 50);
        assert_eq!(limit(Some(7)).unwrap(), 7);
        assert_eq!(limit(Some(10_000)).unwrap(), 50);
        assert!(limit(Some(0)).is_err());
    }
}
