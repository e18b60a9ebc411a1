//! Time passes: messages become visible, grow too old, and sends are forgotten.

use engine::Timestamp;

use crate::Partition;
use crate::queue::QueueState;

impl Partition {
    /// Derives everything that `now` implies. Answers the numbers of the queues in which a message became visible.
    pub fn advance(&mut self, now: Timestamp) -> Vec<u32> {
        self.now = self.now.max(now);
        let mut woken = Vec::new();
        while let Some((moment, number)) = self.timers.first().copied() {
            if moment > now {
                break;
            }
            match self.with(number, |queue| queue.advance(now)) {
                Some(true) => woken.push(number),
                Some(false) => {}
                None => {
                    self.timers.remove(&(moment, number));
                }
            }
        }
        woken
    }
}

impl QueueState {
    /// Whether a message became visible.
    fn advance(&mut self, now: Timestamp) -> bool {
        let retention = self.settings().retention_seconds;
        let kept_from = now.minus_seconds(retention);
        while let Some(oldest) = kept_from
            .map(|kept_from| self.messages.kept_from_until(kept_from))
            .filter(|oldest| !oldest.is_empty())
        {
            for number in oldest {
                self.remove(number);
            }
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
        self.attempts.end(now);
    }
}
