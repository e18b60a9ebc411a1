//! The keys by which a hop is found, as numbers of 64 bits. Two keys may share a number: who looks compares.

use engine::{Hop, HopKey, HopKind, HopOutcome, SpanId};

use crate::places::Places;
use crate::words;

const TRACE: u64 = 1;
const ID: u64 = 2;
const WORD: u64 = 3;
const RESOURCE: u64 = 4;
const BEGINNING: u64 = 5;
const FAILURE: u64 = 6;

/// A key's number; the same in every version of the program, because it lies in files.
pub(crate) fn number(key: &HopKey) -> u64 {
    match key {
        HopKey::Trace(trace) => mix(TRACE, trace.unique()),
        HopKey::Id(id) => mix(ID, *id),
        HopKey::Word(word) => text(WORD, word),
        HopKey::Resource(resource) => text(RESOURCE, resource),
        HopKey::Beginnings => mix(BEGINNING, 0),
        HopKey::Failures => mix(FAILURE, 0),
    }
}

fn mix(kind: u64, value: u128) -> u64 {
    let low = u64::try_from(value & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(value >> 64).unwrap_or(0);
    let mut hash = low ^ high.rotate_left(29) ^ kind.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

fn text(kind: u64, text: &str) -> u64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    mix(kind, u128::from(text.bytes().fold(0xcbf2_9ce4_8422_2325, hash)))
}

/// Receives and settlements are found by their trace only: there are many.
pub(crate) fn is_frequent(kind: HopKind) -> bool {
    matches!(kind, HopKind::Receive | HopKind::Delete | HopKind::Return)
}

/// Nothing brought it about: neither a hop of its trace nor one of another.
fn is_beginning(hop: &Hop) -> bool {
    hop.parent == SpanId(0) && (hop.links.is_empty() || hop.kind == HopKind::Start)
}

/// It failed; a call that was refused and is all there is, too.
fn is_failure(hop: &Hop) -> bool {
    let is_refused_call = hop.kind == HopKind::Call && hop.outcome == HopOutcome::Refused;
    hop.outcome == HopOutcome::Failed || (is_refused_call && is_beginning(hop))
}

/// Adds the keys of a hop. One that is the first of its trace begins it as far as this server knows, even if a program
/// elsewhere brought it about.
pub(crate) fn of(hop: &Hop, is_first: bool, places: &Places, keys: &mut Vec<u64>) {
    let first = keys.len();
    keys.push(mix(TRACE, hop.trace.unique()));
    keys.extend(hop.links.iter().map(|link| mix(TRACE, link.trace.unique())));
    if is_failure(hop) {
        keys.push(mix(FAILURE, 0));
    }
    if !is_frequent(hop.kind) {
        keys.push(text(RESOURCE, &hop.resource));
        if hop.id != 0 {
            keys.push(mix(ID, hop.id));
        }
        if is_beginning(hop) || (is_first && hop.links.is_empty()) {
            keys.push(mix(BEGINNING, 0));
        }
        for note in &hop.notes {
            match &*note.name {
                "key" | "requestId" | "snsMessageId" => keys.push(text(WORD, &note.value)),
                // What instrumented code says of itself to be found by.
                name if name.starts_with("annotation.") => keys.push(text(WORD, &note.value)),
                _ => {}
            }
        }
        if !hop.payload.is_empty() {
            let places = places.of(&hop.resource);
            words::of(&hop.form.body(&hop.payload), &places, &mut |word| keys.push(text(WORD, word)));
        }
    }
    keys[first..].sort_unstable();
    let mut previous = None;
    let mut kept = first;
    for index in first..keys.len() {
        let key = keys[index];
        if previous != Some(key) {
            keys[kept] = key;
            kept += 1;
        }
        previous = Some(key);
    }
    keys.truncate(kept);
}

/// Whether a hop is found by a key in truth, as far as its head tells.
pub(crate) fn fits(hop: &Hop, key: &HopKey) -> bool {
    match key {
        HopKey::Trace(trace) => {
            let unique = trace.unique();
            hop.trace.unique() == unique || hop.links.iter().any(|link| link.trace.unique() == unique)
        }
        HopKey::Id(id) => hop.id == *id,
        // The word stood in the payload, which is not read for it.
        HopKey::Word(_) => true,
        HopKey::Resource(resource) => *hop.resource == **resource,
        // Whether it is the first of its trace, its head does not tell.
        HopKey::Beginnings => hop.links.is_empty() || is_beginning(hop),
        HopKey::Failures => is_failure(hop),
    }
}
