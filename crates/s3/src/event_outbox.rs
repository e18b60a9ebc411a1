//! Events on their way. What a bucket tells of is stored with what it tells: in the change that makes it so, one record
//! for each target. A task brings it there and removes the record then; what a crash or a failure leaves is brought
//! later, and may then come twice, as AWS says that notifications may (docs/decisions/0024).
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use aws::{AccountId, Region, RequestId, TraceHeader};
use engine::{Change, Error, Expect, Record, RecordKey, Timestamp};
use futures_util::future::join_all;
use s3s::S3Result;
use serde::{Deserialize, Serialize};
use service::ports::PortError;
use service::{Caller, Context, Endpoint, Stop};

use crate::notifications::{Happened, Target};
use crate::records::{self, BucketRecord};
use crate::store::slow_down;
use crate::{S3, limits};

/// What the names of all events begin with. They go on with a number that grows.
const EVENTS: &str = "s3/event/";

/// An event for one target. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventRecord {
    pub(crate) version: u32,
    pub(crate) bucket: String,
    /// The bucket's.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) target: Target,
    pub(crate) document: String,
    /// Of the call that brought it about, as are the next three.
    request_id: String,
    at: Timestamp,
    trace: Option<String>,
    source_ip: String,
}

impl EventRecord {
    pub(crate) fn new(context: &Context, bucket: &BucketRecord, target: Target, document: String) -> Self {
        Self {
            version: 1,
            bucket: bucket.name.clone(),
            account: bucket.account.clone(),
            region: bucket.region.clone(),
            target,
            document,
            request_id: context.request_id.to_string(),
            at: context.now,
            trace: context.trace_text().map(str::to_owned),
            source_ip: context.source_ip.to_string(),
        }
    }

    /// The call, as far as what follows from it depends on it.
    pub(crate) fn context(&self) -> Context {
        Context {
            request_id: RequestId(self.request_id.parse().unwrap_or_default()),
            now: self.at,
            caller: Caller {
                account: AccountId::parse(&self.account).unwrap_or_else(AccountId::local),
                region: Region::parse(&self.region).unwrap_or_else(Region::default_region),
                access_key_id: String::new(),
            },
            endpoint: Endpoint::default(),
            trace: self.trace.as_deref().and_then(TraceHeader::parse),
            source_ip: self.source_ip.parse().unwrap_or(std::net::Ipv4Addr::LOCALHOST.into()),
        }
    }
}

/// What is on its way.
#[derive(Default)]
pub(crate) struct EventOutbox {
    /// The latest event's number.
    latest: AtomicU64,
    /// How many there are.
    waiting: AtomicUsize,
}

impl EventOutbox {
    /// The name of the next event: they are brought in the order in which they came.
    fn next(&self, now: Timestamp) -> RecordKey {
        // Behind those of an earlier run, whose numbers began with an earlier moment.
        let least = now.0 << 20;
        let follow = |latest: u64| Some((latest + 1).max(least));
        let before = self.latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, follow);
        let number = before.ok().and_then(follow).unwrap_or(least);
        RecordKey::new(format!("{EVENTS}{number:016x}"))
    }
}

impl S3 {
    /// The changes that store an event for everybody who wants it. Refused while too many wait.
    pub(crate) fn events(
        &self,
        context: &Context,
        bucket: &BucketRecord,
        happened: &Happened,
    ) -> S3Result<Vec<Change>> {
        let targets: Vec<&Target> =
            bucket.notifications.iter().filter(|target| target.wants(happened)).collect();
        if !targets.is_empty() && self.outbox.waiting.load(Ordering::Relaxed) >= limits::EVENTS_WAITING_MAX {
            return Err(slow_down());
        }
        let event = |target: &Target| {
            let document = self.document(context, bucket, target, happened).to_string();
            let record = EventRecord::new(context, bucket, target.clone(), document);
            Change::Put(self.outbox.next(self.clock.now()), records::encode(&record), Expect::Absent)
        };
        Ok(targets.into_iter().map(event).collect())
    }

    /// Events were stored.
    pub(crate) fn events_wait(&self, count: usize) {
        self.outbox.waiting.fetch_add(count, Ordering::Relaxed);
    }

    /// Brings every event that waits. Whether none is left.
    async fn bring_events(&self) -> Result<bool, Error> {
        let (mut after, mut all) = (None, true);
        loop {
            let page = self
                .engine
                .list(EVENTS, after.as_ref().map(RecordKey::as_str), limits::EVENTS_AT_ONCE)
                .await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.key.clone());
            let brought = join_all(page.iter().map(|record| self.bring(record))).await;
            let done = page.iter().zip(brought).filter(|(_, brought)| *brought);
            let done: Vec<Change> =
                done.map(|(record, _)| Change::Delete(record.key.clone(), Expect::Anything)).collect();
            let count = done.len();
            all &= count == page.len();
            self.engine.change(done).await?;
            let less = |waiting: usize| Some(waiting.saturating_sub(count));
            let _ = self.outbox.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }

    /// Brings an event to its target, or gives it up because that does not take it. Whether it is done with.
    async fn bring(&self, record: &Record) -> bool {
        let Ok(event) = records::decode::<EventRecord>(&record.value) else { return false };
        let target = &event.target.arn;
        match self.tell(&event).await {
            Ok(()) => true,
            Err(PortError::Failed(reason)) => {
                tracing::error!(%target, reason, "a bucket's event could not be stored, trying again");
                false
            }
            Err(refused) => {
                tracing::warn!(%target, %refused, "a bucket's event could not be delivered");
                self.tell_given_up(&event, &refused);
                true
            }
        }
    }
}

/// Brings events until the program ends.
pub(crate) async fn run(s3: Arc<S3>, mut stop: Stop) {
    let mut watch = s3.engine.watch(EVENTS);
    match s3.engine.list(EVENTS, None, usize::MAX).await {
        Ok(left) => s3.events_wait(left.len()),
        Err(error) => tracing::error!(%error, "the events that wait cannot be counted"),
    }
    let mut pause = limits::EVENT_RETRY_MIN;
    while !stop.is_requested() {
        let all = s3.bring_events().await.unwrap_or_else(|error| {
            tracing::error!(%error, "buckets' events could not be brought, trying again");
            false
        });
        let again_at = s3.clock.now().plus(pause);
        pause = if all { limits::EVENT_RETRY_MIN } else { (pause * 2).min(limits::EVENT_RETRY_MAX) };
        let wake = async {
            if all {
                return watch.changed().await;
            }
            s3.clock.sleep_until(again_at).await;
            true
        };
        tokio::select! {
            goes_on = wake => if !goes_on { return },
            () = stop.requested() => return,
        }
    }
}

#[cfg(test)]
mod tests;
