//! Messages that are handed out, and whose receiver is not told yet.

use engine::{QueueKey, Settle};
use partition::{Receipt, Taken};

use crate::cell::Cell;

/// Held until the receiver is told. If it leaves before that (its connection is gone, the program ends), or the answer
/// fails, the messages are visible again at once: nobody has seen them.
pub(crate) struct Untold<'a> {
    cell: &'a Cell,
    queue: &'a QueueKey,
    pub(crate) taken: Vec<Taken>,
}

impl<'a> Untold<'a> {
    pub(crate) fn new(cell: &'a Cell, queue: &'a QueueKey, taken: Vec<Taken>) -> Self {
        Self { cell, queue, taken }
    }

    /// The receiver is being told.
    pub(crate) fn told(mut self) -> Vec<Taken> {
        std::mem::take(&mut self.taken)
    }
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        if self.taken.is_empty() {
            return;
        }
        let back = Settle::VisibleIn { seconds: 0 };
        let settlements: Vec<(Receipt, Settle)> =
            self.taken.iter().map(|taken| (taken.receipt, back)).collect();
        if let Err(error) = self.cell.run(|partition, now| partition.settle(self.queue, &settlements, now)) {
            // They become visible by themselves, later; or their queue is gone.
            tracing::debug!(queue = %self.queue, %error, "messages of a lost receive stay in flight");
        }
    }
}
