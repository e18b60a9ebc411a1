//! Messages on which a function failed and that are nowhere any more: neither done nor in a dead-letter queue, but
//! expired, purged, deleted all the same, or gone with their queue.

use std::collections::{HashMap, HashSet};

use engine::{Error, HopKey, HopKind, HopOutcome, KeptHop, QueueKey, Refusal, SpanId};
use service::ServiceError;

use crate::Journeys;
use crate::limits::{FAILED_TRACES_MAX, HOPS_OF_TRACE_MAX, PEEKED_AT_ONCE, PEEKED_MAX};

/// What became of a message.
#[derive(Default)]
struct Message<'a> {
    /// The newest hop that says that a function failed on it.
    failed: Option<&'a KeptHop>,
    /// The receives on which one did.
    failed_receives: HashSet<SpanId>,
    /// It was deleted after another receive, or buried: nothing is lost.
    settled: bool,
}

/// A message that is lost, by the hop that tells of its last failure.
pub(crate) struct Lost {
    pub(crate) message: u128,
    pub(crate) failure: KeptHop,
}

impl Journeys {
    /// The lost ones among the messages that failures are about.
    pub(crate) async fn lost(&self, failures: &[KeptHop]) -> Result<Vec<Lost>, ServiceError> {
        let mut seen = HashSet::new();
        let returns = failures.iter().filter(|kept| kept.hop.kind == HopKind::Return);
        let traces = returns.map(|kept| kept.hop.trace).filter(|trace| seen.insert(trace.unique()));
        let mut unsettled = Vec::new();
        for trace in traces.take(FAILED_TRACES_MAX) {
            let hops = self.engine.find(HopKey::Trace(trace), None, HOPS_OF_TRACE_MAX).await?;
            for (message, told) in messages(&hops).into_iter().filter(|(_, told)| !told.settled) {
                unsettled.extend(told.failed.map(|kept| Lost { message, failure: kept.clone() }));
            }
        }
        let mut queues: HashMap<QueueKey, Option<HashSet<u128>>> = HashMap::new();
        let mut lost = Vec::new();
        for one in unsettled {
            let key = QueueKey::new(&*one.failure.hop.resource);
            let held = match queues.get(&key) {
                Some(held) => held.clone(),
                None => self.held(&key).await?,
            };
            let is_gone = match &held {
                Some(held) => !held.contains(&one.message),
                None => self.has_expired(&key, &one).await?,
            };
            queues.insert(key, held);
            if is_gone {
                lost.push(one);
            }
        }
        Ok(lost)
    }

    /// The messages that a queue holds; `None`: more than are looked at.
    async fn held(&self, key: &QueueKey) -> Result<Option<HashSet<u128>>, ServiceError> {
        let (mut held, mut after) = (HashSet::new(), 0);
        loop {
            let peeked = match self.engine.peek(key, after, PEEKED_AT_ONCE).await {
                Ok(peeked) => peeked,
                Err(Error::Refused(Refusal::NoSuchQueue(_))) => return Ok(Some(HashSet::new())),
                Err(error) => return Err(error.into()),
            };
            held.extend(peeked.iter().map(|message| message.message_id.0));
            match peeked.last() {
                Some(last) if peeked.len() >= PEEKED_AT_ONCE => after = last.number,
                _ => return Ok(Some(held)),
            }
            if held.len() >= PEEKED_MAX {
                return Ok(None);
            }
        }
    }

    /// Whether a message's queue has forgotten it by now. It was sent before it was received.
    async fn has_expired(&self, key: &QueueKey, lost: &Lost) -> Result<bool, ServiceError> {
        let queue = self.engine.queue(key).await?;
        let age = self.clock.now().since(lost.failure.hop.at);
        Ok(age.as_secs() >= u64::from(queue.settings.retention_seconds))
    }
}

/// The messages of a trace's hops.
fn messages(hops: &[KeptHop]) -> HashMap<u128, Message<'_>> {
    let receives: HashMap<SpanId, u128> = hops
        .iter()
        .filter(|kept| kept.hop.kind == HopKind::Receive)
        .map(|kept| (kept.hop.span, kept.hop.id))
        .collect();
    let mut messages: HashMap<u128, Message<'_>> = HashMap::new();
    // Oldest first: a failure is told before what follows it.
    for kept in hops.iter().rev() {
        let hop = &kept.hop;
        let Some(id) = receives.get(&hop.parent).copied().or((hop.id != 0).then_some(hop.id)) else {
            continue;
        };
        let message = messages.entry(id).or_default();
        match hop.kind {
            HopKind::Return if hop.outcome == HopOutcome::Failed => {
                message.failed = Some(kept);
                message.failed_receives.insert(hop.parent);
            }
            HopKind::Delete if !message.failed_receives.contains(&hop.parent) => message.settled = true,
            HopKind::DeadLetter => message.settled = true,
            _ => {}
        }
    }
    messages
}
