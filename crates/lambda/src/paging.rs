//! `Marker` and `MaxItems` of the `List…` actions.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use service::ServiceError;

use crate::errors::invalid;
use crate::settings::within;

/// How many entries to answer: what is asked for, at most `most` as AWS does.
pub(crate) fn limit(max_items: Option<i64>, most: usize) -> Result<usize, ServiceError> {
    let Some(max_items) = max_items else { return Ok(most) };
    let asked = within(max_items, "maxItems", 1, 10_000)?;
    Ok(usize::try_from(asked).unwrap_or(most).min(most))
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
    fn never_more_than_aws_answers() {
        assert_eq!(limit(None, 50).unwrap(), 50);
        assert_eq!(limit(Some(7), 50).unwrap(), 7);
        assert_eq!(limit(Some(10_000), 50).unwrap(), 50);
        assert!(limit(Some(0), 50).is_err());
    }
}
