//! CloudWatch Logs' quotas, and our own bounds.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use std::time::Duration;

/// Characters of a log group's or stream's name.
pub(crate) const NAME_CHARACTERS_MAX: usize = 512;
/// Events of one PutLogEvents, and of one page of GetLogEvents or FilterLogEvents.
pub(crate) const EVENTS_MAX: usize = 10_000;
/// Bytes of one PutLogEvents, and of one page of events.
pub(crate) const BATCH_BYTES_MAX: usize = 1_048_576;
/// What each event counts besides its text, bytes.
pub(crate) const EVENT_OVERHEAD_BYTES: usize = 26;
/// The events of one PutLogEvents lie within so much, milliseconds.
pub(crate) const BATCH_SPAN_MS_MAX: u64 = DAY_MS;
/// An event may be so far ahead, milliseconds.
pub(crate) const AHEAD_MS_MAX: u64 = 2 * 3_600_000;
/// An event may be so old, milliseconds.
pub(crate) const AGE_MS_MAX: u64 = 14 * DAY_MS;
/// A day, milliseconds.
pub(crate) const DAY_MS: u64 = 86_400_000;
/// Groups or streams of one page.
pub(crate) const DESCRIBED_MAX: usize = 50;
/// Characters of a filter pattern.
pub(crate) const FILTER_PATTERN_CHARACTERS_MAX: usize = 1024;
/// Tags of a log group.
pub(crate) const TAGS_MAX: usize = 50;
/// Log groups of one live tail.
pub(crate) const LIVE_TAIL_GROUPS_MAX: usize = 10;
/// Events of one update of a live tail; of more, the newest are shown and the update says that it is a sample.
pub(crate) const LIVE_TAIL_EVENTS_MAX: usize = 500;
/// Live tails at once.
pub(crate) const LIVE_TAILS_MAX: usize = 15;
/// A live tail ends after so long, milliseconds.
pub(crate) const LIVE_TAIL_MS_MAX: u64 = 3 * 3_600_000;
/// The days that a retention policy may have.
pub(crate) const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Ours: bytes of a log group on the disk. Beyond, its oldest segment goes.
pub(crate) const GROUP_BYTES_MAX: u64 = 256 << 20;
/// Ours: bytes of one segment.
pub(crate) const SEGMENT_BYTES_MAX: u64 = 4 << 20;
/// Ours: a longer line of a function is cut, bytes.
pub(crate) const LINE_BYTES_MAX: usize = 256 << 10;
/// Ours: text that waits to be written, KiB. Who writes more waits.
pub(crate) const WAITING_KIB_MAX: u32 = 16 << 10;
/// Ours: lines of a function wait so long for others, to be written with them.
pub(crate) const WRITE_DELAY: Duration = Duration::from_millis(5);
/// Ours: records read from the registry at once.
pub(crate) const REGISTRY_PAGE: usize = 500;
