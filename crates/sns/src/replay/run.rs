//! One replay from where it is to its end.

use std::sync::Arc;

use aws::Arn;
use engine::{Expect, Record};
use service::{ServiceError, Stop};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::record::{ReplayRecord, Status, key};
use crate::archive::segment::{self, Archived, SegmentRecord};
use crate::circumstances::Circumstances;
use crate::fan_out::wants;
use crate::fifo;
use crate::hops::Origin;
use crate::subscriber::Prepared;
use crate::{Sns, archive, arns, errors, limits, records};

/// How a replay goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is more.
    Further,
    /// The archive has no more for now, and the window is not over.
    Waits,
    /// It is over, or another one took its place.
    Ended,
}

impl Sns {
    /// Replays the next few messages of a subscription.
    pub(super) async fn replay_on(&self, subscription: &str) -> Result<Step, ServiceError> {
        let Some((replay, revision)) = self.replay(subscription).await? else { return Ok(Step::Ended) };
        if !replay.status.is_active() {
            return Ok(Step::Ended);
        }
        let (topic, _) = arns::subscription(subscription)?;
        let next = self.segments(&topic, Some(replay.segment)).await?.into_iter().next();
        match next {
            Some(record) => self.replay_segment(&topic, &replay, revision, &record).await,
            None => self.caught_up(&topic, &replay, revision).await,
        }
    }

    /// The next messages of a segment, in one commit, and then how far it is: after a crash in between they come once
    /// more, and FIFO queues drop them.
    async fn replay_segment(
        &self,
        topic: &Arn,
        replay: &ReplayRecord,
        revision: u64,
        record: &Record,
    ) -> Result<Step, ServiceError> {
        let kept: SegmentRecord = records::decode(&record.value)?;
        let number = segment::number(&record.key).unwrap_or_default();
        let mut next = ReplayRecord { status: Status::InProgress, segment: number, ..replay.clone() };
        if replay.segment != number {
            next.done = 0;
        }
        // What lies wholly before the window is not even read.
        let messages =
            if kept.newest < replay.window.from { Vec::new() } else { self.messages(&kept).await? };
        let some: Vec<&Archived> = messages.iter().skip(next.done).take(limits::REPLAY_AT_ONCE).collect();
        self.send_again(topic, replay, &some).await?;
        next.done += some.len();
        if next.done >= messages.len() {
            (next.segment, next.done) = (number + 1, 0);
        }
        self.note_replay(topic, &next, revision).await
    }

    async fn send_again(
        &self,
        topic: &Arn,
        replay: &ReplayRecord,
        messages: &[&Archived],
    ) -> Result<(), ServiceError> {
        // A subscription and its replay come into being together.
        let _shared = self.handing_on.read().await;
        let (topic, _) = self.topic(topic).await?;
        let beginning = archive::policy::beginning(&topic, self.clock.now())
            .ok_or_else(|| errors::invalid("the archive was removed"))?;
        let subscriptions = self.subscriptions(&topic.arn).await?;
        let subscription = subscriptions.iter().find(|one| one.record.arn == replay.subscription);
        let subscription = subscription.ok_or_else(errors::no_such_subscription)?;
        let mut prepared = Prepared::default();
        let meant = |message: &&&Archived| {
            message.published_at >= beginning && replay.window.contains(message.published_at)
        };
        for message in messages.iter().filter(meant) {
            let waiting =
                fifo::stored::decode(message.content.get().as_bytes()).map_err(ServiceError::internal)?;
            if !wants(subscription, &waiting.outgoing) {
                continue;
            }
            let origin = Origin::of_service(waiting.trace.clone(), Uuid::nil(), self.clock.now());
            let id = Uuid::parse_str(&message.message_id).unwrap_or_default();
            let publication = self.publication(&origin, id).archived();
            let mut circumstances = Circumstances::new(
                &topic,
                &waiting.outgoing,
                message.message_id.clone(),
                message.published_at,
                &publication,
            );
            circumstances.sequence_number = Some(fifo::written(message.sequence_number));
            circumstances.replay = Some(deduplication_id(replay, message));
            self.prepare_for(&circumstances, subscription, &mut prepared).await?;
        }
        self.commit_and_report(&topic, prepared).await
    }

    /// All of the archive was replayed. No message is on its way into it while this is decided, so that each comes either
    /// from there or directly.
    async fn caught_up(
        &self,
        topic: &Arn,
        replay: &ReplayRecord,
        revision: u64,
    ) -> Result<Step, ServiceError> {
        let _alone = self.handing_on.write().await;
        if !self.segments(topic, Some(replay.segment)).await?.is_empty() {
            return Ok(Step::Further);
        }
        if replay.window.to.is_some() && !replay.window.is_over(self.clock.now()) {
            return Ok(Step::Waits);
        }
        let completed = ReplayRecord { status: Status::Completed, ..replay.clone() };
        self.note_replay(topic, &completed, revision).await
    }

    async fn note_replay(
        &self,
        topic: &Arn,
        replay: &ReplayRecord,
        revision: u64,
    ) -> Result<Step, ServiceError> {
        let (_, id) = arns::subscription(&replay.subscription)?;
        let noted =
            self.engine.put(key(topic, &id), records::encode(replay), Expect::Revision(revision)).await;
        match noted {
            Ok(_) if replay.status.is_active() => Ok(Step::Further),
            Ok(_) => Ok(Step::Ended),
            // Another one began meanwhile, or it was ended.
            Err(engine::Error::Refused(engine::Refusal::RecordChanged(_))) => Ok(Step::Further),
            Err(error) => Err(error.into()),
        }
    }

    /// It cannot be completed.
    pub(super) async fn fail_replay(&self, subscription: &str) -> Result<(), ServiceError> {
        let Some((replay, revision)) = self.replay(subscription).await? else { return Ok(()) };
        let (topic, _) = arns::subscription(subscription)?;
        let failed = ReplayRecord { status: Status::Failed, ..replay };
        self.note_replay(&topic, &failed, revision).await.map(|_| ())
    }
}

/// Queues have seen the message under its own id, perhaps a moment ago.
fn deduplication_id(replay: &ReplayRecord, message: &Archived) -> String {
    hex::encode(Sha256::digest(format!("{}:{}", replay.id, message.sequence_number)))
}

/// Goes on until the replay ends or the program does. What is not there any more fails it; what fails here is tried again.
pub(super) async fn to_its_end(sns: Arc<Sns>, subscription: String, mut stop: Stop) {
    let mut archive = sns.engine.watch(segment::SEGMENTS);
    while !stop.is_requested() {
        let retry_at = sns.clock.now().plus_seconds(limits::REPLAY_PAUSE_SECONDS);
        match sns.replay_on(&subscription).await {
            Ok(Step::Further) => continue,
            Ok(Step::Ended) => return,
            Ok(Step::Waits) => {}
            Err(error) if error.row.sender || error.detail.as_deref().is_some_and(is_gone) => {
                tracing::warn!(%error, subscription, "a replay cannot be completed");
                if sns.fail_replay(&subscription).await.is_ok() {
                    return;
                }
            }
            Err(error) => {
                let reason = error.detail.as_deref().unwrap_or(&error.message);
                tracing::warn!(reason, subscription, "a replay will go on in a moment");
            }
        }
        tokio::select! {
            goes_on = archive.changed() => if !goes_on { return },
            () = sns.clock.sleep_until(retry_at) => {}
            () = stop.requested() => return,
        }
    }
}

/// A segment that is not there, or is not what it was, will not come back.
fn is_gone(detail: &str) -> bool {
    detail.contains("a segment of an archive") || detail.contains(&engine::Refusal::NoSuchBlob.to_string())
}
