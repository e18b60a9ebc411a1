//! Beginning and ending replays, as the attribute of a subscription says.

use engine::Expect;
use service::ServiceError;

use super::policy;
use super::record::{REPLAYS, ReplayRecord, Status, key};
use crate::records::{self, SubscriptionRecord, TopicRecord};
use crate::{Sns, arns, errors, limits};

impl Sns {
    /// Begins a replay in place of one that runs; an empty policy ends it.
    pub(crate) async fn set_replay(
        &self,
        topic: &TopicRecord,
        record: &SubscriptionRecord,
        value: &str,
    ) -> Result<(), ServiceError> {
        let (_, id) = arns::subscription(&record.arn)?;
        let key = key(&topic.arn, &id);
        if policy::is_off(value) {
            return Ok(self.engine.delete(key, Expect::Anything).await?);
        }
        let window = policy::parse(value, topic, self.clock.now())?;
        self.check_replays(&record.arn).await?;
        let replay = ReplayRecord {
            version: 1,
            id: self.ids.uuid().to_string(),
            subscription: record.arn.clone(),
            window,
            status: Status::Pending,
            segment: 0,
            done: 0,
        };
        self.engine.put(key, records::encode(&replay), Expect::Anything).await?;
        Ok(())
    }

    /// So many replays may run at once.
    async fn check_replays(&self, own: &str) -> Result<(), ServiceError> {
        let mut active = 0;
        for record in self.engine.list(REPLAYS, None, limits::REPLAY_RECORDS_MAX).await? {
            let replay: ReplayRecord = records::decode(&record.value)?;
            active += usize::from(replay.status.is_active() && replay.subscription != own);
        }
        if active < limits::REPLAYS_MAX {
            return Ok(());
        }
        Err(ServiceError::new(&errors::REPLAY_LIMIT, "As many replays run as may run at once"))
    }
}
