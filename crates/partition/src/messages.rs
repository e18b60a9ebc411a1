//! A queue's messages by number, packed: chunks of 64 consecutive numbers, so that a million messages cost little more
//! than themselves, and a snapshot shares them instead of copying.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::message::Message;

const SLOTS: u64 = 64;

/// Messages by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    chunks: BTreeMap<u64, Arc<Chunk>>,
    length: u64,
    /// Chunks in which a message stands in line.
    in_line: BTreeSet<u64>,
    /// Chunks by the earliest moment from which the retention of one of their messages counts.
    oldest: BTreeSet<(Timestamp, u64)>,
}

/// Up to 64 messages; bit *n* of the masks is for the *n*th number of the chunk.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Chunk {
    present: u64,
    messages: Vec<Message>,
    #[serde(skip)]
    in_line: u64,
    #[serde(skip)]
    oldest: Timestamp,
}

fn place(number: u64) -> (u64, u64) {
    (number / SLOTS, 1 << (number % SLOTS))
}

impl Chunk {
    /// Where the message of a bit lies.
    fn index(&self, bit: u64) -> Option<usize> {
        (self.present & bit != 0).then(|| (self.present & (bit - 1)).count_ones() as usize)
    }

    fn earliest(&self) -> Timestamp {
        self.messages.iter().map(Message::kept_from).min().unwrap_or_default()
    }

    /// Its messages with their numbers; `chunk` is its own.
    pub(crate) fn iter(&self, chunk: u64) -> impl Iterator<Item = (u64, &Message)> {
        bits(self.present).map(move |slot| chunk * SLOTS + slot).zip(&self.messages)
    }
}

/// The positions of the bits that are set, lowest first.
fn bits(mut mask: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let slot = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        (slot < 64).then(|| u64::from(slot))
    })
}

impl Messages {
    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Message> {
        let (chunk, bit) = place(number);
        let chunk = self.chunks.get(&chunk)?;
        chunk.messages.get(chunk.index(bit)?)
    }

    /// Changes a message; its retention may not be changed by it.
    pub(crate) fn change<T>(&mut self, number: u64, change: impl FnOnce(&mut Message) -> T) -> Option<T> {
        let (chunk, bit) = place(number);
        let chunk = Arc::make_mut(self.chunks.get_mut(&chunk)?);
        let index = chunk.index(bit)?;
        chunk.messages.get_mut(index).map(change)
    }

    /// Adds a message under a number that has none.
    pub(crate) fn insert(&mut self, number: u64, message: Message) {
        let (key, bit) = place(number);
        let kept_from = message.kept_from();
        let chunk = Arc::make_mut(self.chunks.entry(key).or_default());
        if chunk.present & bit != 0 {
            // Numbers are given once; only bytes that no program wrote say otherwise.
            return;
        }
        let before = (chunk.present != 0).then_some(chunk.oldest);
        let index = (chunk.present & (bit - 1)).count_ones() as usize;
        chunk.messages.insert(index, message);
        chunk.present |= bit;
        chunk.oldest = before.map_or(kept_from, |before| before.min(kept_from));
        let after = chunk.oldest;
        self.length += 1;
        self.reage(key, before, Some(after));
    }

    /// Takes a message out.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Message> {
        let (key, bit) = place(number);
        let chunk = Arc::make_mut(self.chunks.get_mut(&key)?);
        let index = chunk.index(bit)?;
        let message = chunk.messages.remove(index);
        chunk.present &= !bit;
        chunk.in_line &= !bit;
        let before = chunk.oldest;
        if message.kept_from() == before {
            chunk.oldest = chunk.earliest();
        }
        let (after, in_line) = (chunk.oldest, chunk.in_line);
        self.length -= 1;
        if in_line == 0 {
            self.in_line.remove(&key);
        }
        if self.chunks.get(&key).is_some_and(|chunk| chunk.present == 0) {
            self.chunks.remove(&key);
            self.reage(key, Some(before), None);
        } else {
            self.reage(key, Some(before), Some(after));
        }
        Some(message)
    }

    fn reage(&mut self, chunk: u64, before: Option<Timestamp>, after: Option<Timestamp>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.oldest.remove(&(before, chunk));
        }
        if let Some(after) = after {
            self.oldest.insert((after, chunk));
        }
    }

    /// Lets a message stand in line under its number, or not.
    pub(crate) fn set_in_line(&mut self, number: u64, stands: bool) {
        let (key, bit) = place(number);
        let Some(chunk) = self.chunks.get_mut(&key) else { return };
        if (chunk.in_line & bit != 0) == stands {
            return;
        }
        let chunk = Arc::make_mut(chunk);
        chunk.in_line ^= bit;
        if chunk.in_line == 0 {
            self.in_line.remove(&key);
        } else if chunk.in_line == bit {
            self.in_line.insert(key);
        }
    }

    /// The numbers that stand in line, from the front.
    pub(crate) fn in_line(&self) -> impl Iterator<Item = u64> + '_ {
        let chunks = self.in_line.iter().filter_map(|key| Some((*key, self.chunks.get(key)?)));
        chunks.flat_map(|(key, chunk)| bits(chunk.in_line).map(move |slot| key * SLOTS + slot))
    }

    /// The earliest moment from which a message's retention counts.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.oldest.first().map(|(moment, _)| *moment)
    }

    /// The numbers of some messages whose retention counts from `moment` or earlier; none if there are none.
    pub(crate) fn kept_from_until(&self, moment: Timestamp) -> Vec<u64> {
        let Some((oldest, key)) = self.oldest.first() else { return Vec::new() };
        if *oldest > moment {
            return Vec::new();
        }
        let messages = self.chunks.get(key).into_iter().flat_map(|chunk| chunk.iter(*key));
        messages.filter(|(_, message)| message.kept_from() <= moment).map(|(number, _)| number).collect()
    }

    /// All messages with their numbers, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Message)> {
        self.chunks.iter().flat_map(|(key, chunk)| chunk.iter(*key))
    }

    /// Messages with numbers above `number`, in order.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Message)> {
        let chunks = self.chunks.range(place(number).0..);
        chunks.flat_map(|(key, chunk)| chunk.iter(*key)).filter(move |(found, _)| *found > number)
    }

    /// All messages as they stand, shared.
    pub(crate) fn image(&self) -> Image {
        Image(self.chunks.iter().map(|(key, chunk)| (*key, Arc::clone(chunk))).collect())
    }
}

/// Messages at a moment: each chunk's key, mask and messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Image(Vec<(u64, Arc<Chunk>)>);

impl Image {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &Message)> {
        self.0.iter().flat_map(|(key, chunk)| chunk.iter(*key))
    }

    pub(crate) fn into_messages(self) -> impl Iterator<Item = (u64, Message)> {
        self.0.into_iter().flat_map(|(key, chunk)| {
            let chunk = Arc::unwrap_or_clone(chunk);
            bits(chunk.present).map(move |slot| key.wrapping_mul(SLOTS) + slot).zip(chunk.messages)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use engine::MessageId;
    use proptest::prelude::*;

    use super::*;
    use crate::Location;

    #[derive(Clone, Debug)]
    enum Step {
        Insert { kept_from: u64 },
        Remove(usize),
        Line(usize, bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..50_u64).prop_map(|kept_from| Step::Insert { kept_from }),
            2 => any::<usize>().prop_map(Step::Remove),
            2 => (any::<usize>(), any::<bool>()).prop_map(|(which, stands)| Step::Line(which, stands)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn chunks_hold_what_a_plain_map_holds(steps in prop::collection::vec(step(), 1..400)) {
            let mut messages = Messages::default();
            let mut model: BTreeMap<u64, (Timestamp, bool)> = BTreeMap::new();
            let mut next = 1;
            for step in steps {
                let nth = |which: usize| model.keys().nth(which % model.len().max(1)).copied();
                match step {
                    Step::Insert { kept_from } => {
                        let at = Timestamp(kept_from);
                        messages.insert(next, Message::new(MessageId(next.into()), Location::default(), at, Timestamp(0)));
                        model.insert(next, (at, false));
                        next += 1;
                    }
                    Step::Remove(which) => if let Some(number) = nth(which) {
                        prop_assert_eq!(messages.remove(number).map(|message| message.id()), Some(MessageId(number.into())));
                        model.remove(&number);
                        prop_assert!(messages.get(number).is_none() && messages.remove(number).is_none());
                    },
                    Step::Line(which, stands) => if let Some(number) = nth(which) {
                        messages.set_in_line(number, stands);
                        model.entry(number).and_modify(|known| known.1 = stands);
                    },
                }
                prop_assert_eq!(messages.len(), model.len() as u64);
                prop_assert!(messages.iter().map(|(number, _)| number).eq(model.keys().copied()));
                let after = next / 2;
                prop_assert!(messages.after(after).map(|(number, _)| number).eq(model.range(after + 1..).map(|(number, _)| *number)));
                prop_assert!(messages.in_line().eq(model.iter().filter(|(_, known)| known.1).map(|(number, _)| *number)));
                prop_assert_eq!(messages.oldest(), model.values().map(|known| known.0).min());
                let some = messages.kept_from_until(Timestamp(25));
                prop_assert!(some.iter().all(|number| model[number].0 <= Timestamp(25)));
                prop_assert_eq!(some.is_empty(), model.values().all(|known| known.0 > Timestamp(25)));
            }
        }
    }
}
