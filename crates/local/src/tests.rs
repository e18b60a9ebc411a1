//! The engine as services use it, on a clock that is set by hand; restarts open the same folder anew.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use engine::{
    BlobId, Blobs as _, ByteRange, Change, Commit, DeadLetter, Delivery, Enqueue, Error, Expect, MessageId,
    Moving, NewMessage, QueueKey, QueueKind, QueueSettings, Queues as _, Receive, RecordKey, Refusal,
    Registry as _, Settle, Settlement,
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use partition::partition_of;
use testkit::SimulatedClock;

use crate::{Durability, Local, OpenError, Settings, limits};

const PARTITIONS: u16 = 4;

struct Bench {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
    local: Arc<Local>,
}

fn settings(folder: &std::path::Path) -> Settings {
    Settings {
        folder: folder.to_path_buf(),
        durability: Durability::Fsync,
        partitions: PARTITIONS,
        history: None,
    }
}

fn queue_settings() -> QueueSettings {
    QueueSettings {
        kind: QueueKind::Standard,
        delay_seconds: 0,
        retention_seconds: 345_600,
        visibility_timeout_seconds: 30,
        dead_letter: None,
        in_flight_max: 120_000,
    }
}

fn key(name: &str) -> QueueKey {
    QueueKey::new(name)
}

fn enqueue(queue: &str, body: &str) -> Enqueue {
    let message = NewMessage {
        id: MessageId(rand::random()),
        content: Bytes::copy_from_slice(body.as_bytes()),
        delay_seconds: None,
        group: None,
        deduplication_id: None,
    };
    Enqueue { queue: key(queue), message }
}

fn receive(queue: &str, wait_seconds: u64) -> Receive {
    Receive {
        queue: key(queue),
        max_messages: 10,
        visibility_timeout_seconds: None,
        wait: Duration::from_secs(wait_seconds),
        attempt_id: None,
    }
}

fn bodies(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| std::str::from_utf8(&delivery.content).unwrap()).collect()
}

impl Bench {
    async fn with(queues: &[&str]) -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), SimulatedClock::default());
        let local = Local::open(&settings(folder.path()), Arc::new(clock.clone())).unwrap();
        let bench = Self { folder, clock, local };
        for queue in queues {
            bench.local.create_queue(key(queue), queue_settings(), Bytes::new()).await.unwrap();
        }
        bench
    }

    async fn send(&self, queue: &str, body: &str) {
        self.local.commit(Commit { home: None, enqueue: vec![enqueue(queue, body)] }).await.unwrap();
    }

    async fn take(&self, queue: &str) -> Vec<Delivery> {
        self.local.receive(receive(queue, 0)).await.unwrap()
    }

    /// Ends cleanly and opens the folder again.
    async fn restarted(mut self) -> Self {
        self.local.shut_down().await.unwrap();
        let Self { folder, clock, local } = self;
        drop(local);
        let local = Local::open(&settings(folder.path()), Arc::new(clock.clone())).unwrap();
        self = Self { folder, clock, local };
        self
    }

    /// What a killed process leaves: a copy of the folder as it is now, opened by another engine.
    fn killed(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        let local = Local::open(&settings(folder.path()), Arc::new(self.clock.clone())).unwrap();
        Self { folder, clock: self.clock.clone(), local }
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            std::fs::create_dir_all(to.join(&name)).unwrap();
            copy(&path, &to.join(&name));
        } else {
            std::fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

/// Two queues that lie in different partitions.
fn apart() -> (String, String) {
    let first = "queue-0".to_owned();
    let other = (1..).map(|number| format!("queue-{number}"));
    let home = partition_of(&first, PARTITIONS);
    let second = other.into_iter().find(|name| partition_of(name, PARTITIONS) != home).unwrap();
    (first, second)
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart_and_after_a_kill() {
    let bench = Bench::with(&["q"]).await;
    for body in ["a", "b", "c"] {
        bench.send("q", body).await;
    }
    let taken = bench.take("q").await;
    assert_eq!(bodies(&taken), ["a", "b", "c"]);
    let done = Settlement { receipt_handle: taken[1].receipt_handle.clone(), settle: Settle::Delete };
    assert_eq!(bench.local.settle(key("q"), vec![done]).await.unwrap(), [Ok(())]);
    let killed = bench.killed();
    for again in [killed.restarted().await, bench.restarted().await] {
        again.clock.advance(Duration::from_secs(30));
        assert_eq!(bodies(&again.take("q").await), ["a", "c"]);
        let handle = Settlement { receipt_handle: taken[0].receipt_handle.clone(), settle: Settle::Delete };
        let old = again.local.settle(key("q"), vec![handle]).await.unwrap();
        assert_eq!(old, [Ok(())], "an old handle is known, and deletes nothing");
        assert_eq!(again.local.counts(&key("q")).await.unwrap().not_visible, 2);
    }
}

#[tokio::test]
async fn a_long_poll_is_answered_by_a_send_and_each_message_wakes_one() {
    let bench = Bench::with(&["q"]).await;
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let local = Arc::clone(&bench.local);
            tokio::spawn(async move { local.receive(receive("q", 20)).await.unwrap() })
        })
        .collect();
    while bench.local.cells.iter().map(|cell| cell.state().lines.waiting()).sum::<usize>() < 3 {
        tokio::task::yield_now().await;
    }
    bench.send("q", "a").await;
    bench.send("q", "b").await;
    while waiting.iter().filter(|waiter| waiter.is_finished()).count() < 2 {
        tokio::task::yield_now().await;
    }
    bench.clock.advance(Duration::from_secs(20));
    let mut received = Vec::new();
    for waiter in waiting {
        received.push(waiter.await.unwrap().len());
    }
    received.sort_unstable();
    assert_eq!(received, [0, 1, 1]);
}

#[tokio::test]
async fn a_long_poll_wakes_for_delayed_and_returning_messages() {
    let bench = Bench::with(&["q"]).await;
    let mut delayed = enqueue("q", "late");
    delayed.message.delay_seconds = Some(5);
    bench.local.commit(Commit { home: None, enqueue: vec![delayed] }).await.unwrap();
    for seconds in [5, 30] {
        let local = Arc::clone(&bench.local);
        let mut waiting = tokio::spawn(async move { local.receive(receive("q", 100)).await.unwrap() });
        // The clock may move before the receiver is parked: it then finds the message at once.
        tokio::task::yield_now().await;
        bench.clock.advance(Duration::from_secs(seconds));
        assert_eq!(bodies(&(&mut waiting).await.unwrap()), ["late"]);
    }
}

#[tokio::test]
async fn a_receiver_that_gives_up_loses_no_message() {
    let bench = Bench::with(&["q"]).await;
    let mut first = bench.local.receive(receive("q", 20));
    let mut second = bench.local.receive(receive("q", 20));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    bench.send("q", "a").await;
    drop(first);
    assert_eq!(bodies(&second.await.unwrap()), ["a"], "the wake-up went to the next in line");
}

#[tokio::test]
async fn a_receiver_that_leaves_before_it_is_told_hides_no_message() {
    let bench = Bench::with(&["q"]).await;
    bench.send("q", "a").await;
    for wait_seconds in [0, 20] {
        let mut lost = bench.local.receive(receive("q", wait_seconds));
        assert!(futures_util::poll!(&mut lost).is_pending());
        assert_eq!(bench.local.counts(&key("q")).await.unwrap().not_visible, 1, "decided, not told yet");
        let mut next = bench.local.receive(receive("q", 20));
        assert!(futures_util::poll!(&mut next).is_pending(), "in line");
        drop(lost);
        let delivery = next.await.unwrap().remove(0);
        assert_eq!((&*delivery.content, delivery.receive_count % 2), (&b"a"[..], 0));
        let back =
            Settlement { receipt_handle: delivery.receipt_handle, settle: Settle::VisibleIn { seconds: 0 } };
        bench.local.settle(key("q"), vec![back]).await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_receive_attempt_of_a_fifo_queue_is_repeated_at_once() {
    let bench = Bench::with(&[]).await;
    let kind = QueueKind::Fifo(engine::DeduplicationScope::Queue);
    bench
        .local
        .create_queue(key("q"), QueueSettings { kind, ..queue_settings() }, Bytes::new())
        .await
        .unwrap();
    for body in ["a", "b"] {
        let mut sent = enqueue("q", body);
        (sent.message.group, sent.message.deduplication_id) = (Some("g".into()), Some(body.into()));
        bench.local.commit(Commit { home: None, enqueue: vec![sent] }).await.unwrap();
    }
    let attempt = || Receive { attempt_id: Some("attempt".into()), ..receive("q", 0) };
    let mut lost = bench.local.receive(attempt());
    assert!(futures_util::poll!(&mut lost).is_pending());
    drop(lost);
    assert_eq!(bodies(&bench.local.receive(attempt()).await.unwrap()), ["a", "b"]);
}

#[tokio::test]
async fn a_long_poll_at_the_in_flight_limit_is_answered_once_there_is_room() {
    for kind in [QueueKind::Standard, QueueKind::Fifo(engine::DeduplicationScope::Queue)] {
        let bench = Bench::with(&[]).await;
        let settings = QueueSettings { in_flight_max: 1, kind, ..queue_settings() };
        bench.local.create_queue(key("q"), settings, Bytes::new()).await.unwrap();
        for name in ["first", "second"] {
            let mut sent = enqueue("q", name);
            sent.message.group = Some(name.into());
            bench.local.commit(Commit { home: None, enqueue: vec![sent] }).await.unwrap();
        }
        let first = bench.take("q").await.remove(0);
        let local = Arc::clone(&bench.local);
        let mut poll = Box::pin(async move { local.receive(receive("q", 20)).await.unwrap() });
        assert!(futures_util::poll!(&mut poll).is_pending());
        let done = Settlement { receipt_handle: first.receipt_handle, settle: Settle::Delete };
        bench.local.settle(key("q"), vec![done]).await.unwrap();
        assert_eq!(bodies(&poll.await), ["second"], "{kind:?}");
    }
}

#[tokio::test]
async fn deleting_a_queue_ends_its_long_polls() {
    let bench = Bench::with(&["q"]).await;
    let mut waiting = bench.local.receive(receive("q", 20));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    bench.local.delete_queue(key("q")).await.unwrap();
    assert!(matches!(waiting.await, Err(Error::Refused(Refusal::NoSuchQueue(_)))));
}

#[tokio::test]
async fn a_commit_reaches_queues_of_all_partitions_even_if_killed_in_between() {
    let (near, far) = apart();
    let bench = Bench::with(&[&near, &far]).await;
    let both =
        Commit { home: Some(near.as_str().into()), enqueue: vec![enqueue(&near, "x"), enqueue(&far, "y")] };
    bench.local.commit(both).await.unwrap();
    let killed = bench.killed();
    for bench in [killed, bench] {
        assert_eq!(bodies(&bench.take(&near).await), ["x"]);
        let local = Arc::clone(&bench.local);
        let arrived = local.receive(receive(&far, 20)).await.unwrap();
        assert_eq!(bodies(&arrived), ["y"], "exactly once");
        bench.local.shut_down().await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_into_a_missing_queue_stores_nothing() {
    let (near, far) = apart();
    let bench = Bench::with(&[&near]).await;
    let commit = Commit { home: None, enqueue: vec![enqueue(&near, "x"), enqueue(&far, "y")] };
    let refused = bench.local.commit(commit).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NoSuchQueue(missing))) if missing == key(&far)));
    assert!(bench.take(&near).await.is_empty());
}

#[tokio::test]
async fn dead_letters_cross_partitions() {
    let (source, dead) = apart();
    let bench = Bench::with(&[&dead]).await;
    let dead_letter = Some(DeadLetter { target: key(&dead), max_receive_count: 1 });
    let settings = QueueSettings { dead_letter, ..queue_settings() };
    bench.local.create_queue(key(&source), settings, Bytes::new()).await.unwrap();
    bench.send(&source, "poison").await;
    assert_eq!(bench.take(&source).await.len(), 1);
    bench.clock.advance(Duration::from_secs(30));
    assert!(bench.take(&source).await.is_empty());
    let moved = bench.local.receive(receive(&dead, 20)).await.unwrap();
    assert_eq!(bodies(&moved), ["poison"]);
    assert_eq!((moved[0].receive_count, moved[0].dead_letter_source.clone()), (2, Some(key(&source))));
}

#[tokio::test]
async fn a_message_moved_into_another_partition_is_in_one_queue_even_if_killed_in_between() {
    let (dead, other) = apart();
    let bench = Bench::with(&[&dead, &other]).await;
    bench.send(&dead, "again").await;
    let ids = vec![MessageId(rand::random())];
    let moving = Moving { queue: key(&dead), to: Some(key(&other)), ids, through: None };
    assert_eq!(bench.local.move_messages(moving).await.unwrap().moved, 1);
    let killed = bench.killed();
    for bench in [killed, bench] {
        let local = Arc::clone(&bench.local);
        assert_eq!(bodies(&local.receive(receive(&other, 20)).await.unwrap()), ["again"]);
        assert!(bench.take(&dead).await.is_empty() && bench.take(&other).await.is_empty(), "exactly once");
        bench.local.shut_down().await.unwrap();
    }
}

#[tokio::test]
async fn junk_handles_are_refused_one_by_one() {
    let bench = Bench::with(&["q"]).await;
    bench.send("q", "a").await;
    let good = bench.take("q").await.remove(0).receipt_handle;
    let settle = |handle: &str| Settlement { receipt_handle: handle.to_owned(), settle: Settle::Delete };
    let results = bench.local.settle(key("q"), vec![settle("junk"), settle(&good)]).await.unwrap();
    assert_eq!(results, [Err(Refusal::InvalidReceiptHandle), Ok(())]);
}

#[tokio::test]
async fn changes_of_records_happen_together_or_not_at_all_even_if_killed_in_between() {
    let bench = Bench::with(&[]).await;
    let (a, b, c) = (RecordKey::new("a"), RecordKey::new("b"), RecordKey::new("c"));
    let value = Bytes::from_static(b"v");
    let first = bench.local.put(a.clone(), value.clone(), Expect::Absent).await.unwrap();
    let mut watch = bench.local.watch("b");
    let refused = vec![
        Change::Delete(a.clone(), Expect::Anything),
        Change::Put(b.clone(), value.clone(), Expect::Absent),
        Change::Check(c.clone(), Expect::Revision(1)),
    ];
    let refused = bench.local.change(refused).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(Refusal::RecordChanged(key)) if key == c));
    assert!(bench.local.get(&a).await.unwrap().is_some() && bench.local.get(&b).await.unwrap().is_none());
    let made = vec![
        Change::Delete(a.clone(), Expect::Revision(first)),
        Change::Put(b.clone(), value.clone(), Expect::Absent),
        Change::Put(c.clone(), value.clone(), Expect::Anything),
    ];
    bench.local.change(made).await.unwrap();
    assert!(watch.changed().await, "who watches one of them is told");
    let bench = bench.killed();
    assert!(bench.local.get(&a).await.unwrap().is_none());
    let (b, c) = (bench.local.get(&b).await.unwrap().unwrap(), bench.local.get(&c).await.unwrap().unwrap());
    assert!(first < b.revision && b.revision < c.revision);
    let later = bench.local.put(a, value, Expect::Absent).await.unwrap();
    assert!(later > c.revision, "revisions are never given twice");
}

#[tokio::test]
async fn the_registry_keeps_revisions_and_survives_a_restart() {
    let bench = Bench::with(&[]).await;
    let record = |name: &str| RecordKey::new(format!("sns/topic/{name}"));
    let value = Bytes::from_static(b"v");
    let first = bench.local.put(record("a"), value.clone(), Expect::Absent).await.unwrap();
    assert!(bench.local.put(record("a"), value.clone(), Expect::Absent).await.is_err());
    let second = bench.local.put(record("a"), value.clone(), Expect::Revision(first)).await.unwrap();
    assert!(second > first);
    bench.local.put(record("b"), value.clone(), Expect::Anything).await.unwrap();
    bench.local.put(RecordKey::new("sns/z"), value.clone(), Expect::Anything).await.unwrap();
    bench.local.delete(record("c"), Expect::Anything).await.unwrap();
    let bench = bench.restarted().await.killed();
    let page = bench.local.list("sns/topic/", None, 10).await.unwrap();
    let names: Vec<&str> = page.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(names, ["sns/topic/a", "sns/topic/b"]);
    assert_eq!(page[0].revision, second);
    assert_eq!(bench.local.list("sns/topic/", Some("sns/topic/a"), 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_watcher_hears_of_its_prefix_only() {
    let bench = Bench::with(&[]).await;
    let mut watch = bench.local.watch("a/");
    bench.local.put(RecordKey::new("b/1"), Bytes::new(), Expect::Anything).await.unwrap();
    assert!(futures_util::poll!(watch.changed()).is_pending());
    bench.local.put(RecordKey::new("a/1"), Bytes::new(), Expect::Anything).await.unwrap();
    assert!(watch.changed().await);
    bench.local.shut_down().await.unwrap();
    assert!(!watch.changed().await);
}

/// Pieces of a blob on its way in.
fn pieces(pieces: Vec<std::io::Result<Bytes>>) -> engine::BlobStream {
    stream::iter(pieces).boxed()
}

async fn read(bench: &Bench, id: &BlobId, range: Option<ByteRange>) -> Vec<u8> {
    let stream = bench.local.read_blob(id, range).await.unwrap();
    stream.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

#[tokio::test]
async fn blobs_are_whole_or_not_there() {
    let bench = Bench::with(&[]).await;
    let long = || Bytes::from(vec![b'-'; limits::BLOB_WITHIN_ID_BYTES]);
    let given = pieces(vec![Ok(Bytes::from_static(b"hello")), Ok(long()), Ok(Bytes::from_static(b"world"))]);
    let (id, length) = bench.local.put_blob(given).await.unwrap();
    assert_eq!(length, 10 + limits::BLOB_WITHIN_ID_BYTES as u64);
    let broken = pieces(vec![Ok(long()), Ok(long()), Err(std::io::Error::other("cut off"))]);
    assert!(bench.local.put_blob(broken).await.is_err());
    let incoming = bench.folder.path().join("blobs/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0, "nothing is left of it");
    let bench = bench.restarted().await;
    assert_eq!(read(&bench, &id, None).await, [b"hello", &*long(), b"world"].concat());
    assert_eq!(read(&bench, &id, Some(ByteRange { start: 3, length: 4 })).await, b"lo--");
    bench.local.delete_blob(&id).await.unwrap();
    bench.local.delete_blob(&id).await.unwrap();
    assert!(matches!(bench.local.read_blob(&id, None).await, Err(Error::Refused(Refusal::NoSuchBlob))));
}

#[tokio::test]
async fn a_small_blob_needs_no_file() {
    let bench = Bench::with(&[]).await;
    let whole = vec![b'x'; limits::BLOB_WITHIN_ID_BYTES];
    for content in [&b""[..], b"hello world", &whole] {
        let halves = content.split_at(content.len() / 2);
        let given = [halves.0, halves.1].map(|half| Ok(Bytes::copy_from_slice(half)));
        let (id, length) = bench.local.put_blob(pieces(given.into())).await.unwrap();
        assert_eq!(length, content.len() as u64);
        assert_eq!(read(&bench, &id, None).await, content);
    }
    let (id, _) = bench.local.put_blob(pieces(vec![Ok(Bytes::from_static(b"hello world"))])).await.unwrap();
    assert_eq!(read(&bench, &id, Some(ByteRange { start: 4, length: 4 })).await, b"o wo");
    assert_eq!(read(&bench, &id, Some(ByteRange { start: 9, length: 4 })).await, b"ld");
    assert_eq!(read(&bench, &id, Some(ByteRange { start: 12, length: 4 })).await, b"");
    bench.local.delete_blob(&id).await.unwrap();
    let broken = pieces(vec![Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("cut off"))]);
    assert!(bench.local.put_blob(broken).await.is_err());
    let only_incoming = std::fs::read_dir(bench.folder.path().join("blobs")).unwrap().count() == 1;
    assert!(only_incoming, "no file came about");
}

#[tokio::test]
async fn a_store_belongs_to_one_instance_and_keeps_its_partitions() {
    let bench = Bench::with(&["q"]).await;
    let clock = Arc::new(SimulatedClock::default());
    let other = Settings { partitions: 1, ..settings(bench.folder.path()) };
    let Err(OpenError::Locked { .. }) = Local::open(&other, clock.clone()) else { panic!("it is in use") };
    let Bench { folder, local, .. } = bench;
    local.shut_down().await.unwrap();
    drop(local);
    let again = Local::open(&other, clock.clone());
    assert_eq!(again.map(|local| local.cells.len()).ok(), Some(usize::from(PARTITIONS)));
    let description = folder.path().join("store.json");
    let newer = std::fs::read_to_string(&description).unwrap().replace("\"format\": 2", "\"format\": 7");
    std::fs::write(&description, newer).unwrap();
    assert!(matches!(Local::open(&other, clock), Err(OpenError::Newer { found: 7, known: 2 })));
}

#[tokio::test]
async fn what_comes_after_a_lost_tail_is_not_lost_to_the_snapshot_before() {
    let bench = Bench::with(&["q"]).await;
    let number = bench.local.partition_of(&key("q")).unwrap();
    bench.local.shut_down().await.unwrap();
    let Bench { folder, clock, local } = bench;
    drop(local);
    // As power loss may leave it: the snapshot is there, the end of the log is not.
    for name in [format!("partition-{number}"), "registry".to_owned()] {
        let log = folder.path().join(name).join("00000000000000000000.log");
        std::fs::OpenOptions::new().write(true).open(log).unwrap().set_len(16).unwrap();
    }
    let local = Local::open(&settings(folder.path()), Arc::new(clock.clone())).unwrap();
    let bench = Bench { folder, clock, local };
    bench.send("q", "after").await;
    bench.local.put(RecordKey::new("k"), Bytes::from_static(b"v"), Expect::Absent).await.unwrap();
    let again = bench.killed();
    assert_eq!(bodies(&again.take("q").await), ["after"]);
    assert!(again.local.get(&RecordKey::new("k")).await.unwrap().is_some());
}

#[tokio::test]
async fn it_is_told_whether_anything_happened_to_a_queue() {
    let bench = Bench::with(&["q"]).await;
    let stirred = || bench.local.stirred();
    let before = stirred();
    assert_eq!(bench.take("q").await.len(), 0, "an empty receive changes nothing");
    assert_eq!(stirred(), before);
    bench.send("q", "a").await;
    let sent = stirred();
    assert_ne!(sent, before);
    bench.take("q").await;
    let taken = stirred();
    assert_ne!(taken, sent);
    bench.clock.advance(Duration::from_secs(29));
    assert_eq!(stirred(), taken);
    bench.clock.advance(Duration::from_secs(1));
    assert_ne!(stirred(), taken, "the message came back");
}
