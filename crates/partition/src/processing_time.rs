//! Time that consumers have lately spent on messages: from the receive until the message is deleted or visible again.

use engine::Timestamp;

/// "Recent" is this window and the one before it, milliseconds. AWS gives no figure for the share; it gives five minutes
/// for silence.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html>
const WINDOW_MS: u64 = 300_000;

/// Milliseconds in this window and in the one before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessingTime {
    window: u64,
    current: u64,
    before: u64,
}

impl ProcessingTime {
    /// Time was spent, up to now.
    pub(crate) fn spend(&mut self, spent_ms: u64, now: Timestamp) {
        let (current, before) = self.windows(now);
        *self = Self { window: now.0 / WINDOW_MS, current: current + spent_ms, before };
    }

    /// What was spent lately.
    pub(crate) fn recent(&self, now: Timestamp) -> u64 {
        let (current, before) = self.windows(now);
        current + before
    }

    fn windows(&self, now: Timestamp) -> (u64, u64) {
        match (now.0 / WINDOW_MS).saturating_sub(self.window) {
            0 => (self.current, self.before),
            1 => (0, self.current),
            _ => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_counts_for_five_to_ten_minutes() {
        let mut time = ProcessingTime::default();
        time.spend(10, Timestamp(0));
        time.spend(5, Timestamp(WINDOW_MS - 1));
        assert_eq!(time.recent(Timestamp(WINDOW_MS - 1)), 15);
        time.spend(1, Timestamp(WINDOW_MS));
        assert_eq!(time.recent(Timestamp(2 * WINDOW_MS - 1)), 16);
        assert_eq!(time.recent(Timestamp(2 * WINDOW_MS)), 1);
        assert_eq!(time.recent(Timestamp(3 * WINDOW_MS)), 0);
    }
}
