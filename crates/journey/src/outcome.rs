//! How a journey stands: done, under way, or failed.

use std::collections::HashMap;

use engine::{HopKind, HopOutcome, MOVED_FROM};
use serde::Serialize;

use crate::tree::Placed;

/// How a journey stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Standing {
    /// All that it brought about is done.
    Ok,
    /// A function runs, or a message waits.
    Running,
    /// Something failed for good: a message lies in a dead-letter queue, or was given up.
    Failed,
}

/// The state of one message, or of what is to be delivered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Waits,
    Done,
    Failed,
}

/// What the hops of a journey come to.
pub(crate) fn of(hops: &[Placed]) -> Standing {
    let mut in_time: Vec<&Placed> = hops.iter().collect();
    in_time.sort_by_key(|placed| (placed.kept.hop.at, placed.kept.position));
    let mut messages: HashMap<u128, Message> = HashMap::new();
    let mut invocations: HashMap<u128, HopOutcome> = HashMap::new();
    for Placed { kept, parent, .. } in in_time {
        let hop = &kept.hop;
        match hop.kind {
            // What was buried lies there for people.
            HopKind::Send if hop.note("destination") == Some("DeadLetter") => {}
            HopKind::Send if hop.outcome == HopOutcome::Ok => {
                messages.entry(hop.id).or_insert(Message::Waits);
                if let Some(old) = hop.note(MOVED_FROM).and_then(|old| uuid::Uuid::parse_str(old).ok()) {
                    messages.insert(old.as_u128(), Message::Done);
                }
            }
            HopKind::DeadLetter => {
                messages.insert(hop.id, Message::Failed);
            }
            HopKind::Deliver => {
                let id = above(hops, *parent).map_or(0, |sent| sent.kept.hop.id);
                let delivered = hop.outcome == HopOutcome::Ok;
                messages.insert(id, if delivered { Message::Done } else { Message::Failed });
            }
            HopKind::Delete => {
                let receive = above(hops, *parent);
                let id = receive.map_or(0, |receive| receive.kept.hop.id);
                messages.insert(id, Message::Done);
            }
            HopKind::Invoke => {
                // An asynchronous event is the message of the same id.
                if let Some(message) = messages.get_mut(&hop.id).filter(|_| hop.outcome == HopOutcome::Ok) {
                    *message = Message::Done;
                }
                if hop.links.is_empty() && !messages.contains_key(&hop.id) {
                    invocations.insert(hop.id, hop.outcome);
                }
                if hop.outcome == HopOutcome::Running {
                    invocations.insert(hop.id, HopOutcome::Running);
                }
            }
            // Nothing else came of it.
            HopKind::Call
                if parent.is_none() && matches!(hop.outcome, HopOutcome::Failed | HopOutcome::Refused) =>
            {
                invocations.insert(hop.id, HopOutcome::Failed);
            }
            HopKind::Start => {
                // What it repeats is not what counts any more.
                let repeated = hop.note("message").and_then(|id| uuid::Uuid::parse_str(id).ok());
                if let Some(id) = repeated {
                    messages.insert(id.as_u128(), Message::Done);
                }
            }
            _ => {}
        }
    }
    let failed = messages.values().any(|message| *message == Message::Failed)
        || invocations.values().any(|outcome| matches!(outcome, HopOutcome::Failed | HopOutcome::Refused));
    let running = messages.values().any(|message| *message == Message::Waits)
        || invocations.values().any(|outcome| *outcome == HopOutcome::Running);
    match (failed, running) {
        (true, _) => Standing::Failed,
        (false, true) => Standing::Running,
        (false, false) => Standing::Ok,
    }
}

fn above(hops: &[Placed], name: Option<crate::gather::Name>) -> Option<&Placed> {
    let name = name?;
    hops.iter().find(|placed| crate::gather::name(&placed.kept) == name)
}
