//! The line of visible messages: in the order of sending; what was received often goes to the back.

use std::collections::BTreeSet;

/// Messages by rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line(BTreeSet<(u64, u64)>);

/// A message received so often without being deleted goes to the back of the queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
pub(crate) const RECEIVES_BEFORE_BACK: u32 = 3;

impl Line {
    pub(crate) fn add(&mut self, rank: u64, number: u64) {
        self.0.insert((rank, number));
    }

    pub(crate) fn remove(&mut self, rank: u64, number: u64) {
        self.0.remove(&(rank, number));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Numbers from the front.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().map(|(_, number)| *number)
    }
}
