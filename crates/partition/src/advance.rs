//! Time passes: messages become visible, grow too old, and sends are forgotten.

use engine::{QueueKey, Timestamp};

use crate::Partition;
use crate::queue::QueueState;

impl Partition {
    /// Derives everything that `now` implies. Answers the queues in which a message became visible.
    pub fn advance(&mut self, now: Timestamp) -> Vec<QueueKey> {
        let mut woken = Vec::new();
        while let Some((moment, number)) = self.timers.first().copied() {
            if moment > now {
                break;
            }
            let Some(queue) = self.queues.get_mut(&number) else {
                self.timers.remove(&(moment, number));
                continue;
            };
            if queue.advance(now) {
                woken.push(queue.about.key.clone());
            }
            self.retime(number);
        }
        woken
    }
}

impl QueueState {
    /// Whether a message became visible.
    fn advance(&mut self, now: Timestamp) -> bool {
        let retention = self.settings().retention_seconds;
        while let Some((from, number)) = self.aging.first().copied() {
            if from.plus_seconds(retention) > now {
                break;
            }
            self.remove(number);
        }
        let mut ripened = false;
        while let Some((moment, number)) = self.ripening.first().copied() {
            if moment > now {
                break;
            }
            self.ripen(number);
            ripened = true;
        }
        self.forget(now);
        ripened
    }

    /// Drops sends and attempts that are no longer remembered.
    pub(crate) fn forget(&mut self, now: Timestamp) {
        while let Some((until, key)) = self.forgetting.front() {
            if *until > now {
                break;
            }
            if self.deduplication.get(key).is_some_and(|remembered| remembered.until <= now) {
                self.deduplication.remove(key);
            }
            self.forgetting.pop_front();
        }
        self.attempts.retain(|_, attempt| attempt.until > now);
    }
}
