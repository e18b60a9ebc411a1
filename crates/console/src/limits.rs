//! The console's own bounds.

use std::time::Duration;

/// Pages that are kept up to date at once. Beyond, a page stays as it was loaded.
pub(crate) const STREAMS_MAX: usize = 256;
/// How often a page that is looked at is drawn anew.
pub(crate) const REDRAW_EVERY: Duration = Duration::from_secs(1);
/// A stream that has nothing to say still says so.
pub(crate) const STILL_THERE_EVERY: u32 = 15;
/// A form, bytes: a message of a mebibyte, each byte escaped.
pub(crate) const FORM_BYTES_MAX: usize = 4 << 20;
/// Rows of a list.
pub(crate) const ROWS: usize = 50;
/// Messages of a queue at once.
pub(crate) const MESSAGES: usize = 20;
/// Hops of a journey at once.
pub(crate) const HOPS: usize = 250;
/// Lines of a log at once.
pub(crate) const LOG_LINES: usize = 300;
/// Bytes of a text that are shown; the rest is said to be left out.
pub(crate) const SHOWN_BYTES: usize = 64 << 10;
/// Bytes of an object that are read to be shown.
pub(crate) const OBJECT_BYTES: usize = 256 << 10;
/// Versions of an object at once.
pub(crate) const VERSIONS: usize = 100;
/// Nodes of the map.
pub(crate) const NODES_MAX: usize = 120;
/// How often counts are taken.
pub(crate) const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// How many counts are kept: an hour.
pub(crate) const SAMPLES_MAX: u64 = 720;
/// Changes of one resource that are kept.
pub(crate) const CHANGES_MAX: usize = 720;
/// Counts that are younger are not taken again.
pub(crate) const FRESH: Duration = Duration::from_millis(800);
/// Steps at which what is started may end, in the form's list.
pub(crate) const ENDS_MAX: usize = 50;
/// Flows between nodes of the map: failures and the busiest first.
pub(crate) const FLOWS_MAX: usize = 1_000;
