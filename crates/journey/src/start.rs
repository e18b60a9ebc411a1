//! Starting a step: what it gets is wrapped exactly as it would be on its way there.

use std::collections::BTreeMap;

use aws::{Arn, TraceHeader};
use bytes::Bytes;
use engine::{Commit, Enqueue, Hop, HopKind, Link, PayloadForm, SpanId, TraceId};
use service::ports::{FunctionEvent, PortError, QueueMessage, Sender, TopicMessage};
use service::{Context, ServiceError, way};

use crate::steps::Step;
use crate::{Journeys, errors};

/// What a step gets.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// A message into a queue, as it is.
    Message(Arn, QueueMessage),
    /// An event for a function.
    Event(Arn, Bytes),
    /// A message to a topic, or to one of its subscriptions.
    Publish { topic: Arn, message: TopicMessage, only: Option<String> },
}

impl Input {
    /// The resource that gets it.
    pub(crate) fn resource(&self) -> &Arn {
        match self {
            Self::Message(arn, _) | Self::Event(arn, _) | Self::Publish { topic: arn, .. } => arn,
        }
    }

    /// What people read of it.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Message(_, message) => message.body.as_str().to_owned(),
            Self::Event(_, event) => String::from_utf8_lossy(event).into_owned(),
            Self::Publish { message, .. } => message.message.clone(),
        }
    }

    /// The same with another text.
    #[must_use]
    pub(crate) fn with_text(self, text: String) -> Self {
        match self {
            Self::Message(queue, message) => {
                Self::Message(queue, QueueMessage { body: text.into(), ..message })
            }
            Self::Event(function, _) => Self::Event(function, text.into()),
            Self::Publish { topic, message, only } => {
                Self::Publish { topic, message: TopicMessage { message: text, ..message }, only }
            }
        }
    }
}

/// How a start is told of.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// `start` or `replay`.
    pub(crate) action: &'static str,
    /// What it repeats.
    pub(crate) links: Vec<Link>,
    pub(crate) run: Option<String>,
    /// The message that it repeats.
    pub(crate) message: u128,
    /// The resources that it may reach, its end last; empty: all.
    pub(crate) way: Vec<String>,
    /// The objects that were restored for it; empty: none.
    pub(crate) restored: String,
}

impl Journeys {
    /// What a step gets for a message: in the envelope of its subscription where it has one, through its queue where a
    /// mapping reads one.
    pub(crate) async fn wrapped(&self, step: &Step, text: String) -> Result<Input, ServiceError> {
        match step {
            Step::Topic(topic) => Ok(published(topic.clone(), text, None)),
            Step::Queue(queue) => self.to_endpoint(queue.clone(), text).await,
            Step::Function(function) => {
                let queues = self.ports.functions()?.queues_of(function.clone()).await?;
                let endpoint = queues.into_iter().next().unwrap_or_else(|| function.clone());
                self.to_endpoint(endpoint, text).await
            }
        }
    }

    /// By the first subscription that a queue or function has, or as it is.
    async fn to_endpoint(&self, endpoint: Arn, text: String) -> Result<Input, ServiceError> {
        let subscribed = match self.ports.topics() {
            Ok(topics) => topics.subscriptions_of(endpoint.clone()).await?,
            Err(_) => Vec::new(),
        };
        if let Some((topic, subscription)) = subscribed.into_iter().next() {
            return Ok(published(topic, text, Some(subscription)));
        }
        if endpoint.service() == "lambda" {
            return Ok(Input::Event(endpoint, text.into()));
        }
        Ok(message(endpoint, text))
    }

    /// Gives a step its input, as a trace of its own. Durable when it answers.
    pub(crate) async fn start(
        &self,
        context: &Context,
        id: u128,
        input: Input,
        told: Told,
    ) -> Result<TraceId, ServiceError> {
        let link = Link { trace: TraceId::begun(context.now, id), span: SpanId::of(id) };
        let header = way_of(TraceHeader::of(link.trace.0, link.span.0, true), &told.way)?;
        let resource = input.resource().as_str().into();
        let hop = Hop::new(HopKind::Start, link, SpanId(0), context.now, resource);
        let mut hop = Hop { id, links: told.links, ..hop }.noting("action", told.action);
        hop = hop.noting("caller", &*context.caller.access_key_id);
        if let Some(run) = told.run {
            hop = hop.noting("run", run);
        }
        if told.message != 0 {
            hop = hop.noting("message", uuid::Uuid::from_u128(told.message).to_string());
        }
        if let Some(end) = told.way.last() {
            hop = hop.noting("to", end.as_str());
        }
        if !told.restored.is_empty() {
            hop = hop.noting("restored", told.restored);
        }
        let hop = Hop { payload: input.text().into(), ..hop };
        self.hand_over(input, header, link).await.map_err(refused)?;
        self.engine.record(hop);
        Ok(link.trace)
    }

    async fn hand_over(&self, input: Input, header: TraceHeader, link: Link) -> Result<(), PortError> {
        match input {
            Input::Message(queue, message) => {
                // Whoever may reach this API may send into every queue.
                let sender = Sender::Account(queue.account().to_owned());
                let deduplication_id = message.group.as_ref().map(|_| format!("{:016x}", link.span.0));
                let deduplication_id = deduplication_id.filter(|_| queue.resource().ends_with(".fifo"));
                let message =
                    QueueMessage { trace: Some(header.clone()), deduplication_id, sender, ..message };
                let goes = way::into(Some(header.as_str()), queue.as_str());
                let enqueue = self.ports.queues()?.prepare(queue, message).await?;
                match goes {
                    Ok(()) => self.send(enqueue, link, None).await,
                    Err(why) => {
                        let hop = service::hops::sent(&enqueue, link.trace, link.span, self.clock.now());
                        self.engine.record(why.tell(hop));
                        Ok(())
                    }
                }
            }
            Input::Event(function, payload) => {
                // Likewise every function.
                let sender = Sender::Account(function.account().to_owned());
                let event = FunctionEvent { payload, trace: Some(header), sender };
                let enqueue = self.ports.functions()?.prepare(function.clone(), event).await?;
                self.send(enqueue, link, Some(function)).await
            }
            Input::Publish { topic, message, only } => {
                self.ports.topics()?.publish_to(topic, message, only, Some(header)).await
            }
        }
    }

    async fn send(&self, enqueue: Enqueue, link: Link, function: Option<Arn>) -> Result<(), PortError> {
        let mut hop = service::hops::sent(&enqueue, link.trace, link.span, self.clock.now());
        if let Some(function) = function {
            hop = Hop { form: PayloadForm::Lined, resource: function.as_str().into(), ..hop };
        }
        self.engine.commit(Commit { home: None, enqueue: vec![enqueue] }).await?;
        self.engine.record(hop);
        Ok(())
    }
}

fn way_of(header: TraceHeader, way: &[String]) -> Result<TraceHeader, ServiceError> {
    if way.is_empty() {
        return Ok(header);
    }
    let resources: Vec<&str> = way.iter().map(String::as_str).collect();
    way::along(&header, &resources).ok_or_else(|| {
        let text = format!("{} resources lie on the way, more than {}", way.len(), way::RESOURCES_MAX);
        ServiceError::new(&errors::VALIDATION, text)
    })
}

/// A bucket's event for whom it should have told.
pub(crate) fn notification(target: Arn, event: String) -> Option<Input> {
    match target.service() {
        "sqs" => Some(message(target, event)),
        "lambda" => Some(Input::Event(target, event.into())),
        "sns" => {
            let subject = Some("Amazon S3 Notification".to_owned());
            let message = TopicMessage { message: event, subject, ..TopicMessage::default() };
            Some(Input::Publish { topic: target, message, only: None })
        }
        _ => None,
    }
}

/// A text for a queue.
fn message(queue: Arn, text: String) -> Input {
    let message = QueueMessage {
        body: text.into(),
        attributes: BTreeMap::new(),
        group: group_of(&queue),
        deduplication_id: None,
        trace: None,
        sender_id: queue.account().to_owned(),
        sender: Sender::Account(queue.account().to_owned()),
    };
    Input::Message(queue, message)
}

fn published(topic: Arn, message: String, only: Option<String>) -> Input {
    let group = group_of(&topic);
    Input::Publish { topic, message: TopicMessage { message, group, ..TopicMessage::default() }, only }
}

/// The message group of what is started in a FIFO queue or topic.
fn group_of(resource: &Arn) -> Option<String> {
    resource.resource().ends_with(".fifo").then(|| "konekuta".to_owned())
}

fn refused(error: PortError) -> ServiceError {
    match error {
        PortError::NotFound(what) => {
            ServiceError::new(&errors::NOT_FOUND, format!("{what} does not exist (any more)"))
        }
        PortError::Refused(reason) => ServiceError::new(&errors::VALIDATION, reason),
        other => other.into(),
    }
}
