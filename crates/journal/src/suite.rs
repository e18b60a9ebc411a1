//! What every journal must do. Each test opens its journals anew through `Open`, as a restart does.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Durability, FileJournal, Journal, JournalError, MemoryJournal, Position};

/// A place to open a journal in, again and again.
enum Place {
    Memory(Arc<MemoryJournal>),
    Folder(tempfile::TempDir, Durability),
}

fn places() -> [Place; 3] {
    let folder = || tempfile::tempdir().unwrap();
    [
        Place::Memory(Arc::default()),
        Place::Folder(folder(), Durability::Fsync),
        Place::Folder(folder(), Durability::Relaxed),
    ]
}

impl Place {
    fn open(&self) -> Arc<dyn Journal> {
        match self {
            Self::Memory(journal) => Arc::clone(journal) as Arc<dyn Journal>,
            Self::Folder(folder, durability) => {
                Arc::new(FileJournal::open(folder.path(), *durability, 4096).unwrap())
            }
        }
    }
}

fn append(journal: &dyn Journal, parts: &[&[u8]]) -> Position {
    journal.append(journal.tail(), parts).unwrap().at
}

fn records(journal: &dyn Journal, from: Position) -> Vec<(Position, Bytes)> {
    let mut records = Vec::new();
    journal
        .replay(from, &mut |position, record| {
            records.push((position, record));
            Ok(())
        })
        .unwrap();
    records
}

#[tokio::test]
async fn records_come_back_in_order_after_a_restart() {
    for place in places() {
        let journal = place.open();
        let mut expected = Vec::new();
        for number in 0..200_u32 {
            let text = format!("record {number}").repeat(5);
            let at = append(&*journal, &[b"head ", text.as_bytes()]);
            expected.push((at, Bytes::from(format!("head {text}"))));
        }
        journal.durable(journal.tail()).await.unwrap();
        journal.close().unwrap();
        drop(journal);
        let journal = place.open();
        assert_eq!(records(&*journal, Position(0)), expected);
        let (at, record) = &expected[150];
        assert_eq!(records(&*journal, *at)[0], (*at, record.clone()));
        assert_eq!(journal.read(*at, 5, 6).unwrap(), record.slice(5..11));
        append(&*journal, &[b"more"]);
        assert_eq!(records_when_written(&*journal).await.len(), 201);
    }
}

async fn records_when_written(journal: &dyn Journal) -> Vec<(Position, Bytes)> {
    journal.durable(journal.tail()).await.unwrap();
    records(journal, Position(0))
}

#[tokio::test]
async fn a_record_can_be_read_as_soon_as_it_is_accepted() {
    for place in places() {
        let journal = place.open();
        for number in 0..100_u32 {
            let text = number.to_string();
            let at = append(&*journal, &[b"a", text.as_bytes()]);
            let length = u32::try_from(text.len()).unwrap();
            assert_eq!(journal.read(at, 1, length).unwrap(), text);
        }
    }
}

#[tokio::test]
async fn an_append_after_another_end_is_fenced() {
    for place in places() {
        let journal = place.open();
        let old = journal.tail();
        append(&*journal, &[b"x"]);
        assert_eq!(journal.append(old, &[b"y"]).unwrap_err(), JournalError::Fenced);
        assert_eq!(records_when_written(&*journal).await.len(), 1);
    }
}

#[tokio::test]
async fn a_snapshot_replaces_the_older_one_and_trimming_keeps_what_follows() {
    for place in places() {
        let journal = place.open();
        assert_eq!(journal.snapshot().unwrap(), None);
        let positions: Vec<Position> = (0..100).map(|_| append(&*journal, &[&[7; 200]])).collect();
        journal.durable(journal.tail()).await.unwrap();
        journal.put_snapshot(positions[10], b"old").unwrap();
        journal.put_snapshot(positions[90], b"new").unwrap();
        journal.trim(positions[90]);
        journal.close().unwrap();
        drop(journal);
        let journal = place.open();
        assert_eq!(journal.snapshot().unwrap(), Some((positions[90], Bytes::from_static(b"new"))));
        assert_eq!(records(&*journal, positions[90]).len(), 10);
        assert!(journal.read(positions[95], 0, 200).is_ok());
        assert!(journal.read(positions[0], 0, 200).is_err(), "trimmed");
    }
}
