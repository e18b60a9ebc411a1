//! What only files can suffer: torn tails, flipped bits, newer formats.

use super::*;

fn filled(folder: &Path, records: usize) -> Vec<Position> {
    let journal = FileJournal::open(folder, Durability::Fsync, 1 << 20).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let positions = (0..records)
        .map(|number| {
            let at = journal.append(journal.tail(), &[format!("record {number}").as_bytes()]).unwrap();
            // One sync a record, so that each knows the one before it to be durable.
            runtime.block_on(journal.durable(at.end)).unwrap();
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
    let journal = FileJournal::open(folder, Durability::Fsync, 1 << 20)?;
    let mut count = 0;
    journal.replay(Position(0), &mut |_, record| {
        assert_eq!(record, format!("record {count}"));
        count += 1;
        Ok(())
    })?;
    // It can be written to again, and what was cut off never comes back.
    journal.append(journal.tail(), &[format!("record {count}").as_bytes()])?;
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
    snapshot::put(folder.path(), Position(16), b"state").unwrap();
    let path = folder.path().join("snapshot");
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(snapshot::newest(folder.path()), Err(JournalError::Corrupt { .. })));
    let mut bytes = std::fs::read(log(folder.path())).unwrap();
    bytes[4] = 9;
    std::fs::write(log(folder.path()), &bytes).unwrap();
    assert_eq!(reopened(folder.path()), Err(JournalError::NewerFormat { found: 9, known: 1 }));
}
