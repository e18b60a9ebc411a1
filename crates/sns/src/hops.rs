//! What becomes of a publish, told to the history: the message, what each subscription made of it, and its deliveries.

use std::sync::Arc;

use aws::TraceHeader;
use engine::{
    Delivery, Enqueue, Hop, HopKind, HopOutcome, Link, MessageId, PayloadForm, QueueKey, SpanId, Timestamp,
    TraceId,
};
use service::Context;
use service::ports::MessageAttributeValue;
use service::way::{self, HeldBack};
use uuid::Uuid;

use crate::fan_out::Published;
use crate::outgoing::Outgoing;
use crate::recorded::Recorded;
use crate::records::SubscriptionRecord;
use crate::topics::Subscription;
use crate::{Sns, envelope};

/// Subscriptions that did not want a message, of which each publish tells.
const UNWANTED_TOLD_MAX: usize = 100;

/// What brought a publish about.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    trace: TraceId,
    parent: SpanId,
    header: Option<TraceHeader>,
    request_id: Option<Uuid>,
    /// The one subscription that is to get it, whatever its filter policy says.
    pub(crate) only: Option<String>,
}

impl Origin {
    /// A call. Its trace is the one it came with, or the message's `traceparent`, or one that begins here.
    pub(crate) fn of_call(context: &Context, outgoing: &Outgoing) -> Self {
        let header = context.trace.clone().or_else(|| traceparent(outgoing));
        let request_id = Some(context.request_id.0);
        Self { request_id, ..Self::new(header, context.link().trace) }
    }

    /// Another service, on behalf of somebody.
    pub(crate) fn of_service(header: Option<TraceHeader>, id: Uuid, now: Timestamp) -> Self {
        Self::new(header, TraceId::begun(now, id.as_u128()))
    }

    /// The same at a topic: what it brings about may go no further than a replay is to go.
    pub(crate) fn at(&self, topic: &str) -> Result<Self, HeldBack> {
        way::to(self.header.as_ref().map(TraceHeader::as_str), topic)?;
        let header = self.header.clone().map(|header| way::beyond(header, topic));
        Ok(Self { header, ..self.clone() })
    }

    fn new(header: Option<TraceHeader>, begun: TraceId) -> Self {
        let ids = header.as_ref().and_then(|header| TraceHeader::ids(header.as_str()));
        let (trace, parent) =
            ids.map_or((begun, SpanId(0)), |(trace, parent)| (TraceId(trace), SpanId(parent)));
        Self { trace, parent, header, request_id: None, only: None }
    }
}

fn traceparent(outgoing: &Outgoing) -> Option<TraceHeader> {
    match &outgoing.attributes.get("traceparent")?.value {
        MessageAttributeValue::Text(text) => TraceHeader::from_traceparent(text),
        MessageAttributeValue::Binary(_) => None,
    }
}

/// A publish under way.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    /// Whether its hops are kept.
    pub(crate) told: bool,
    message_id: u128,
    link: Link,
    /// Under which header the message goes on.
    pub(crate) onward: Option<TraceHeader>,
    /// It comes from the archive.
    pub(crate) archived: bool,
}

impl Publication {
    /// Of a message that was published long ago.
    pub(crate) fn archived(self) -> Self {
        Self { archived: true, ..self }
    }
}

impl Sns {
    /// A message of that id is published.
    pub(crate) fn publication(&self, origin: &Origin, message_id: Uuid) -> Publication {
        let message_id = message_id.as_u128();
        let link = Link { trace: origin.trace, span: SpanId::of(message_id) };
        let told = self.engine.keeps(origin.trace);
        let onward = match &origin.header {
            Some(header) => Some(header.with_parent(link.span.0)),
            None => told.then(|| TraceHeader::of(link.trace.0, link.span.0, true)),
        };
        Publication { told, message_id, link, onward, archived: false }
    }

    /// The publish itself.
    pub(crate) fn tell_published(
        &self,
        topic: &str,
        publication: &Publication,
        origin: &Origin,
        outgoing: &Outgoing,
        outcome: HopOutcome,
    ) {
        let hop = self.publishing(topic, publication, origin, outgoing);
        self.engine.record(Hop { outcome, ..hop });
    }

    /// A replay ends before the topic; the publisher is answered as if it had taken the message.
    pub(crate) fn hold_back(
        &self,
        topic: &str,
        origin: &Origin,
        outgoing: &Outgoing,
        why: HeldBack,
    ) -> Published {
        let message_id = self.ids.uuid();
        let publication = self.publication(origin, message_id);
        if publication.told {
            self.engine.record(why.tell(self.publishing(topic, &publication, origin, outgoing)));
        }
        Published { message_id: message_id.to_string(), sequence_number: None }
    }

    fn publishing(
        &self,
        topic: &str,
        publication: &Publication,
        origin: &Origin,
        outgoing: &Outgoing,
    ) -> Hop {
        let hop = Hop::new(HopKind::Publish, publication.link, origin.parent, self.clock.now(), topic.into());
        let payload = outgoing.message("default").to_owned().into();
        let mut hop = Hop { payload, id: publication.message_id, ..hop };
        if let Some(request_id) = origin.request_id {
            hop = hop.noting("requestId", request_id.to_string());
        }
        described(hop, outgoing)
    }

    /// A message to one phone number or device, without a topic: the call is what sends it.
    pub(crate) fn tell_published_directly(
        &self,
        context: &Context,
        recorded: &Recorded,
        goes: Result<(), HeldBack>,
    ) {
        let link = context.link();
        if !self.engine.keeps(link.trace) {
            return;
        }
        let id = Uuid::parse_str(&recorded.message_id).unwrap_or_default().as_u128();
        let call = context.hop(HopKind::Call, recorded.to.as_str()).noting("action", "Publish");
        self.engine.record(call);
        let own = Link { span: SpanId::of(id), ..link };
        let send = Hop::new(HopKind::Send, own, link.span, self.clock.now(), recorded.to.as_str().into());
        let payload = recorded.message.clone().into();
        let send = Hop { id, payload, ..send }.noting("protocol", &*recorded.protocol);
        self.engine.record(way::told(send, goes));
    }

    /// What the subscriptions did that did not want the message.
    pub(crate) fn tell_unwanted(
        &self,
        publication: &Publication,
        subscriptions: &[Subscription],
        outgoing: &Outgoing,
    ) {
        let reasons = subscriptions.iter().filter_map(|subscription| {
            Some((subscription, crate::fan_out::why_unwanted(subscription, outgoing)?))
        });
        for (subscription, reason) in reasons.take(UNWANTED_TOLD_MAX) {
            let span = SpanId::of_receipt(&subscription.record.arn).0 ^ publication.link.span.0;
            let link = Link { trace: publication.link.trace, span: SpanId(span) };
            let resource = Arc::from(subscription.record.arn.as_str());
            let hop = Hop::new(HopKind::Filter, link, publication.link.span, self.clock.now(), resource);
            let hop = hop.noting("reason", reason).noting("endpoint", &*subscription.record.endpoint);
            self.engine.record(Hop { outcome: HopOutcome::Skipped, ..hop });
        }
    }

    /// The message on its way to a subscriber that wants it; `undeliverable`: into a dead-letter queue instead.
    pub(crate) fn sending(
        &self,
        publication: &Publication,
        subscription: &SubscriptionRecord,
        enqueue: &Enqueue,
        undeliverable: Option<&str>,
    ) -> Hop {
        let hop =
            service::hops::sent(enqueue, publication.link.trace, publication.link.span, self.clock.now());
        let mut hop = hop.noting("subscription", &*subscription.arn);
        if publication.archived {
            hop = hop.noting("replayed", "from the archive");
        }
        if let Some(reason) = undeliverable {
            let hop = hop.noting("reason", reason).noting("endpoint", &*subscription.endpoint);
            let hop = hop.noting("from", subscription.topic.as_str());
            return Hop { kind: HopKind::DeadLetter, outcome: HopOutcome::Failed, ..hop };
        }
        match subscription.protocol.as_str() {
            "sqs" => hop,
            "lambda" => {
                Hop { form: PayloadForm::Lined, resource: subscription.endpoint.as_str().into(), ..hop }
            }
            // Whoever delivers it tells what.
            _ => Hop {
                payload: bytes::Bytes::new(),
                resource: subscription.endpoint.as_str().into(),
                ..hop.noting("protocol", &*subscription.protocol)
            },
        }
    }

    /// One try to deliver a mail or a post.
    pub(crate) fn tell_delivered(&self, delivery: &Delivery, told: &Delivered<'_>) {
        let Some((trace, _)) = told.trace.and_then(TraceHeader::ids) else { return };
        if !self.engine.keeps(TraceId(trace)) {
            return;
        }
        let link = Link { trace: TraceId(trace), span: SpanId::of_receipt(&delivery.receipt_handle) };
        let sent = SpanId::of(delivery.message_id.0);
        let hop = Hop::new(HopKind::Deliver, link, sent, told.at, told.to.into());
        let took_us = u64::try_from(self.clock.now().since(told.at).as_micros()).unwrap_or(u64::MAX);
        let answer = bytes::Bytes::copy_from_slice(told.answer.as_bytes());
        let payload = bytes::Bytes::copy_from_slice(told.body.as_bytes());
        let hop =
            Hop { took_us, answer, payload, outcome: told.outcome, count: delivery.receive_count, ..hop };
        self.engine.record(hop.noting("protocol", told.protocol).noting("answer", told.answer));
    }

    /// What was to leave for a mailbox or an endpoint is given up; `to`: its dead-letter queue, and the message in it.
    pub(crate) fn tell_given_up(
        &self,
        delivery: &Delivery,
        given_up: &GivenUp<'_>,
        to: Option<(&str, MessageId)>,
    ) {
        let Some((trace, _)) = given_up.trace.and_then(TraceHeader::ids) else { return };
        if !self.engine.keeps(TraceId(trace)) {
            return;
        }
        let own = delivery.message_id.0;
        let span = to.map_or_else(|| SpanId::of(own.rotate_left(1)), |(_, letter)| SpanId::of(letter.0));
        let link = Link { trace: TraceId(trace), span };
        let queue = to.map(|(queue, _)| queue).unwrap_or_default();
        let hop = Hop::new(HopKind::DeadLetter, link, SpanId::of(own), self.clock.now(), queue.into());
        let hop = hop.noting("from", given_up.topic).noting("subscription", given_up.subscription);
        let hop = hop.noting("endpoint", given_up.endpoint).noting("reason", given_up.reason);
        self.engine.record(Hop { id: own, outcome: HopOutcome::Failed, ..hop });
    }

    /// A subscriber could not be reached, and there is no dead-letter queue that took the message.
    pub(crate) fn nowhere(
        &self,
        publication: &Publication,
        topic: &str,
        subscription: &SubscriptionRecord,
        reason: &str,
    ) -> Hop {
        let own = SpanId::of_receipt(&subscription.arn).0.rotate_left(1) ^ publication.link.span.0;
        let link = Link { trace: publication.link.trace, span: SpanId(own) };
        let hop = Hop::new(HopKind::DeadLetter, link, publication.link.span, self.clock.now(), "".into());
        let hop = hop.noting("from", topic).noting("subscription", &*subscription.arn);
        let hop = hop.noting("endpoint", &*subscription.endpoint).noting("reason", reason);
        Hop { id: own.into(), outcome: HopOutcome::Failed, ..hop }
    }

    /// Records hops of sends, but for queues that were gone.
    pub(crate) fn tell_all(&self, hops: Vec<Hop>, gone: &[QueueKey]) {
        for hop in hops.into_iter().filter(|hop| !gone.iter().any(|gone| gone.as_str() == &*hop.resource)) {
            self.engine.record(hop);
        }
    }
}

/// What is given up.
pub(crate) struct GivenUp<'a> {
    pub(crate) trace: Option<&'a str>,
    pub(crate) topic: &'a str,
    pub(crate) subscription: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) reason: &'a str,
}

/// What there is to tell of a try to deliver.
pub(crate) struct Delivered<'a> {
    pub(crate) trace: Option<&'a str>,
    pub(crate) protocol: &'static str,
    pub(crate) to: &'a str,
    pub(crate) body: &'a str,
    pub(crate) answer: &'a str,
    pub(crate) outcome: HopOutcome,
    pub(crate) at: Timestamp,
}

/// What a message has besides its text.
fn described(mut hop: Hop, outgoing: &Outgoing) -> Hop {
    if let Some(subject) = &outgoing.subject {
        hop = hop.noting("subject", subject.as_str());
    }
    if !outgoing.attributes.is_empty() {
        let attributes = serde_json::to_string(&envelope::attributes(&outgoing.attributes));
        hop = hop.noting("attributes", attributes.expect("text keys and text values"));
    }
    if outgoing.messages.len() > 1 {
        let messages = serde_json::to_string(&outgoing.messages).expect("text keys and text values");
        hop = hop.noting("messages", messages);
    }
    if let Some(group) = &outgoing.group {
        hop = hop.noting("group", group.as_str());
    }
    match &outgoing.deduplication_id {
        Some(id) => hop.noting("deduplicationId", id.as_str()),
        None => hop,
    }
}
