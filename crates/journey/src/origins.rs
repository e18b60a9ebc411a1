//! What a step got: the hops whose input a step or a hop is about, and that input as it can be given again.

use std::collections::{BTreeMap, HashSet};

use aws::Arn;
use engine::{HopKey, HopKind, KeptHop, Link, MOVED_FROM};
use serde_json::Value as Json;
use service::ports::{MessageAttribute, MessageAttributeValue, TopicMessage};
use service::{Blob, ServiceError};

use crate::gather::{Gathered, name};
use crate::limits::{HOPS_OF_MESSAGE_MAX, HOPS_OF_TRACE_MAX, MOVES_MAX};
use crate::start::Input;
use crate::steps::Step;
use crate::{Journeys, errors, start};

impl Journeys {
    /// The hops of a journey whose input a step got: each message or event once.
    pub(crate) fn inputs_of(gathered: &Gathered, step: &Step) -> Vec<KeptHop> {
        let arn = step.arn().as_str();
        let mut found: Vec<&KeptHop> = Vec::new();
        let sends = |id: u128| {
            gathered.hops.values().find(move |kept| kept.hop.kind == HopKind::Send && kept.hop.id == id)
        };
        // What a replay brought about is not replayed with what it repeats.
        let replays: HashSet<u128> = gathered
            .hops
            .iter()
            .filter(|(name, kept)| kept.hop.kind == HopKind::Start && gathered.grown_from.contains_key(name))
            .map(|((trace, _), _)| *trace)
            .collect();
        let own = gathered.hops.values().filter(|kept| !replays.contains(&kept.hop.trace.unique()));
        for kept in own.filter(|kept| *kept.hop.resource == *arn) {
            match (step, kept.hop.kind) {
                (Step::Topic(_), HopKind::Publish) | (Step::Queue(_) | Step::Function(_), HopKind::Send) => {
                    found.push(kept);
                }
                (Step::Function(_), HopKind::Invoke) if kept.hop.links.is_empty() => {
                    found.push(sends(kept.hop.id).unwrap_or(kept));
                }
                (Step::Function(_), HopKind::Invoke) => {
                    let receives = kept
                        .hop
                        .links
                        .iter()
                        .filter_map(|link| gathered.hops.get(&(link.trace.unique(), link.span)));
                    found.extend(receives.filter_map(|receive| sends(receive.hop.id)));
                }
                _ => {}
            }
        }
        found.sort_by_key(|kept| (kept.hop.at, kept.position));
        let mut seen = HashSet::new();
        found.into_iter().filter(|kept| seen.insert(name(kept))).cloned().collect()
    }

    /// The hops whose input a hop is about: a function that ran for messages of a queue got them by their sends.
    pub(crate) async fn origins_of(&self, kept: KeptHop) -> Result<Vec<KeptHop>, ServiceError> {
        let hop = &kept.hop;
        match hop.kind {
            HopKind::Invoke if hop.links.is_empty() => Ok(vec![self.send_of(hop.id).await?.unwrap_or(kept)]),
            HopKind::Invoke => {
                let mut sends = Vec::new();
                for link in &hop.links {
                    if let Some(receive) = self.named(*link).await? {
                        sends.extend(self.send_of(receive.hop.id).await?);
                    }
                }
                if sends.is_empty() { Err(send_is_gone()) } else { Ok(sends) }
            }
            // A bucket's event that came to nobody has no send: it is kept where it was given up.
            HopKind::DeadLetter if hop.note("notification").is_some() => Ok(vec![kept]),
            // Of a message that never came to its subscriber, the publish is what there is.
            HopKind::DeadLetter if hop.note("subscription").is_some() => {
                let above = self.named(Link { trace: hop.trace, span: hop.parent }).await?;
                Ok(vec![above.filter(|above| above.hop.kind == HopKind::Send).unwrap_or(kept)])
            }
            HopKind::Send if hop.note(MOVED_FROM).is_some() => {
                Ok(vec![self.send_of(hop.id).await?.ok_or_else(send_is_gone)?])
            }
            HopKind::Receive | HopKind::DeadLetter => {
                Ok(vec![self.send_of(hop.id).await?.ok_or_else(send_is_gone)?])
            }
            HopKind::Return | HopKind::Delete | HopKind::Deliver => {
                let above = self.named(Link { trace: hop.trace, span: hop.parent }).await?;
                let above = above.ok_or_else(send_is_gone)?;
                if above.hop.kind == HopKind::Send {
                    return Ok(vec![above]);
                }
                Ok(vec![self.send_of(above.hop.id).await?.ok_or_else(send_is_gone)?])
            }
            HopKind::Start => {
                let own = self.engine.find(HopKey::Trace(hop.trace), None, HOPS_OF_TRACE_MAX).await?;
                let started = own.into_iter().rfind(|other| {
                    other.hop.parent == hop.span && matches!(other.hop.kind, HopKind::Send | HopKind::Publish)
                });
                Ok(vec![started.ok_or_else(send_is_gone)?])
            }
            _ => Ok(vec![kept]),
        }
    }

    /// The send of a message, if it is kept; of one that was moved, the send of what it was at first.
    async fn send_of(&self, id: u128) -> Result<Option<KeptHop>, ServiceError> {
        let mut id = id;
        for _ in 0..MOVES_MAX {
            let found = self.engine.find(HopKey::Id(id), None, HOPS_OF_MESSAGE_MAX).await?;
            let send = found.into_iter().find(|other| other.hop.kind == HopKind::Send);
            match send.as_ref().and_then(|send| send.hop.note(MOVED_FROM)).map(uuid::Uuid::parse_str) {
                Some(Ok(old)) => id = old.as_u128(),
                _ => return Ok(send),
            }
        }
        Ok(None)
    }

    /// A hop by its trace and span.
    async fn named(&self, link: Link) -> Result<Option<KeptHop>, ServiceError> {
        let found = self.engine.find(HopKey::Trace(link.trace), None, HOPS_OF_TRACE_MAX).await?;
        Ok(found
            .into_iter()
            .find(|other| other.hop.span == link.span && other.hop.trace.unique() == link.trace.unique()))
    }

    /// The publish that a message to a subscriber comes from, to that subscription alone.
    async fn published_for(&self, send: &KeptHop, subscription: &str) -> Result<Input, ServiceError> {
        let link = Link { trace: send.hop.trace, span: send.hop.parent };
        let publish = self.named(link).await?.filter(|above| above.hop.kind == HopKind::Publish);
        let publish = publish.ok_or_else(|| {
            ServiceError::new(&errors::NOT_FOUND, "the publish of this message is not kept (any more)")
        })?;
        Box::pin(self.recorded_input(&publish, Some(subscription.to_owned()))).await
    }

    /// What went in at a hop.
    pub(crate) async fn recorded_input(
        &self,
        kept: &KeptHop,
        only: Option<String>,
    ) -> Result<Input, ServiceError> {
        let whole = self.hop(&kept.position.to_string()).await?;
        let hop = &whole.hop;
        let is_endpoint = !hop.resource.starts_with("arn:");
        if let Some(subscription) = hop.note("subscription")
            && (hop.kind == HopKind::DeadLetter || is_endpoint)
        {
            return self.published_for(kept, subscription).await;
        }
        let place = match (hop.kind, hop.note("endpoint")) {
            (HopKind::DeadLetter, Some(endpoint)) => endpoint,
            _ => &hop.resource,
        };
        let arn: Arn = place.parse().map_err(|_| not_replayable(kept))?;
        if hop.payload.is_empty() {
            return Err(ServiceError::new(&errors::NOT_FOUND, "what went in there is not kept"));
        }
        match (hop.kind, arn.service()) {
            (HopKind::DeadLetter, _) if hop.note("notification").is_some() => {
                let event = String::from_utf8_lossy(&hop.payload).into_owned();
                start::notification(arn, event).ok_or_else(|| not_replayable(kept))
            }
            (HopKind::Send, "sqs") => {
                let message = self.ports.queues()?.open(&hop.payload)?;
                Ok(Input::Message(arn, message))
            }
            (HopKind::Send | HopKind::Invoke, "lambda") => Ok(Input::Event(arn, hop.form.body(&hop.payload))),
            (HopKind::Publish, "sns") => {
                let message = TopicMessage {
                    message: String::from_utf8_lossy(&hop.payload).into_owned(),
                    subject: hop.note("subject").map(str::to_owned),
                    attributes: hop.note("attributes").map(attributes).unwrap_or_default(),
                    group: hop.note("group").map(str::to_owned),
                };
                Ok(Input::Publish { topic: arn, message, only })
            }
            _ => Err(not_replayable(kept)),
        }
    }
}

fn send_is_gone() -> ServiceError {
    ServiceError::new(&errors::NOT_FOUND, "what this step got is not kept (any more)")
}

fn not_replayable(kept: &KeptHop) -> ServiceError {
    let text = format!("hop {} is no input of a function, queue or topic", kept.position);
    ServiceError::new(&errors::VALIDATION, text)
}

/// Attributes as a publish's hop notes them.
fn attributes(text: &str) -> BTreeMap<String, MessageAttribute> {
    let Ok(Json::Object(all)) = serde_json::from_str(text) else { return BTreeMap::new() };
    let one = |(name, attribute): (String, Json)| {
        let data_type = attribute["Type"].as_str()?.to_owned();
        let value = attribute["Value"].as_str()?;
        let value = if data_type.starts_with("Binary") {
            MessageAttributeValue::Binary(serde_json::from_value::<Blob>(attribute["Value"].clone()).ok()?)
        } else {
            MessageAttributeValue::Text(value.to_owned())
        };
        Some((name, MessageAttribute { data_type, value }))
    };
    all.into_iter().filter_map(one).collect()
}
