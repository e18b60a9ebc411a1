//! What every journal must do. Each test opens its journals anew through `Open`, as a restart does.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Durability, FileJournal, Journal, JournalError, MemoryJournal, Position, Settings};

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
                Arc::new(FileJournal::open(&Settings::on_disk(folder.path(), *durability, 4096)).unwrap())
            }
        }
    }
}

fn append(journal: &dyn Journal, parts: &[&[u8]]) -> Position {
    let parts: Vec<Bytes> = parts.iter().map(|part| Bytes::copy_from_slice(part)).collect();
    journal.append(journal.tail(), &parts).unwrap().at
}

async fn safe(journal: &dyn Journal) {
    if let Some(durable) = journal.durable(journal.tail()) {
        durable.await.unwrap();
    }
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
        safe(&*journal).await;
        journal.close().unwrap();
        drop(journal);
        let journal = place.open();
        assert_eq!(records(&*journal, Position(0)), expected);
        let (at, record) = &expected[150];
        assert_eq!(records(&*journal, *at)[0], (*at, record.clone()));
        assert_eq!(journal.read(*at, 5).unwrap(), record);
        let length = u32::try_from(record.len()).unwrap();
        assert_eq!(journal.read(*at, length).unwrap(), record);
        append(&*journal, &[b"more"]);
        assert_eq!(records_when_written(&*journal).await.len(), 201);
    }
}

async fn records_when_written(journal: &dyn Journal) -> Vec<(Position, Bytes)> {
    safe(journal).await;
    records(journal, Position(0))
}

#[tokio::test]
async fn a_record_can_be_read_as_soon_as_it_is_accepted() {
    for place in places() {
        let journal = place.open();
        for number in 0..100_u32 {
            let text = number.to_string();
            let at = append(&*journal, &[b"a", text.as_bytes()]);
            assert_eq!(journal.read(at, 2).unwrap(), format!("a{text}"));
        }
    }
}

#[tokio::test]
async fn an_append_after_another_end_is_fenced() {
    for place in places() {
        let journal = place.open();
        let old = journal.tail();
        append(&*journal, &[b"x"]);
        assert_eq!(journal.append(old, &[Bytes::from_static(b"y")]).unwrap_err(), JournalError::Fenced);
        assert_eq!(records_when_written(&*journal).await.len(), 1);
    }
}

#[tokio::test]
async fn a_snapshot_replaces_the_older_one_and_what_it_covers_can_go() {
    for place in places() {
        let journal = place.open();
        assert_eq!(journal.snapshot().unwrap(), None);
        let positions: Vec<Position> = (0..100).map(|_| append(&*journal, &[&vec![7; 50_000]])).collect();
        safe(&*journal).await;
        journal.put_snapshot(positions[10], b"old").unwrap();
        journal.put_snapshot(positions[90], b"new").unwrap();
        // A hole: what is read later stands between stretches that go.
        let stretches = journal.stretches();
        let free = stretches.iter().filter(|one| one.end <= positions[90] && !one.contains(&positions[50]));
        journal.release(&free.map(|one| one.start).collect::<Vec<_>>());
        assert!(journal.stretches().len() < stretches.len());
        journal.close().unwrap();
        drop(journal);
        let journal = place.open();
        assert_eq!(journal.snapshot().unwrap(), Some((positions[90], Bytes::from_static(b"new"))));
        assert_eq!(records(&*journal, positions[90]).len(), 10);
        assert!(journal.read(positions[95], 50_000).is_ok());
        assert!(journal.read(positions[50], 50_000).is_ok(), "it was needed");
        assert!(journal.read(positions[0], 50_000).is_err(), "released");
        append(&*journal, &[b"more"]);
        safe(&*journal).await;
        assert_eq!(records(&*journal, positions[90]).len(), 11);
    }
}
