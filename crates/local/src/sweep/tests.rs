//! Sweeps over the engine itself.

use std::sync::atomic::{AtomicBool, Ordering};

use engine::{BlobId, Blobs as _, Error, Expect, RecordKey, Refusal, Registry as _};
use futures_util::stream::{self, StreamExt as _};
use testkit::SimulatedClock;

use super::*;
use crate::{Durability, Local, Settings, check};

struct Bench {
    folder: tempfile::TempDir,
    local: Arc<Local>,
}

impl Bench {
    fn open(folder: tempfile::TempDir) -> Self {
        let settings = Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Relaxed,
            partitions: 1,
            history: None,
        };
        let local = Local::open(&settings, Arc::new(SimulatedClock::default())).unwrap();
        Self { folder, local }
    }

    /// The same store, opened anew without having been closed, and swept.
    async fn killed(self) -> Self {
        let Self { folder, local } = self;
        drop(local);
        let bench = Self::open(folder);
        bench.local.blobs.sweep.over().await;
        bench
    }

    async fn store(&self) -> BlobId {
        let content = Bytes::from(vec![b'-'; limits::BLOB_WITHIN_ID_BYTES + 1]);
        self.local.put_blob(stream::iter([Ok(content)]).boxed()).await.unwrap().0
    }

    /// Names a blob in a record, in the midst of it.
    async fn name(&self, key: &str, blob: &BlobId) {
        let value = format!(r#"{{"sha256":"{}","blob":"{}"}}"#, "0a".repeat(32), blob.0);
        self.local.put(RecordKey::new(key), value.into(), Expect::Anything).await.unwrap();
    }

    async fn is_there(&self, blob: &BlobId) -> bool {
        match self.local.read_blob(blob, None).await {
            Ok(_) => true,
            Err(Error::Refused(Refusal::NoSuchBlob)) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_nothing_names_goes_with_the_next_start_and_is_counted_before() {
    let bench = Bench::open(tempfile::tempdir().unwrap());
    bench.local.blobs.sweep.over().await;
    let (kept, left, renamed, dropped) =
        (bench.store().await, bench.store().await, bench.store().await, bench.store().await);
    bench.name("a", &kept).await;
    bench.name("b", &dropped).await;
    bench.local.delete(RecordKey::new("b"), Expect::Anything).await.unwrap();
    bench.name("c", &renamed).await;
    // Not one of ours.
    let foreign = bench.folder.path().join("blobs/00/notes.txt");
    std::fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    std::fs::write(&foreign, "x").unwrap();
    std::fs::write(bench.folder.path().join("blobs/incoming/unfinished"), "x").unwrap();
    bench.local.shut_down().await.unwrap();
    let Bench { folder, local } = bench;
    drop(local);
    let size = limits::BLOB_WITHIN_ID_BYTES as u64 + 1;
    let checked = check(folder.path()).unwrap();
    assert_eq!((checked.unnamed_blobs, checked.unnamed_bytes), (3, 2 * size + 1));
    assert_eq!(checked.damage, Vec::<String>::new());

    let bench = Bench::open(folder).killed().await;
    for (blob, there) in [(&kept, true), (&renamed, true), (&left, false), (&dropped, false)] {
        assert_eq!(bench.is_there(blob).await, there);
    }
    assert!(foreign.exists());
    let Bench { folder, local } = bench;
    drop(local);
    assert_eq!(check(folder.path()).unwrap().unnamed_blobs, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_stored_or_renamed_while_it_sweeps_stays() {
    const LEFT: usize = 500;
    let bench = Bench::open(tempfile::tempdir().unwrap());
    for _ in 0..LEFT {
        bench.store().await;
    }
    let wandering = bench.store().await;
    bench.name("z", &wandering).await;
    let Bench { folder, local } = bench;
    drop(local);
    let bench = Arc::new(Bench::open(folder));
    let over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (bench, over) = (Arc::clone(&bench), Arc::clone(&over));
        let wandering = wandering.clone();
        async move {
            let mut stored = Vec::new();
            while !over.load(Ordering::Relaxed) || stored.len() < 10 {
                let blob = bench.store().await;
                // The record that names an old blob goes to and fro, behind the sweep and before it.
                let (from, to) = if stored.len() % 2 == 0 { ("z", "a") } else { ("a", "z") };
                bench.name(to, &wandering).await;
                bench.local.delete(RecordKey::new(from), Expect::Anything).await.unwrap();
                bench.name(&format!("m/{}", stored.len()), &blob).await;
                stored.push(blob);
            }
            stored
        }
    });
    bench.local.blobs.sweep.over().await;
    over.store(true, Ordering::Relaxed);
    let stored = writing.await.unwrap();
    for blob in stored.iter().chain([&wandering]) {
        assert!(bench.is_there(blob).await);
    }
    let kept = super::unnamed(bench.local.blobs.root(), std::iter::empty()).unwrap().blobs;
    assert_eq!(kept, stored.len() as u64 + 1, "the {LEFT} that nothing names are gone");
}

#[test]
fn a_name_is_found_wherever_it_stands() {
    let id = "0123456789abcdef0123456789abcdef";
    let found = |value: &str| {
        let mut found = Vec::new();
        names_in(value.as_bytes(), |name| found.push(hex::encode(name)));
        found
    };
    for value in [id.to_owned(), format!("{{\"blob\":\"{id}\"}}"), format!(" {id}1"), format!("ff{id}")] {
        assert!(found(&value).contains(&id.to_owned()), "{value}");
    }
    assert_eq!(found(&id[1..]), Vec::<String>::new());
    assert_eq!(found(&id.to_uppercase()), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_killed_process_kept_in_memory_leaves_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        folder: folder.path().to_path_buf(),
        durability: Durability::Memory,
        partitions: 1,
        history: None,
    };
    let open = || Local::open(&settings, Arc::new(SimulatedClock::default())).unwrap();
    let folders = || std::fs::read_dir(folder.path()).unwrap().count();
    std::fs::create_dir(folder.path().join("blobs-killed")).unwrap();
    let first = open();
    assert_eq!(folders(), 1, "the one of a killed process is gone");
    let second = open();
    assert_eq!(folders(), 2, "the one of a living process is not");
    drop((first, second));
    assert_eq!(folders(), 0);
}
