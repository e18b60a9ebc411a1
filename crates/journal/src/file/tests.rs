//! What only files can suffer: torn tails, flipped bits, newer formats.

use super::*;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Fault, SimulatedDisk};

fn settings(folder: &Path) -> Settings {
    Settings::on_disk(folder, Durability::Fsync, 1 << 20)
}

fn record(number: usize) -> Vec<Bytes> {
    vec![format!("record {number}").into()]
}

fn filled(folder: &Path, records: usize) -> Vec<Position> {
    let journal = FileJournal::open_in_turns(&settings(folder)).unwrap();
    let positions = (0..records)
        .map(|number| {
            let at = journal.append(journal.tail(), &record(number)).unwrap();
            // One sync a record, so that each knows the one before it to be durable.
            journal.turn();
            at.at
        })
        .collect();
    journal.close().unwrap();
    positions
}

fn log(folder: &Path) -> PathBuf {
    folder.join("00000000000000000000.log")
}

fn reopened(folder: &Path) -> Result<usize, JournalError> {
    let journal = FileJournal::open(&settings(folder))?;
    let mut count = 0;
    journal.replay(Position(0), &mut |_, record| {
        assert_eq!(record, format!("record {count}"));
        count += 1;
        Ok(())
    })?;
    // It can be written to again, and what was cut off never comes back.
    journal.append(journal.tail(), &record(count))?;
    journal.close()?;
    Ok(count)
}

#[test]
fn a_log_cut_at_any_byte_keeps_every_whole_record() {
    let folder = tempfile::tempdir().unwrap();
    let positions = filled(folder.path(), 4);
    let whole = std::fs::read(log(folder.path())).unwrap();
    for length in usize::try_from(positions[1].0).unwrap()..whole.len() {
        std::fs::write(log(folder.path()), &whole[..length]).unwrap();
        let expected = positions[1..].iter().filter(|position| position.0 <= length as u64).count();
        assert_eq!(reopened(folder.path()).unwrap(), expected, "cut at {length}");
        assert_eq!(reopened(folder.path()).unwrap(), expected + 1, "after the cut at {length}");
    }
}

#[test]
fn a_flipped_bit_before_the_last_record_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let positions = filled(folder.path(), 4);
    let whole = std::fs::read(log(folder.path())).unwrap();
    let second = usize::try_from(positions[1].0).unwrap();
    for offset in second..usize::try_from(positions[2].0).unwrap() {
        let mut flipped = whole.clone();
        flipped[offset] ^= 1;
        std::fs::write(log(folder.path()), &flipped).unwrap();
        match reopened(folder.path()) {
            Err(JournalError::Corrupt { segment, offset: at, .. }) => {
                assert_eq!(
                    (segment.as_str(), at),
                    ("00000000000000000000.log", positions[1].0),
                    "bit at {offset}"
                );
            }
            other => panic!("bit at {offset}: {other:?}"),
        }
    }
}

#[test]
fn zeros_behind_the_last_record_are_the_end() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 3);
    let mut bytes = std::fs::read(log(folder.path())).unwrap();
    bytes.extend([0; 1000]);
    std::fs::write(log(folder.path()), &bytes).unwrap();
    assert_eq!(reopened(folder.path()).unwrap(), 3);
}

#[test]
fn a_newer_format_and_a_damaged_snapshot_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 1);
    snapshot::put(&RealDisk, folder.path(), Position(16), b"state").unwrap();
    let path = folder.path().join("snapshot");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(snapshot::newest(&RealDisk, folder.path()), Err(JournalError::Corrupt { .. })));
    std::fs::remove_file(&path).unwrap();
    let mut bytes = std::fs::read(log(folder.path())).unwrap();
    bytes[4] = 9;
    std::fs::write(log(folder.path()), &bytes).unwrap();
    assert_eq!(reopened(folder.path()), Err(JournalError::NewerFormat { found: 9, known: 1 }));
}

/// What a journal over a simulated disk was told, and what it promised.
struct Run {
    acknowledged: usize,
    failed: Option<JournalError>,
}

fn simulated(disk: &SimulatedDisk) -> Settings {
    let disk = Arc::new(disk.clone());
    Settings { folder: PathBuf::from("/log"), durability: Durability::Fsync, segment_bytes_max: 200, disk }
}

/// Appends records, two a turn, until there are enough or the journal fails.
fn run(disk: &SimulatedDisk, from: usize, records: usize) -> Run {
    let mut run = Run { acknowledged: from, failed: None };
    let journal = match FileJournal::open_in_turns(&simulated(disk)) {
        Ok(journal) => journal,
        Err(error) => return Run { failed: Some(error), ..run },
    };
    for number in (from..from + records).step_by(2) {
        for number in [number, number + 1] {
            if let Err(error) = journal.append(journal.tail(), &record(number)) {
                return Run { failed: Some(error), ..run };
            }
        }
        journal.turn();
        if journal.durable(journal.tail()).is_none() {
            run.acknowledged = number + 2;
        }
    }
    run.failed = journal.append(journal.tail(), &record(from + records)).err();
    run
}

fn stored(disk: &SimulatedDisk) -> Result<usize, JournalError> {
    let journal = FileJournal::open_in_turns(&simulated(disk))?;
    let mut count = 0;
    journal.replay(Position(0), &mut |_, bytes| {
        assert_eq!([bytes], *record(count), "records come back in order, whole, once");
        count += 1;
        Ok(())
    })?;
    Ok(count)
}

/// A generator of choices that is the same for the same seed.
fn choices(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 1).unwrap() % below.max(1)
    }
}

#[test]
fn a_power_loss_at_any_operation_loses_nothing_that_was_acknowledged() {
    let whole = SimulatedDisk::default();
    run(&whole, 0, 40);
    for operation in 1..=whole.operations() {
        for seed in 0..20 {
            let disk = SimulatedDisk::default();
            disk.fail(Some(Fault::From { operation, kind: std::io::ErrorKind::Other }));
            let before = run(&disk, 0, 40);
            disk.fail(None);
            disk.lose_power(&mut choices(seed * 1000 + operation));
            let after =
                stored(&disk).unwrap_or_else(|error| panic!("operation {operation}, seed {seed}: {error}"));
            assert!(
                after >= before.acknowledged,
                "operation {operation}, seed {seed}: {after} of {}",
                before.acknowledged
            );
            assert!(run(&disk, after, 4).failed.is_none(), "it goes on");
            assert_eq!(stored(&disk).unwrap(), after + 4);
        }
    }
}

#[test]
fn a_failed_write_or_sync_ends_acceptance_until_the_journal_is_opened_anew() {
    use std::io::ErrorKind::{Other, StorageFull};
    let whole = SimulatedDisk::default();
    run(&whole, 0, 40);
    for operation in 1..=whole.operations() {
        for (kind, written) in [(StorageFull, 0), (StorageFull, 7), (Other, 3), (Other, usize::MAX)] {
            let disk = SimulatedDisk::default();
            disk.fail(Some(Fault::At { operation, kind, written }));
            let before = run(&disk, 0, 40);
            // The disk works again at once; the journal must not go on as if nothing had happened.
            let syncs = disk.syncs();
            match before.failed {
                Some(JournalError::Unknown(reason) | JournalError::Io(reason)) => {
                    assert!(reason.contains("/log"), "the reason names the file: {reason}");
                }
                other => panic!("operation {operation}: {other:?}"),
            }
            let after = stored(&disk).unwrap();
            assert!(
                after >= before.acknowledged,
                "operation {operation}: {after} of {}",
                before.acknowledged
            );
            assert!(disk.syncs() >= syncs && run(&disk, after, 4).failed.is_none(), "it comes back clean");
        }
    }
}

#[test]
fn a_bit_flipped_anywhere_is_never_served() {
    let whole = SimulatedDisk::default();
    run(&whole, 0, 20);
    let mut refused = 0;
    for path in whole.files() {
        for byte in 0..whole.bytes(&path).unwrap().len() {
            let disk = SimulatedDisk::default();
            run(&disk, 0, 20);
            disk.flip(&path, byte, 3);
            let verified = verify(Arc::new(disk.clone()), Path::new("/log"), &mut |_, _| {});
            let found = verified.map_or(true, |verified| !verified.damage.is_empty() || verified.torn > 0);
            assert!(found, "{} byte {byte}: the check finds it", path.display());
            // Either it is found and named, or what it hit was behind the last sync that another record knows of.
            match stored(&disk) {
                Ok(count) => assert!(count >= 18, "{} byte {byte}: only {count} left", path.display()),
                Err(JournalError::Corrupt { segment, .. }) => {
                    assert!(path.ends_with(&segment) || path.display().to_string() == segment);
                    refused += 1;
                }
                Err(JournalError::NewerFormat { .. }) => refused += 1,
                Err(other) => panic!("{} byte {byte}: {other}", path.display()),
            }
        }
    }
    assert!(refused > 500, "most damage stops the journal: {refused}");
}

#[test]
fn those_who_wait_together_share_one_sync() {
    let disk = SimulatedDisk::default();
    let journal =
        FileJournal::open_in_turns(&Settings { segment_bytes_max: 1 << 20, ..simulated(&disk) }).unwrap();
    let syncs = disk.syncs();
    for number in 0..64 {
        journal.append(journal.tail(), &record(number)).unwrap();
    }
    journal.turn();
    assert_eq!(disk.syncs(), syncs + 1);
    assert!(journal.durable(journal.tail()).is_none());
}

#[test]
fn a_prepared_file_full_of_zeros_becomes_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let small = Settings { segment_bytes_max: 4096, ..settings(folder.path()) };
    let journal = FileJournal::open_in_turns(&small).unwrap();
    journal.segments.prepare(4096).unwrap();
    for number in 0..200 {
        journal.append(journal.tail(), &record(number)).unwrap();
        journal.turn();
    }
    let second = &journal.stretches()[1];
    let length = std::fs::metadata(folder.path().join(format!("{:020}.log", second.start.0))).unwrap().len();
    assert!(length >= 4096, "it has its whole length from the start");
    drop(journal);
    assert_eq!(reopened(folder.path()).unwrap(), 200, "as after kill -9");
}

#[test]
fn a_file_that_is_prepared_while_one_is_begun_is_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let journal = FileJournal::open_in_turns(&settings(folder.path())).unwrap();
    let (segments, ended) = (&journal.segments, AtomicBool::new(false));
    let make = |number: u64| {
        let segment = segments.create(number * 4096)?;
        segment.file.write_all_at(b"written", 16).unwrap();
        Ok(segment)
    };
    let begun: Result<Vec<_>, JournalError> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                segments.prepare(4096).unwrap();
            }
        });
        let begun = (1..=50).map(make).collect();
        ended.store(true, Ordering::Relaxed);
        begun
    });
    for segment in begun.unwrap() {
        let mut bytes = [0; 23];
        segment.file.read_exact_at(&mut bytes, 0).unwrap();
        assert_eq!(bytes[..16], format::segment_head(segment.base), "{}", segment.name());
        assert_eq!(&bytes[16..], b"written", "{}", segment.name());
        assert_eq!(std::fs::read(&segment.path).unwrap()[..23], bytes, "its name is its own");
    }
}
