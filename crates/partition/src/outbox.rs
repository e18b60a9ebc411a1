//! Letters to other partitions, kept until they are acknowledged.

use std::collections::BTreeMap;

use crate::operation::OutboundLetter;
use crate::{Decision, Location, Operation, Partition};

/// A letter and where its content lies.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// To whom, and what of the message is kept outside its content.
    pub letter: OutboundLetter,
    /// Its content in this partition's journal.
    pub content: Location,
}

/// Letters to one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Outbox {
    /// The highest number given.
    pub(crate) last: u64,
    pub(crate) letters: BTreeMap<u64, Letter>,
}

/// A letter that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The partition it goes to.
    pub target: u16,
    /// Its number there.
    pub number: u64,
    /// The letter.
    pub letter: Letter,
}

impl Partition {
    /// The first letters, in order, to partition `target` after `number`; at most `limit`.
    pub fn pending(&self, target: u16, number: u64, limit: usize) -> Vec<Pending> {
        let letters =
            self.outboxes.get(&target).into_iter().flat_map(|outbox| outbox.letters.range(number + 1..));
        letters
            .take(limit)
            .map(|(number, letter)| Pending { target, number: *number, letter: letter.clone() })
            .collect()
    }

    /// The partitions that letters wait for.
    pub fn targets(&self) -> Vec<u16> {
        self.outboxes
            .iter()
            .filter(|(_, outbox)| !outbox.letters.is_empty())
            .map(|(target, _)| *target)
            .collect()
    }

    /// The target has everything up to `through`. Not waited for: a repetition is recognised there.
    pub fn acknowledge(&self, target: u16, through: u64) -> Decision<()> {
        let operations = vec![Operation::Acknowledged { target, through }];
        Decision { operations, contents: Vec::new(), answer: (), wait: false }
    }
}
