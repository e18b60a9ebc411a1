//! How often an event went wrong, kept across restarts: a record an event that failed at least once.

use engine::{Delivery, Error, Expect, QueueKey, RecordKey};

use super::retry::Attempts;
use crate::Lambda;
use crate::records::{self, ATTEMPTS};

fn key(queue: &QueueKey, delivery: &Delivery) -> RecordKey {
    RecordKey::new(format!("{ATTEMPTS}{queue}/{:032x}", delivery.message_id.0))
}

impl Lambda {
    /// What was noted so far. An event that is received for the first time has no record.
    pub(super) async fn attempts(&self, queue: &QueueKey, delivery: &Delivery) -> Result<Attempts, Error> {
        if delivery.receive_count <= 1 {
            return Ok(Attempts::default());
        }
        let found = self.engine.get(&key(queue, delivery)).await?;
        found.as_ref().map(records::decode).transpose().map(Option::unwrap_or_default)
    }

    /// Notes that an event went wrong once more.
    pub(super) async fn note_attempts(
        &self,
        queue: &QueueKey,
        delivery: &Delivery,
        attempts: Attempts,
    ) -> Result<(), Error> {
        self.engine.put(key(queue, delivery), records::encode(&attempts), Expect::Anything).await.map(drop)
    }

    /// The event has come to its end.
    pub(super) async fn forget_attempts(&self, queue: &QueueKey, delivery: &Delivery, attempts: Attempts) {
        if attempts == Attempts::default() {
            return;
        }
        // What stays goes with the function.
        if let Err(error) = self.engine.delete(key(queue, delivery), Expect::Anything).await {
            tracing::warn!(%queue, %error, "a note on an event's attempts stays");
        }
    }

    /// The function is gone, and its events with it.
    pub(crate) async fn forget_all_attempts(&self, queue: &QueueKey) -> Result<(), Error> {
        for record in self.all_records(&format!("{ATTEMPTS}{queue}/")).await? {
            self.engine.delete(record.key, Expect::Anything).await?;
        }
        Ok(())
    }
}
