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

/// The entries after the marker, as many as are asked for, and the marker of what follows. `position` of the entries
/// must grow.
pub(crate) fn page<T>(
    all: Vec<T>,
    marker: Option<&str>,
    max_items: Option<i64>,
    most: usize,
    position: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let limit = limit(max_items, most)?;
    let after = marker.filter(|marker| !marker.is_empty()).map(position_of).transpose()?;
    let later = |entry: &T| after.as_ref().is_none_or(|after| position(entry) > *after);
    let mut found: Vec<T> = all.into_iter().filter(later).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|entry| marker_of(&position(entry)));
    Ok((found, next))
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
    fn a_page_goes_on_where_the_last_one_ended() {
        let all = || vec!["a", "b", "c"];
        let (first, marker) = page(all(), None, Some(2), 50, |entry| (*entry).to_owned()).unwrap();
        assert_eq!(first, ["a", "b"]);
        let (rest, end) = page(all(), marker.as_deref(), Some(2), 50, |entry| (*entry).to_owned()).unwrap();
        assert_eq!((rest, end), (vec!["c"], None));
    }

    #[test]
    fn never_more_than_aws_answers() {
        assert_eq!(limit(None, 50).unwrap(), 50);
        assert_eq!(limit(Some(7), 50).unwrap(), 7);
        assert_eq!(limit(Some(10_000), 50).unwrap(), 50);
        assert!(limit(Some(0), 50).is_err());
    }
}
