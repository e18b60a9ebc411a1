//! The disk's ceiling: a bare loop that writes as many records as there are writers into a file that was filled with
//! zeros before, and syncs once for all of them. No locks, no checksums, no state: no journal can be faster with the
//! same number of waiting writers, but for overlapping a write with a sync.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

const FILE_BYTES: u64 = 64 << 20;

/// Durable records a second, if so many writers wait for each sync.
pub(crate) fn records_per_second(
    folder: &Path,
    writers: usize,
    record_bytes: usize,
    measured: Duration,
) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir_in(folder)?;
    let file = File::create(folder.path().join("log"))?;
    let zeros = vec![0; 1 << 20];
    for place in 0..FILE_BYTES >> 20 {
        file.write_all_at(&zeros, place << 20)?;
    }
    file.sync_all()?;
    let batch = vec![7; writers * record_bytes];
    let (mut offset, mut records) = (0, 0_u64);
    let begun = Instant::now();
    while begun.elapsed() < measured {
        file.write_all_at(&batch, offset)?;
        file.sync_data()?;
        offset += batch.len() as u64;
        if offset + batch.len() as u64 > FILE_BYTES {
            offset = 0;
        }
        records += writers as u64;
    }
    Ok(records as f64 / begun.elapsed().as_secs_f64())
}
