//! Something is due: its targets get their events, in one commit; what cannot be delivered goes to the targets'
//! dead-letter queues.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>

use std::collections::BTreeMap;

use aws::{Arn, TraceHeader};
use engine::{Commit, Enqueue, Hop, HopKind, Link, PayloadForm, SpanId, Timestamp, TraceId};
use service::ports::{
    FunctionEvent, MessageAttribute, MessageAttributeValue, PortError, QueueMessage, Sender,
};

use crate::Schedules;
use crate::event::payload;
use crate::figures::Outcome;
use crate::records::{Target, Timed};

/// One time at which something was due.
pub(crate) struct Firing<'a> {
    pub(crate) timed: &'a Timed,
    pub(crate) due: Timestamp,
    /// Of this event.
    pub(crate) id: aws::RequestId,
}

impl Firing<'_> {
    fn link(&self) -> Link {
        let id = self.id.0.as_u128();
        Link { trace: TraceId::begun(self.due, id), span: SpanId::of(id) }
    }

    /// On whose behalf the targets are called: rules call by the targets' policies, schedules in a role of the account.
    fn sender(&self) -> Sender {
        let source = self.timed.arn();
        let account = source.account().to_owned();
        match self.timed {
            Timed::Rule(_) => {
                Sender::Service { principal: "events.amazonaws.com", source: source.clone(), account }
            }
            Timed::Schedule(_) => Sender::Account(account),
        }
    }

    fn message(&self, body: String, group: Option<String>, trace: TraceHeader) -> QueueMessage {
        QueueMessage {
            body: body.into(),
            attributes: BTreeMap::new(),
            group,
            deduplication_id: None,
            trace: Some(trace),
            sender_id: self.sender().principal().to_owned(),
            sender: self.sender(),
        }
    }
}

impl Schedules {
    /// Delivers to all targets. `Failed`: nothing was delivered, it must be tried again.
    pub(crate) async fn fire(&self, firing: &Firing<'_>) -> Result<(), PortError> {
        let mut enqueue = Vec::new();
        for target in firing.timed.targets() {
            enqueue.extend(self.for_target(firing, target).await?);
        }
        let link = firing.link();
        self.tell(firing, link, &enqueue);
        if !enqueue.is_empty() {
            let home = Some(firing.timed.arn().as_str().into());
            self.engine.commit(Commit { home, enqueue }).await?;
        }
        Ok(())
    }

    async fn for_target(&self, firing: &Firing<'_>, target: &Target) -> Result<Option<Enqueue>, PortError> {
        let arn = firing.timed.arn();
        let body = payload(firing, target);
        match self.prepare(firing, target, body.clone()).await {
            Ok(enqueue) => {
                self.figures.count(arn, Outcome::Invoked);
                Ok(enqueue)
            }
            Err(error @ (PortError::Failed(_) | PortError::NotServed(_))) => Err(error),
            Err(refused) => {
                self.figures.count(arn, Outcome::Failed);
                tracing::warn!(source = %arn, target = %target.arn, reason = %refused, "a scheduled event could not be delivered");
                self.to_dead_letters(firing, target, body, &refused).await
            }
        }
    }

    async fn prepare(
        &self,
        firing: &Firing<'_>,
        target: &Target,
        body: String,
    ) -> Result<Option<Enqueue>, PortError> {
        let link = firing.link();
        let trace = TraceHeader::of(link.trace.0, link.span.0, true);
        let arn = target.arn.clone();
        match arn.service() {
            "lambda" => {
                let event =
                    FunctionEvent { payload: body.into(), trace: Some(trace), sender: firing.sender() };
                self.ports.functions()?.prepare(arn, event).await.map(Some)
            }
            "sqs" => {
                let message = firing.message(body, target.message_group.clone(), trace);
                self.ports.queues()?.prepare(arn, message).await.map(Some)
            }
            _ => self
                .ports
                .topics()?
                .publish(arn, None, body, Some(trace), firing.sender())
                .await
                .map(|()| None),
        }
    }

    async fn to_dead_letters(
        &self,
        firing: &Firing<'_>,
        target: &Target,
        body: String,
        refused: &PortError,
    ) -> Result<Option<Enqueue>, PortError> {
        let Some(queue) = &target.dead_letter else { return Ok(None) };
        let link = firing.link();
        let mut message = firing.message(body, None, TraceHeader::of(link.trace.0, link.span.0, true));
        message.attributes = why(firing, target, refused);
        match self.ports.queues()?.prepare(queue.clone(), message).await {
            Ok(enqueue) => Ok(Some(enqueue)),
            Err(PortError::Failed(error)) => Err(PortError::Failed(error)),
            Err(error) => {
                tracing::warn!(source = %firing.timed.arn(), %queue, %error, "nor into its dead-letter queue");
                Ok(None)
            }
        }
    }

    fn tell(&self, firing: &Firing<'_>, link: Link, sent: &[Enqueue]) {
        if !self.engine.keeps(link.trace) {
            return;
        }
        let now = self.clock.now();
        let resource = firing.timed.arn().as_str().into();
        let hop = Hop::new(HopKind::Start, link, SpanId(0), now, resource);
        self.engine.record(Hop { id: firing.id.0.as_u128(), ..hop }.noting("action", "Scheduled Event"));
        for enqueue in sent {
            let hop = service::hops::sent(enqueue, link.trace, link.span, now);
            let of_function = firing.timed.targets().iter().any(|target| {
                target.arn.service() == "lambda" && !enqueue.queue.as_str().starts_with("arn:")
            });
            let form = if of_function { PayloadForm::Lined } else { PayloadForm::Headed };
            self.engine.record(Hop { form, ..hop });
        }
    }
}

/// What the dead-letter queue is told.
fn why(firing: &Firing<'_>, target: &Target, refused: &PortError) -> BTreeMap<String, MessageAttribute> {
    let code = match refused {
        PortError::Denied(_) => "NO_PERMISSIONS",
        PortError::NotFound(_) => "RESOURCE_NOT_FOUND",
        _ => "SDK_CLIENT_ERROR",
    };
    let of = |source: &str| match firing.timed {
        Timed::Rule(_) => format!("RULE_{source}"),
        Timed::Schedule(_) => format!("SCHEDULE_{source}"),
    };
    let text = |text: &str| MessageAttribute {
        data_type: "String".to_owned(),
        value: MessageAttributeValue::Text(text.to_owned()),
    };
    BTreeMap::from([
        (of("ARN"), text(firing.timed.arn().as_str())),
        ("TARGET_ARN".to_owned(), text(target.arn.as_str())),
        ("ERROR_CODE".to_owned(), text(code)),
        ("ERROR_MESSAGE".to_owned(), text(&refused.to_string())),
    ])
}

/// Whether something can be called at its time. The message says what can.
pub(crate) fn check_target(arn: &Arn) -> Result<(), String> {
    match arn.service() {
        "lambda" | "sqs" | "sns" => Ok(()),
        other => Err(format!(
            "targets of the service {other} are not supported by Konekuta; functions, queues and topics are"
        )),
    }
}
