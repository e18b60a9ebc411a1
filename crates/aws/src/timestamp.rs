//! The ways AWS writes a moment. A moment itself is milliseconds since 1970 (UTC).

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO_MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const LAMBDA: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000");
const BASIC: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]/[month]/[day]");
const COMMON_LOG: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");

fn moment(epoch_ms: u64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn written(epoch_ms: u64, format: &[BorrowedFormatItem<'_>]) -> String {
    moment(epoch_ms).format(format).unwrap_or_default()
}

/// `2026-01-31T12:00:00.123Z`, as SNS and S3 events write it.
pub fn iso_milliseconds(epoch_ms: u64) -> String {
    written(epoch_ms, ISO_MILLISECONDS)
}

/// Reads what RFC 3339 allows, `2026-01-31T12:00:00.123Z` among it; `None` if it is none, or before 1970.
pub fn parse_iso(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

/// `2026-01-31T12:00:00.123+0000`, as Lambda writes `LastModified`.
pub fn lambda(epoch_ms: u64) -> String {
    written(epoch_ms, LAMBDA)
}

/// `20260131T120000Z`, as signatures write it.
pub fn basic(epoch_ms: u64) -> String {
    written(epoch_ms, BASIC)
}

/// `2026/01/31`, as Lambda's log streams begin.
pub fn day(epoch_ms: u64) -> String {
    written(epoch_ms, DAY)
}

/// `31/Jan/2026:12:00:00 +0000`, as function URLs' events and access logs write it.
pub fn common_log(epoch_ms: u64) -> String {
    written(epoch_ms, COMMON_LOG)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_moment_is_written_in_each_form() {
        let moment = 1_767_225_600_123;
        assert_eq!(super::iso_milliseconds(moment), "2026-01-01T00:00:00.123Z");
        assert_eq!(super::lambda(moment), "2026-01-01T00:00:00.123+0000");
        assert_eq!(super::common_log(moment), "01/Jan/2026:00:00:00 +0000");
        assert_eq!(super::basic(moment), "20260101T000000Z");
        assert_eq!(super::day(moment), "2026/01/01");
    }

    #[test]
    fn a_written_moment_is_read_back() {
        let moment = 1_767_225_600_123;
        assert_eq!(super::parse_iso(&super::iso_milliseconds(moment)), Some(moment));
        assert_eq!(super::parse_iso("2026-01-01T01:00:00+01:00"), Some(1_767_225_600_000));
        for wrong in ["2026-01-01", "yesterday", "1960-01-01T00:00:00Z", ""] {
            assert_eq!(super::parse_iso(wrong), None, "{wrong}");
        }
    }
}
