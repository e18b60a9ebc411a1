//! Receivers that wait for a message: a line for each queue, in the order they came.

use std::collections::VecDeque;
use std::sync::Arc;

use engine::QuickMap;
use tokio::sync::oneshot;

use crate::cell::Cell;

/// The lines of one partition, by the numbers of its queues.
#[derive(Debug, Default)]
pub(crate) struct Lines(QuickMap<u32, VecDeque<oneshot::Sender<()>>>);

impl Lines {
    fn park(&mut self, queue: u32) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let line = self.0.entry(queue).or_default();
        // Those who gave up are at the front more often than not; they must not pile up.
        while line.front().is_some_and(oneshot::Sender::is_closed) {
            line.pop_front();
        }
        line.push_back(wake);
        woken
    }

    /// Whether nobody waits anywhere.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.0.values().flatten().filter(|wake| !wake.is_closed()).count()
    }

    /// Wakes the first one who still waits.
    pub(crate) fn wake_one(&mut self, queue: u32) {
        let Some(line) = self.0.get_mut(&queue) else { return };
        while let Some(wake) = line.pop_front() {
            if wake.send(()).is_ok() {
                break;
            }
        }
        if line.is_empty() {
            self.0.remove(&queue);
        }
    }

    /// Wakes everybody: the queue is gone.
    pub(crate) fn wake_all(&mut self, queue: u32) {
        for wake in self.0.remove(&queue).into_iter().flatten() {
            // One that gave up needs no news.
            let _ = wake.send(());
        }
    }
}

/// A receiver's place in line. If it leaves after it was woken but before it looked, the wake-up goes to the next one.
#[derive(Debug)]
pub(crate) struct Place {
    cell: Arc<Cell>,
    queue: u32,
    woken: oneshot::Receiver<()>,
    looked: bool,
}

impl Place {
    pub(crate) fn take(cell: &Arc<Cell>, lines: &mut Lines, queue: u32) -> Self {
        Self { cell: Arc::clone(cell), queue, woken: lines.park(queue), looked: false }
    }

    /// Completes when there may be a message.
    pub(crate) async fn woken(&mut self) {
        // An error means that the line is gone, which is worth a look too.
        let _ = (&mut self.woken).await;
        self.looked = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.woken.close();
        if !self.looked && self.woken.try_recv().is_ok() {
            self.cell.wake_one(self.queue);
        }
    }
}
