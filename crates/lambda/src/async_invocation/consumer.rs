//! One task a function: takes its asynchronous events from their queue and brings each to its end.
//!
//! An event is invisible for a minute at a time and kept so while it runs, so that after a crash it is tried again soon.

use std::sync::Arc;
use std::time::Duration;

use aws::{Arn, RequestId, TraceHeader};
use engine::{Delivery, Error, QueueKey, Receive, Refusal, Settle, Settlement, SpanId};
use service::Stop;
use service::ports::PortError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::VISIBILITY_SECONDS;
use super::dead_letter::{Obituary, bury};
use super::destination::{Ending, deliver};
use super::event::{self, StoredEvent};
use super::retry::{Attempts, Next, after_failure, after_throttle};
use crate::Lambda;
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::function_name::qualified;
use crate::functions::check_active;
use crate::limits::{ASYNCHRONOUS_CONCURRENCY_MAX, DRAIN, LONG_POLL};
use crate::records::{EventInvoke, FunctionRecord};
use crate::recursion::{Lineage, is_loop};

/// After an error of the queue it is asked again after so long.
const RETRY: Duration = Duration::from_secs(5);
/// An event whose dead-letter queue fails is tried again after so long, seconds.
const BURIAL_RETRY_SECONDS: u32 = 60;
/// Events received at once.
const RECEIVE_MAX: u32 = 10;

impl Lambda {
    /// Sees to a function's asynchronous events until it is deleted or the program ends.
    pub(crate) fn attend_events(&self, function: &FunctionRecord) {
        let (queue, arn) = (function.event_queue(), function.arn.clone());
        self.attend("asynchronous invocation", queue.to_string(), move |lambda, stop| {
            let consumer = Arc::new(Consumer { lambda, queue, arn });
            consume(consumer, stop)
        });
    }
}

struct Consumer {
    lambda: Arc<Lambda>,
    queue: QueueKey,
    arn: Arn,
}

async fn consume(consumer: Arc<Consumer>, mut stop: Stop) {
    let room = Arc::new(Semaphore::new(ASYNCHRONOUS_CONCURRENCY_MAX));
    let mut running = JoinSet::new();
    loop {
        let received = tokio::select! {
            biased;
            () = stop.requested() => break,
            received = consumer.receive(&room) => received,
        };
        match received {
            Ok((deliveries, mut places)) => {
                for delivery in deliveries {
                    let (consumer, place) = (Arc::clone(&consumer), places.split(1));
                    running.spawn(async move {
                        consumer.bring_to_its_end(delivery).await;
                        drop(place);
                    });
                }
            }
            Err(Error::Refused(Refusal::NoSuchQueue(_))) => break,
            Err(error) => {
                tracing::error!(function = %consumer.arn, %error, "asynchronous events could not be received");
                let until = consumer.lambda.clock.now().plus(RETRY);
                tokio::select! {
                    () = consumer.lambda.clock.sleep_until(until) => {}
                    () = stop.requested() => break,
                }
            }
        }
        while running.try_join_next().is_some() {}
    }
    let until = consumer.lambda.clock.now().plus(DRAIN);
    tokio::select! {
        () = async { while running.join_next().await.is_some() {} } => {}
        () = consumer.lambda.clock.sleep_until(until) => {}
    }
}

impl Consumer {
    /// Events, once there is room to run one, and the places they run in.
    async fn receive(&self, room: &Arc<Semaphore>) -> Result<(Vec<Delivery>, OwnedSemaphorePermit), Error> {
        let mut places = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
        let more = u32::try_from(room.available_permits()).unwrap_or(u32::MAX).min(RECEIVE_MAX - 1);
        if let Ok(more) = Arc::clone(room).try_acquire_many_owned(more) {
            places.merge(more);
        }
        let receive = Receive {
            queue: self.queue.clone(),
            max_messages: u32::try_from(places.num_permits()).unwrap_or(1),
            visibility_timeout_seconds: Some(VISIBILITY_SECONDS),
            wait: LONG_POLL,
            attempt_id: None,
        };
        Ok((self.lambda.engine.receive(receive).await?, places))
    }

    async fn bring_to_its_end(&self, delivery: Delivery) {
        let Some(event) = event::read(&delivery.content) else {
            tracing::error!(queue = %self.queue, "an unreadable asynchronous event is dropped");
            return self.settle(&delivery, Settle::Delete).await;
        };
        let next = self.attempt(&delivery, &event).await;
        match next {
            Ok(settle) => self.settle(&delivery, settle).await,
            Err(error) => {
                // It becomes visible by itself.
                tracing::error!(function = %self.arn, %error, "asynchronous event waits");
            }
        }
    }

    async fn attempt(&self, delivery: &Delivery, event: &StoredEvent) -> Result<Settle, Error> {
        let Some(function) = self.lambda.called_function(&self.arn).await? else {
            // Deleted; its queue follows.
            return Ok(Settle::VisibleIn { seconds: VISIBILITY_SECONDS });
        };
        let mut attempts = self.lambda.attempts(&self.queue, delivery).await?;
        let function = &function;
        let config = function.event_invoke(event.qualifier.as_deref());
        if let Some(end) = self.ended(function, delivery, event, attempts) {
            return Ok(self.give_up(function, delivery, event, (end, attempts), Err(String::new())).await);
        }
        let called = self.call_visibly(function, delivery, event).await;
        let age = self.lambda.clock.now().since(delivery.sent_at);
        let (next, result) = match called {
            Ok(outcome) if outcome.function_error.is_none() => {
                self.succeed(function, delivery, event, attempts, &outcome).await;
                return Ok(Settle::Delete);
            }
            Ok(outcome) => {
                attempts.failures += 1;
                (after_failure(config, attempts, age), Ok(outcome))
            }
            Err(InvokeError::Stopped) => {
                let seconds = if self.lambda.is_stopping() { 0 } else { VISIBILITY_SECONDS };
                return Ok(Settle::VisibleIn { seconds });
            }
            Err(error) => {
                attempts.throttles += 1;
                (after_throttle(config, attempts, age), Err(error.to_string()))
            }
        };
        self.lambda.note_attempts(&self.queue, delivery, attempts).await?;
        tracing::info!(function = %self.arn, request_id = %request_id(delivery), ?next, ?attempts,
            "asynchronous invocation did not succeed");
        match next {
            Next::RetryIn(seconds) => Ok(Settle::VisibleIn { seconds }),
            end => Ok(self.give_up(function, delivery, event, (end, attempts), result).await),
        }
    }

    /// Why an event is not tried again, if it is not.
    fn ended(
        &self,
        function: &FunctionRecord,
        delivery: &Delivery,
        event: &StoredEvent,
        attempts: Attempts,
    ) -> Option<Next> {
        let config = function.event_invoke(event.qualifier.as_deref());
        let age = self.lambda.clock.now().since(delivery.sent_at);
        if attempts.failures > EventInvoke::retries(config) {
            // It was to be given up, but what gets it then failed.
            return Some(Next::RetriesExhausted);
        }
        if age > Duration::from_secs(EventInvoke::event_age_seconds_max(config).into()) {
            return Some(Next::EventAgeExceeded);
        }
        is_loop(function, &Lineage::of(event.trace.as_ref())).then_some(Next::RecursiveLoop)
    }

    async fn succeed(
        &self,
        function: &FunctionRecord,
        delivery: &Delivery,
        event: &StoredEvent,
        attempts: Attempts,
        outcome: &Outcome,
    ) {
        let config = function.event_invoke(event.qualifier.as_deref());
        if let Some(target) = config.and_then(|config| config.on_success.as_deref()) {
            let ending = Ending {
                request_id: request_id(delivery),
                condition: "Success",
                calls: attempts.failures + 1,
                outcome: Some(outcome),
            };
            if let Err(error) = deliver(&self.lambda, target, function, event, &ending).await {
                tracing::error!(function = %self.arn, target, %error, "the record of a success could not be delivered");
            }
        }
        self.lambda.forget_attempts(&self.queue, delivery, attempts).await;
    }

    async fn give_up(
        &self,
        function: &FunctionRecord,
        delivery: &Delivery,
        event: &StoredEvent,
        (why, attempts): (Next, Attempts),
        result: Result<Outcome, String>,
    ) -> Settle {
        let request_id = request_id(delivery);
        tracing::warn!(%request_id, function = %self.arn, ?why, "asynchronous event is given up");
        let error = match &result {
            Ok(outcome) => String::from_utf8_lossy(&outcome.payload).into_owned(),
            Err(error) => error.clone(),
        };
        let reason = format!("{why:?} {error}");
        self.lambda.tell_given_up(function, delivery.message_id, event.trace.as_ref(), reason.trim());
        let ending = Ending {
            request_id,
            condition: why.condition(),
            calls: attempts.failures,
            outcome: result.as_ref().ok(),
        };
        match self.hand_over(function, event, &ending, &error).await {
            Ok(()) => {
                self.lambda.forget_attempts(&self.queue, delivery, attempts).await;
                Settle::Delete
            }
            Err(error) => {
                tracing::error!(%request_id, function = %self.arn, %error, "what gets the event fails, trying again");
                Settle::VisibleIn { seconds: BURIAL_RETRY_SECONDS }
            }
        }
    }

    /// To the on-failure destination and the dead-letter queue, where there are any. An error is to be tried again.
    async fn hand_over(
        &self,
        function: &FunctionRecord,
        event: &StoredEvent,
        ending: &Ending<'_>,
        error: &str,
    ) -> Result<(), PortError> {
        let config = function.event_invoke(event.qualifier.as_deref());
        if let Some(target) = config.and_then(|config| config.on_failure.as_deref()) {
            match deliver(&self.lambda, target, function, event, ending).await {
                Ok(()) if function.dead_letter_target.is_none() => return Ok(()),
                Ok(()) => {}
                Err(error @ PortError::Failed(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(function = %self.arn, target, %error, "a destination did not take an event's record");
                }
            }
        }
        bury(&self.lambda, function, event, &Obituary { request_id: ending.request_id, error }).await
    }

    /// Calls the function and keeps the event invisible meanwhile.
    async fn call_visibly(
        &self,
        function: &Arc<FunctionRecord>,
        delivery: &Delivery,
        event: &StoredEvent,
    ) -> Result<Outcome, InvokeError> {
        let version = self.lambda.resolve(function, event.qualifier.as_deref()).await;
        let version = version.map_err(|error| InvokeError::Failed(error.to_string()))?;
        let version =
            version.ok_or_else(|| InvokeError::Failed("its version or alias is gone".to_owned()))?;
        check_active(&version).map_err(|error| InvokeError::Failed(error.message.into_owned()))?;
        let trace = self.lambda.trace_or_new(trace(delivery, event), self.lambda.clock.now());
        let trace = Lineage::of(event.trace.as_ref()).call(&self.arn, &trace);
        let invocation = Invocation {
            invoked_arn: Some(qualified(&self.arn, event.qualifier.as_deref())),
            ..Invocation::of(request_id(delivery), event.payload.clone(), Some(trace))
        };
        let mut calling = std::pin::pin!(self.lambda.call(function, &version, invocation));
        loop {
            let half = self.lambda.clock.now().plus_seconds(VISIBILITY_SECONDS / 2);
            tokio::select! {
                biased;
                outcome = &mut calling => return outcome,
                () = self.lambda.clock.sleep_until(half) => {
                    self.settle(delivery, Settle::VisibleIn { seconds: VISIBILITY_SECONDS }).await;
                }
            }
        }
    }

    async fn settle(&self, delivery: &Delivery, settle: Settle) {
        let settlement = Settlement { receipt_handle: delivery.receipt_handle.clone(), settle };
        match self.lambda.engine.settle(self.queue.clone(), vec![settlement]).await {
            Ok(results) => {
                for refusal in results.into_iter().filter_map(Result::err) {
                    tracing::warn!(function = %self.arn, %refusal, "asynchronous event could not be settled");
                }
            }
            Err(Error::Refused(Refusal::NoSuchQueue(_))) => {}
            Err(error) => {
                tracing::error!(function = %self.arn, %error, "asynchronous event could not be settled");
            }
        }
    }
}

/// The event's own, of what the send into the queue brings about.
fn trace(delivery: &Delivery, event: &StoredEvent) -> Option<TraceHeader> {
    event.trace.as_ref().map(|trace| trace.with_parent(SpanId::of(delivery.message_id.0).0))
}

fn request_id(delivery: &Delivery) -> RequestId {
    RequestId(uuid::Uuid::from_u128(delivery.message_id.0))
}
