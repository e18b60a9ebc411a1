//! One task a function: takes its asynchronous events from their queue and brings each to its end.
//!
//! An event is invisible for a minute at a time and kept so while it runs, so that after a crash it is tried again soon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws::{Arn, RequestId, TraceHeader};
use engine::{Delivery, Error, MessageId, QueueKey, Receive, Refusal, Settle, Settlement, SpanId};
use service::Stop;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::VISIBILITY_SECONDS;
use super::dead_letter::{Obituary, bury};
use super::event::{self, StoredEvent};
use super::retry::{Attempts, Next, after_failure, after_throttle};
use crate::Lambda;
use crate::execution::{Invocation, InvokeError, Outcome};
use crate::function_name::qualified;
use crate::functions::{Stored, check_active};
use crate::limits::{ASYNCHRONOUS_CONCURRENCY_MAX, DRAIN, LONG_POLL};
use crate::records::{EventInvoke, FunctionRecord};

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
            let consumer = Arc::new(Consumer { lambda, queue, arn, attempts: Mutex::default() });
            consume(consumer, stop)
        });
    }
}

struct Consumer {
    lambda: Arc<Lambda>,
    queue: QueueKey,
    arn: Arn,
    /// Of events that went wrong and wait for their next attempt.
    attempts: Mutex<HashMap<MessageId, Attempts>>,
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
        let Some(stored) = self.lambda.find_function(&self.arn).await? else {
            // Deleted; its queue follows.
            return Ok(Settle::VisibleIn { seconds: VISIBILITY_SECONDS });
        };
        let age = self.lambda.clock.now().since(delivery.sent_at);
        let config = stored.record.event_invoke(event.qualifier.as_deref());
        if age > Duration::from_secs(EventInvoke::event_age_seconds_max(config).into()) {
            return Ok(self.give_up(&stored.record, delivery, event, Next::EventAgeExceeded, "").await);
        }
        let called = self.call_visibly(&stored, delivery, event).await;
        let age = self.lambda.clock.now().since(delivery.sent_at);
        let (next, error) = match called {
            Ok(outcome) if outcome.function_error.is_none() => {
                self.forget(delivery.message_id);
                return Ok(Settle::Delete);
            }
            Ok(outcome) => {
                let attempts = self.note(delivery.message_id, |attempts| attempts.failures += 1);
                let error = String::from_utf8_lossy(&outcome.payload).into_owned();
                (after_failure(config, attempts, age), error)
            }
            Err(InvokeError::Stopped) => {
                let seconds = if self.lambda.is_stopping() { 0 } else { VISIBILITY_SECONDS };
                return Ok(Settle::VisibleIn { seconds });
            }
            Err(error) => {
                let attempts = self.note(delivery.message_id, |attempts| attempts.throttles += 1);
                (after_throttle(config, attempts, age), error.to_string())
            }
        };
        tracing::info!(function = %self.arn, request_id = %request_id(delivery), ?next, error,
            "asynchronous invocation did not succeed");
        match next {
            Next::RetryIn(seconds) => Ok(Settle::VisibleIn { seconds }),
            end => Ok(self.give_up(&stored.record, delivery, event, end, &error).await),
        }
    }

    async fn give_up(
        &self,
        function: &FunctionRecord,
        delivery: &Delivery,
        event: &StoredEvent,
        why: Next,
        error: &str,
    ) -> Settle {
        let request_id = request_id(delivery);
        tracing::warn!(%request_id, function = %self.arn, ?why, "asynchronous event is given up");
        let reason = format!("{why:?} {error}");
        self.lambda.tell_given_up(function, delivery.message_id, event.trace.as_ref(), reason.trim());
        match bury(&self.lambda, function, event, &Obituary { request_id, error }).await {
            Ok(()) => {
                self.forget(delivery.message_id);
                Settle::Delete
            }
            Err(error) => {
                tracing::error!(%request_id, function = %self.arn, %error, "dead-letter queue fails, trying again");
                Settle::VisibleIn { seconds: BURIAL_RETRY_SECONDS }
            }
        }
    }

    /// Calls the function and keeps the event invisible meanwhile.
    async fn call_visibly(
        &self,
        stored: &Stored,
        delivery: &Delivery,
        event: &StoredEvent,
    ) -> Result<Outcome, InvokeError> {
        let version = self.lambda.resolve(&stored.record, event.qualifier.as_deref()).await;
        let version = version.map_err(|error| InvokeError::Failed(error.to_string()))?;
        let version =
            version.ok_or_else(|| InvokeError::Failed("its version or alias is gone".to_owned()))?;
        check_active(&version).map_err(|error| InvokeError::Failed(error.message.into_owned()))?;
        let invocation = Invocation {
            invoked_arn: Some(qualified(&self.arn, event.qualifier.as_deref())),
            ..Invocation::of(request_id(delivery), event.payload.clone(), trace(delivery, event))
        };
        let mut calling = std::pin::pin!(self.lambda.call(&stored.record, &version, invocation));
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

    fn note(&self, id: MessageId, change: impl FnOnce(&mut Attempts)) -> Attempts {
        let mut all = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = all.entry(id).or_default();
        change(attempts);
        *attempts
    }

    fn forget(&self, id: MessageId) {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// The event's own, of what the send into the queue brings about.
fn trace(delivery: &Delivery, event: &StoredEvent) -> Option<TraceHeader> {
    event.trace.as_ref().map(|trace| trace.with_parent(SpanId::of(delivery.message_id.0).0))
}

fn request_id(delivery: &Delivery) -> RequestId {
    RequestId(uuid::Uuid::from_u128(delivery.message_id.0))
}
