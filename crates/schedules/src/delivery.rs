//! One event on its way to one target, tried again by the target's retry policy, and in the end left to its dead-letter
//! queue.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html>

use std::collections::BTreeMap;
use std::time::Duration;

use aws::{Arn, TraceHeader};
use engine::{Enqueue, Link, SpanId, Timestamp, TraceId};
use serde::{Deserialize, Serialize};
use service::ports::{FunctionEvent, PortError, QueueMessage, Sender};

use crate::Schedules;
use crate::dead_letter;
use crate::figures::Outcome;
use crate::limits::{AGAIN_FIRST, AGAIN_MOST, EVENT_AGE_SECONDS, RETRY_ATTEMPTS_MAX};
use crate::records::Target;

/// Where a schedule's `Input` has the number of the attempt.
const ATTEMPT: &str = "<aws.scheduler.attempt-number>";

/// An event for a target; kept in the registry while it waits for its next attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// The rule or schedule.
    pub(crate) source: Arn,
    pub(crate) target: Target,
    /// When it was due.
    pub(crate) due: Timestamp,
    /// Of the event, as it is written.
    pub(crate) id: String,
    pub(crate) body: String,
    /// How often it was tried without success.
    pub(crate) attempts: u32,
    /// When it is tried next.
    pub(crate) next: Timestamp,
}

/// What became of an attempt.
pub(crate) enum Attempt {
    /// It goes into these queues, those of dead letters among them; into none if a topic has it, or nobody wants it.
    Ended(Option<Enqueue>),
    /// It is to be tried again at its `next`.
    Again(Box<Delivery>),
}

/// Which part of the retry policy has run out, as AWS calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Attempts,
    Age,
}

impl Delivery {
    fn number(&self) -> u128 {
        u128::from_str_radix(&self.id.replace('-', ""), 16).unwrap_or_default()
    }

    pub(crate) fn link(&self) -> Link {
        Link { trace: TraceId::begun(self.due, self.number()), span: SpanId::of(self.number()) }
    }

    pub(crate) fn trace(&self) -> TraceHeader {
        let link = self.link();
        TraceHeader::of(link.trace.0, link.span.0, true)
    }

    /// Whether a schedule sends it, not a rule.
    pub(crate) fn is_of_schedule(&self) -> bool {
        self.source.service() == "scheduler"
    }

    /// On whose behalf the targets are called: rules call by the targets' policies, schedules in a role of the account.
    fn sender(&self) -> Sender {
        let account = self.source.account().to_owned();
        if self.is_of_schedule() {
            return Sender::Account(account);
        }
        Sender::Service { principal: "events.amazonaws.com", source: self.source.clone(), account }
    }

    /// What the target gets.
    fn text(&self) -> String {
        if self.is_of_schedule() {
            return self.body.replace(ATTEMPT, &(self.attempts + 1).to_string());
        }
        self.body.clone()
    }

    pub(crate) fn message(&self, group: Option<String>) -> QueueMessage {
        QueueMessage {
            body: self.text().into(),
            attributes: BTreeMap::new(),
            group,
            deduplication_id: None,
            trace: Some(self.trace()),
            sender_id: self.sender().principal().to_owned(),
            sender: self.sender(),
        }
    }

    /// Whether it is older than the target wants it. An event that was never tried has no age but one that was asked for:
    /// what a server that was down has missed is made up for (docs/decisions/0019-missed-schedules.md).
    fn is_too_old(&self, now: Timestamp) -> bool {
        let most = self.target.event_age_seconds;
        let most = if self.attempts == 0 { most } else { most.or(Some(*EVENT_AGE_SECONDS.end())) };
        most.is_some_and(|most| now.since(self.due) > Duration::from_secs(most.into()))
    }

    /// The next attempt, later each time; none if the policy allows no more.
    fn again(mut self, now: Timestamp) -> Option<Self> {
        if self.attempts >= self.target.retry_attempts.unwrap_or(RETRY_ATTEMPTS_MAX) {
            return None;
        }
        let doubled = AGAIN_FIRST.saturating_mul(1 << self.attempts.min(16));
        self.attempts += 1;
        self.next = now.plus(doubled.min(AGAIN_MOST));
        Some(self)
    }
}

impl Schedules {
    /// Tries it once.
    pub(crate) async fn attempt(&self, delivery: Delivery) -> Result<Attempt, PortError> {
        let now = self.clock.now();
        if delivery.is_too_old(now) {
            let age = PortError::Failed("The event is older than its target wants it.".to_owned());
            return self.give_up(&delivery, &age, Some(Exhausted::Age)).await;
        }
        match self.prepare(&delivery).await {
            Ok(enqueue) => {
                self.figures.count(&delivery.source, Outcome::Invoked);
                Ok(Attempt::Ended(enqueue))
            }
            Err(error @ (PortError::Failed(_) | PortError::NotServed(_))) => {
                tracing::warn!(source = %delivery.source, target = %delivery.target.arn, %error, "a scheduled event could not be delivered yet");
                match delivery.clone().again(now) {
                    Some(again) => Ok(Attempt::Again(Box::new(again))),
                    None => self.give_up(&delivery, &error, Some(Exhausted::Attempts)).await,
                }
            }
            Err(refused) => self.give_up(&delivery, &refused, None).await,
        }
    }

    async fn give_up(
        &self,
        delivery: &Delivery,
        reason: &PortError,
        exhausted: Option<Exhausted>,
    ) -> Result<Attempt, PortError> {
        self.figures.count(&delivery.source, Outcome::Failed);
        tracing::warn!(source = %delivery.source, target = %delivery.target.arn, %reason, "a scheduled event could not be delivered");
        let Some(queue) = &delivery.target.dead_letter else { return Ok(Attempt::Ended(None)) };
        let mut message = delivery.message(None);
        message.attributes = dead_letter::attributes(delivery, reason, exhausted);
        match self.ports.queues()?.prepare(queue.clone(), message).await {
            Ok(enqueue) => Ok(Attempt::Ended(Some(enqueue))),
            Err(PortError::Failed(error)) => Err(PortError::Failed(error)),
            Err(error) => {
                tracing::warn!(source = %delivery.source, %queue, %error, "nor into its dead-letter queue");
                Ok(Attempt::Ended(None))
            }
        }
    }

    async fn prepare(&self, delivery: &Delivery) -> Result<Option<Enqueue>, PortError> {
        let (target, trace) = (&delivery.target, Some(delivery.trace()));
        let arn = target.arn.clone();
        match arn.service() {
            "lambda" => {
                let event =
                    FunctionEvent { payload: delivery.text().into(), trace, sender: delivery.sender() };
                self.ports.functions()?.prepare(arn, event).await.map(Some)
            }
            "sqs" => {
                let message = delivery.message(target.message_group.clone());
                self.ports.queues()?.prepare(arn, message).await.map(Some)
            }
            _ => {
                let topics = self.ports.topics()?;
                topics.publish(arn, None, delivery.text(), trace, delivery.sender()).await.map(|()| None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(retry_attempts: Option<u32>, event_age_seconds: Option<u32>) -> Delivery {
        let target = Target {
            arn: "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap(),
            role_arn: None,
            input: None,
            input_path: None,
            dead_letter: None,
            retry_attempts,
            event_age_seconds,
            message_group: None,
        };
        Delivery {
            source: "arn:aws:events:us-east-1:000000000000:rule/tick".parse().unwrap(),
            target,
            due: Timestamp(0),
            id: "00000000-0000-0000-0000-000000000001".to_owned(),
            body: String::new(),
            attempts: 0,
            next: Timestamp(0),
        }
    }

    #[test]
    fn attempts_come_later_each_time_and_end_with_the_policy() {
        let waits = |retry_attempts| {
            let mut waits = Vec::new();
            let mut last = delivery(retry_attempts, None);
            while let Some(again) = last.clone().again(last.next) {
                waits.push((again.next.0 - last.next.0) / 1000);
                last = again;
            }
            waits
        };
        assert_eq!(waits(Some(0)), [0_u64; 0]);
        assert_eq!(waits(Some(4)), [1, 2, 4, 8]);
        assert_eq!(waits(None).len(), 185);
        assert_eq!(waits(None).last(), Some(&480));
    }

    #[test]
    fn an_event_is_too_old_by_the_policy_or_after_a_day_of_attempts() {
        let at = |seconds: u64| Timestamp(seconds * 1000);
        assert!(delivery(None, Some(60)).is_too_old(at(61)) && !delivery(None, Some(60)).is_too_old(at(60)));
        assert!(!delivery(None, None).is_too_old(at(1_000_000)));
        let tried = Delivery { attempts: 1, ..delivery(None, None) };
        assert!(tried.is_too_old(at(86_401)) && !tried.is_too_old(at(86_400)));
    }
}
