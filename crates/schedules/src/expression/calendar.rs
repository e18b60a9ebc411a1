//! Between the calendar of a time zone and moments.

use engine::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The moment at which a zone's clocks show that, the first one if they do so twice. `None`: they never do, since they
/// were put forward over it.
pub(super) fn instant(shown: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let offset = match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => offset,
        AmbiguousOffset::Gap { .. } => return None,
    };
    let moment = offset.to_timestamp(shown).ok()?;
    u64::try_from(moment.as_millisecond()).ok().map(Timestamp)
}

/// What a zone's clocks show at a moment.
pub(super) fn shown(moment: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    let moment = jiff::Timestamp::from_millisecond(i64::try_from(moment.0).ok()?).ok()?;
    Some(zone.to_datetime(moment))
}
