//! Snapshots of the registry that are taken while it changes.

use testkit::SimulatedClock;

use super::*;
use crate::{Durability, Settings};

const PAIRS: usize = 1500;
const ROUNDS: u8 = 3;
const SIZE: usize = 4000;

fn open(folder: &std::path::Path) -> Arc<Local> {
    let settings = Settings {
        folder: folder.to_path_buf(),
        durability: Durability::Relaxed,
        partitions: 1,
        history: None,
    };
    Local::open(&settings, Arc::new(SimulatedClock::default())).unwrap()
}

/// Two records far apart, so that no page of a snapshot has both.
fn pair(number: usize) -> [RecordKey; 2] {
    ["a", "z"].map(|half| RecordKey::new(format!("{half}/{number:04}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_snapshot_taken_while_records_change_together_is_one_moment_after_replay() {
    let folder = tempfile::tempdir().unwrap();
    let local = open(folder.path());
    let write = |parity: usize| {
        let local = Arc::clone(&local);
        tokio::spawn(async move {
            for round in 1..=ROUNDS {
                for number in (parity..PAIRS).step_by(2) {
                    let value = Bytes::from(vec![round; SIZE]);
                    let put = |key: RecordKey| Change::Put(key, value.clone(), Expect::Anything);
                    local.change(pair(number).map(put).into()).await.unwrap();
                }
            }
            for number in (parity..PAIRS).step_by(2).filter(|number| number % 3 == 0) {
                let delete = |key: RecordKey| Change::Delete(key, Expect::Anything);
                local.change(pair(number).map(delete).into()).await.unwrap();
            }
        })
    };
    for writer in [write(0), write(1)] {
        writer.await.unwrap();
    }
    let taken = local.registry.state().snapshot_at;
    assert!(taken.0 > limits::REGISTRY_SNAPSHOT_AFTER_BYTES, "a snapshot was taken");
    let revision = local.registry.state().revision;
    drop(local);
    let local = open(folder.path());
    for number in 0..PAIRS {
        let wanted = (number % 3 != 0).then(|| vec![ROUNDS; SIZE]);
        for key in pair(number) {
            let found = local.get(&key).await.unwrap();
            assert_eq!(found.map(|record| record.value.to_vec()), wanted, "{key}");
        }
    }
    assert_eq!(local.registry.state().revision, revision);
}
