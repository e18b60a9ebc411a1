//! What an operator looks at: how much the engine holds and does.

use engine::{QueueCounts, QueueKey};
use journal::Figures;

use crate::{Local, cell};

/// One partition at a moment.
#[derive(Clone, Debug)]
pub struct PartitionFigures {
    /// Its number.
    pub number: u16,
    /// Bytes of the contents of all messages.
    pub content_bytes: u64,
    /// Bytes of the log that are still there.
    pub log_bytes: u64,
    /// Receivers that wait.
    pub waiting: usize,
    /// What its journal has done.
    pub journal: Figures,
}

impl Local {
    /// Every partition.
    pub fn partition_figures(&self) -> Vec<PartitionFigures> {
        let figures = |cell: &std::sync::Arc<cell::Cell>| {
            let state = cell.state();
            PartitionFigures {
                number: cell.number,
                content_bytes: state.partition.content_bytes(),
                log_bytes: cell::held(&*cell.journal),
                waiting: state.lines.waiting(),
                journal: cell.journal.figures(),
            }
        };
        self.cells.iter().map(figures).collect()
    }

    /// Every queue and how many messages it holds.
    pub fn queue_counts(&self) -> Vec<(QueueKey, QueueCounts)> {
        let mut counts = Vec::new();
        for cell in &self.cells {
            cell.advance();
            let state = cell.state();
            for queue in state.partition.list("", None, usize::MAX) {
                if let Ok(count) = state.partition.counts(&queue.key) {
                    counts.push((queue.key.clone(), count));
                }
            }
        }
        counts
    }
}
