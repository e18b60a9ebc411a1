//! What is kept of a replay: how far it is. Version 1.

use std::collections::HashMap;

use aws::Arn;
use engine::RecordKey;
use serde::{Deserialize, Serialize};
use service::ServiceError;

use super::policy::Window;
use crate::{Sns, arns, limits, records};

/// `ReplayStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    InProgress,
    Completed,
    Failed,
}

impl Status {
    /// As the attribute has it.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "In progress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
        }
    }

    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }
}

/// A replay of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayRecord {
    pub(crate) version: u32,
    /// Another one for each replay, also of the same subscription.
    pub(crate) id: String,
    pub(crate) subscription: String,
    pub(crate) window: Window,
    pub(crate) status: Status,
    /// Segments below were replayed. Once the replay is completed: those from here on were delivered directly.
    pub(crate) segment: u64,
    /// How many messages of that segment were replayed.
    pub(crate) done: usize,
}

impl ReplayRecord {
    /// Whether the subscription gets a message directly that lies in a segment.
    fn takes(&self, segment: Option<u64>) -> bool {
        match self.status {
            Status::Pending | Status::InProgress => false,
            Status::Completed => self.window.to.is_none() && segment.is_none_or(|one| one >= self.segment),
            Status::Failed => true,
        }
    }
}

/// All replays' records.
pub(crate) const REPLAYS: &str = "sns/replay/";

/// Those of a topic.
pub(crate) fn replays_of(topic: &Arn) -> String {
    format!("{REPLAYS}{topic}/")
}

pub(crate) fn key(topic: &Arn, id: &str) -> RecordKey {
    RecordKey::new(format!("{}{id}", replays_of(topic)))
}

/// The replays of a topic's subscriptions, by the subscriptions' ARNs.
#[derive(Default)]
pub(crate) struct Replays(HashMap<String, ReplayRecord>);

impl Replays {
    /// Whether a subscription gets a message directly; `segment`: where it lies, if it is archived.
    pub(crate) fn let_pass(&self, subscription: &str, segment: Option<u64>) -> bool {
        self.0.get(subscription).is_none_or(|replay| replay.takes(segment))
    }
}

impl Sns {
    /// The replays of a topic's subscriptions.
    pub(crate) async fn replays(&self, topic: &Arn) -> Result<Replays, ServiceError> {
        let found = self.engine.list(&replays_of(topic), None, limits::FIFO_SUBSCRIPTIONS_MAX).await?;
        let all: Result<HashMap<String, ReplayRecord>, ServiceError> = found
            .iter()
            .map(|record| {
                let replay: ReplayRecord = records::decode(&record.value)?;
                Ok((replay.subscription.clone(), replay))
            })
            .collect();
        all.map(Replays)
    }

    /// The replay of a subscription, if there is one, and its revision.
    pub(crate) async fn replay(
        &self,
        subscription: &str,
    ) -> Result<Option<(ReplayRecord, u64)>, ServiceError> {
        let (topic, id) = arns::subscription(subscription)?;
        self.record(&key(&topic, &id)).await
    }
}
