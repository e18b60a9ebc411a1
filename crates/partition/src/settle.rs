//! What happens with received messages: deleted, or visible again at another moment.

use engine::{QueueKey, Refusal, Settle, Timestamp};

use crate::message::Message;
use crate::queue::QueueState;
use crate::{Decision, Operation, Partition};

/// A message may stay invisible for so many seconds after it was received.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>
const INVISIBLE_SECONDS_MAX: u32 = 43_200;

/// Names one receive of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The queue's number in the partition.
    pub queue: u32,
    /// The message's number in the queue.
    pub message: u64,
    /// The how-many-eth receive of it.
    pub receive: u32,
}

/// One result a settlement.
type Results = Vec<Result<(), Refusal>>;

impl Partition {
    /// Settles messages of one queue; each by itself.
    pub fn settle(
        &self,
        key: &QueueKey,
        settlements: &[(Receipt, Settle)],
        now: Timestamp,
    ) -> Result<Decision<Results>, Refusal> {
        let (number, queue) = self.find(key)?;
        let mut operations = Vec::new();
        let mut answer = Results::with_capacity(settlements.len());
        for (receipt, settle) in settlements {
            let decided = if receipt.queue == number {
                queue.settle(*receipt, *settle, now)
            } else {
                Err(Refusal::InvalidReceiptHandle)
            };
            answer.push(decided.map(|operation| operations.extend(operation)));
        }
        // Also where there is nothing to delete: the delete that did it may not be durable yet.
        let wait = settlements.iter().any(|(_, settle)| *settle == Settle::Delete);
        Ok(Decision { operations, contents: Vec::new(), answer, wait })
    }
}

impl QueueState {
    fn settle(&self, receipt: Receipt, settle: Settle, now: Timestamp) -> Result<Option<Operation>, Refusal> {
        let message = self.messages.get(receipt.message);
        match settle {
            Settle::Delete => self.delete(receipt, message),
            Settle::VisibleIn { seconds } => self.return_in(receipt, message, seconds, now).map(Some),
        }
    }

    /// Standard: idempotent, and without effect if the message was received again since. FIFO: only while the receive's
    /// own timeout lasts.
    fn delete(&self, receipt: Receipt, message: Option<&Message>) -> Result<Option<Operation>, Refusal> {
        let Some(message) = message else { return Ok(None) };
        let latest = message.receive_count == receipt.receive;
        if self.is_fifo() && !(latest && message.received) {
            return Err(Refusal::ExpiredReceiptHandle);
        }
        Ok(latest.then_some(Operation::Deleted { queue: receipt.queue, message: receipt.message }))
    }

    /// Also after the timeout ran out, as long as nobody received the message again.
    fn return_in(
        &self,
        receipt: Receipt,
        message: Option<&Message>,
        seconds: u32,
        now: Timestamp,
    ) -> Result<Operation, Refusal> {
        let message =
            message.filter(|message| message.receive_count == receipt.receive).ok_or(Refusal::NotInFlight)?;
        if self.is_fifo() && !message.received {
            return Err(Refusal::ExpiredReceiptHandle);
        }
        let visible_at = now.plus_seconds(seconds);
        if visible_at > message.received_at().plus_seconds(INVISIBLE_SECONDS_MAX) {
            return Err(Refusal::InvisibleTooLong);
        }
        let visible_at = if seconds == 0 { Timestamp(0) } else { visible_at };
        Ok(Operation::VisibilityChanged { queue: receipt.queue, message: receipt.message, visible_at })
    }
}
