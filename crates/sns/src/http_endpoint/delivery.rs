//! Delivering the posts of one queue, up to a few at once, by the delivery policy of its subscription. A post leaves its
//! queue only when it has arrived, was given up, or lies in the dead-letter queue.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws::{Arn, TraceHeader};
use engine::{
    Commit, Delivery, Error, HopOutcome, MessageId, Queue, QueueKey, Refusal, Settle, Settlement, Timestamp,
};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use service::Stop;
use service::ports::{PortError, QueueMessage};

use super::attempt::{Outcome, Tried, attempt};
use super::{Kind, Post, url};
use crate::circumstances::sender;
use crate::delivery_policy::Effective;
use crate::delivery_status::Attempted;
use crate::hops::{Delivered, GivenUp};
use crate::records::{SubscriptionRecord, TopicRecord};
use crate::waiting::Inbox;
use crate::{Sns, arns, limits, subscription_attributes};

/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);
/// A queue that no subscription names is left alone so long: its subscription may be about to be stored.
const GRACE: Duration = Duration::from_mins(1);
/// When a dead-letter queue cannot be reached for a reason of ours.
const DEAD_LETTER_PAUSE_SECONDS: u32 = 20;

/// Delivers until told to end, or until the queue is empty and belongs to nobody.
pub(crate) async fn run(sns: Arc<Sns>, queue: Arc<Queue>, mut stop: Stop) {
    let key = queue.key.clone();
    let subscription = String::from_utf8_lossy(&queue.record).into_owned();
    let (mut under_way, mut inbox) = (FuturesUnordered::new(), Inbox::new(&sns, key.clone()));
    while !stop.is_requested() {
        let (topic, record) = belonging(&sns, &subscription, &key).await;
        let policy = Effective::of(topic.as_ref(), record.as_ref());
        let free = free(under_way.len(), policy.receives_per_second_max);
        let next_second = sns.clock.now().plus(Duration::from_secs(1));
        let received = tokio::select! {
            received = inbox.next(free), if free > 0 => received,
            Some(()) = under_way.next(), if !under_way.is_empty() => continue,
            () = stop.requested() => break,
        };
        match received {
            Ok(deliveries) if deliveries.is_empty() => {
                if record.is_none() && under_way.is_empty() && is_over(&sns, &queue).await {
                    break;
                }
            }
            Ok(deliveries) => {
                let each =
                    deliveries.into_iter().map(|delivery| deliver(&sns, &key, &subscription, delivery));
                under_way.extend(each);
                // As it is now: the subscription may have come, or changed, while there was nothing to deliver.
                let (topic, record) = belonging(&sns, &subscription, &key).await;
                if Effective::of(topic.as_ref(), record.as_ref()).receives_per_second_max.is_some() {
                    throttle(&sns, &mut under_way, next_second, &mut stop).await;
                }
            }
            Err(Error::Refused(Refusal::NoSuchQueue(_))) => break,
            Err(error) => {
                tracing::warn!(%error, queue = %key, "posts cannot be read");
                tokio::select! {
                    () = sns.clock.sleep_until(sns.clock.now().plus(PAUSE)) => {}
                    () = stop.requested() => break,
                }
            }
        }
    }
}

/// How many posts may be taken up.
fn free(under_way: usize, receives_per_second_max: Option<u32>) -> u32 {
    let most = limits::HTTP_IN_FLIGHT_MAX.min(receives_per_second_max.unwrap_or(u32::MAX));
    most.saturating_sub(u32::try_from(under_way).unwrap_or(u32::MAX))
}

/// Waits for the next second; what is under way goes on.
async fn throttle<F: Future<Output = ()>>(
    sns: &Sns,
    under_way: &mut FuturesUnordered<F>,
    until: engine::Timestamp,
    stop: &mut Stop,
) {
    let mut second = sns.clock.sleep_until(until);
    loop {
        tokio::select! {
            () = &mut second => return,
            Some(()) = under_way.next(), if !under_way.is_empty() => {}
            () = stop.requested() => return,
        }
    }
}

/// The topic, and the subscription if it still delivers by this queue.
async fn belonging(
    sns: &Sns,
    subscription: &str,
    queue: &QueueKey,
) -> (Option<TopicRecord>, Option<SubscriptionRecord>) {
    let Ok((topic, id)) = arns::subscription(subscription) else { return (None, None) };
    let record = sns.subscription(&topic, &id).await.ok().map(|(record, _)| record);
    let record = record.filter(|record| record.delivery_queue.as_deref() == Some(queue.as_str()));
    (sns.topic(&topic).await.ok().map(|(topic, _)| topic), record)
}

/// Removes a queue that nobody will send to any more; whether it is gone.
async fn is_over(sns: &Sns, queue: &Queue) -> bool {
    let young = sns.clock.now().since(queue.created_at) < GRACE;
    let empty = match sns.engine.counts(&queue.key).await {
        Ok(counts) => counts.visible + counts.not_visible + counts.delayed == 0,
        Err(error) => return matches!(error, Error::Refused(Refusal::NoSuchQueue(_))),
    };
    if young || !empty {
        return false;
    }
    match sns.engine.delete_queue(queue.key.clone()).await {
        Ok(()) | Err(Error::Refused(Refusal::NoSuchQueue(_))) => true,
        Err(error) => {
            tracing::warn!(%error, queue = %queue.key, "the queue of a former subscription cannot be removed");
            false
        }
    }
}

async fn deliver(sns: &Sns, queue: &QueueKey, subscription: &str, delivery: Delivery) {
    let settle = match serde_json::from_slice::<Post>(&delivery.content) {
        Ok(post) => try_once(sns, queue, &post, &delivery).await,
        Err(error) => {
            tracing::error!(%error, subscription, "a post cannot be read and is dropped");
            Settle::Delete
        }
    };
    let settlement = Settlement { receipt_handle: delivery.receipt_handle, settle };
    if let Err(error) = sns.engine.settle(queue.clone(), vec![settlement]).await {
        tracing::warn!(%error, subscription, "a post's delivery could not be noted; it will be sent again");
    }
    #[cfg(test)]
    sns.tries_noted.send_modify(|noted| *noted += 1);
}

async fn try_once(sns: &Sns, queue: &QueueKey, post: &Post, delivery: &Delivery) -> Settle {
    let tries = delivery.receive_count;
    let (topic, record) = belonging(sns, &post.subscription_arn, queue).await;
    let still_meant = match post.kind {
        Kind::Notification => record.is_some(),
        Kind::SubscriptionConfirmation => record.as_ref().is_some_and(SubscriptionRecord::is_pending),
        Kind::UnsubscribeConfirmation => true,
    };
    if !still_meant {
        return Settle::Delete;
    }
    let policy = Effective::of(topic.as_ref(), record.as_ref());
    let at = sns.clock.now();
    let last = attempt(sns, post, &policy.content_type).await;
    tell(sns, delivery, post, &last.outcome, at);
    let (reason, pause) = match &last.outcome {
        Outcome::Delivered(_) => {
            report(sns, topic.as_ref(), record.as_ref(), post, &last, tries).await;
            return Settle::Delete;
        }
        Outcome::Failed(reason) => (reason, policy.retries.pause_seconds(tries)),
        Outcome::Refused(reason) => (reason, None),
    };
    let subscription = &post.subscription_arn;
    if let Some(seconds) = pause {
        tracing::warn!(subscription, reason, tries, seconds, "a post will be tried again");
        return Settle::VisibleIn { seconds };
    }
    tracing::warn!(subscription, reason, tries, "a post was given up");
    report(sns, topic.as_ref(), record.as_ref(), post, &last, tries).await;
    give_up(sns, (delivery, post, reason), record.as_ref()).await
}

fn tell(sns: &Sns, delivery: &Delivery, post: &Post, tried: &Outcome, at: Timestamp) {
    let (answer, outcome) = match tried {
        Outcome::Delivered(answer) => (answer, HopOutcome::Ok),
        Outcome::Failed(reason) | Outcome::Refused(reason) => (reason, HopOutcome::Failed),
    };
    let (trace, to) = (post.trace.as_deref(), post.endpoint.as_str());
    sns.tell_delivered(
        delivery,
        &Delivered { trace, protocol: "http", to, body: &post.body, answer, outcome, at },
    );
}

/// Tells the delivery status log what became of a notification in the end.
async fn report(
    sns: &Sns,
    topic: Option<&TopicRecord>,
    record: Option<&SubscriptionRecord>,
    post: &Post,
    last: &Tried,
    attempts: u32,
) {
    let (Some(topic), Some(record), Kind::Notification) = (topic, record, post.kind) else { return };
    let attempted = Attempted {
        message_id: &post.message_id,
        text: &post.body,
        published_at: post.published_at,
        destination: &url::shown(&post.endpoint),
        provider_response: last.answer.clone(),
        status_code: last.status_code,
        attempts,
    };
    let is_success = matches!(last.outcome, Outcome::Delivered(_));
    let report = sns.report_of(topic, record, is_success, &attempted);
    sns.report(&topic.arn, report.into_iter().collect()).await;
}

/// Into the dead-letter queue if there is one; stays here for a while if that fails for a reason of ours.
async fn give_up(
    sns: &Sns,
    (delivery, post, reason): (&Delivery, &Post, &str),
    record: Option<&SubscriptionRecord>,
) -> Settle {
    if post.kind != Kind::Notification {
        return Settle::Delete;
    }
    let given_up = GivenUp {
        trace: post.trace.as_deref(),
        topic: &post.topic_arn,
        subscription: &post.subscription_arn,
        endpoint: &post.endpoint,
        reason,
    };
    let policy = record.and_then(|record| record.attributes.get("RedrivePolicy"));
    let target = policy.and_then(|policy| subscription_attributes::dead_letter_target(policy).ok());
    let Some(dead_letters) = target else {
        sns.tell_given_up(delivery, &given_up, None);
        return Settle::Delete;
    };
    match move_to(sns, post, dead_letters.clone()).await {
        Ok(letter) => {
            sns.tell_given_up(delivery, &given_up, Some((dead_letters.as_str(), letter)));
            Settle::Delete
        }
        Err(error @ PortError::Failed(_)) => {
            tracing::warn!(subscription = post.subscription_arn, %error, "its dead-letter queue will be tried again");
            Settle::VisibleIn { seconds: DEAD_LETTER_PAUSE_SECONDS }
        }
        Err(error) => {
            tracing::warn!(subscription = post.subscription_arn, %error, "nor into its dead-letter queue");
            sns.tell_given_up(delivery, &given_up, None);
            Settle::Delete
        }
    }
}

async fn move_to(sns: &Sns, post: &Post, dead_letters: Arn) -> Result<MessageId, PortError> {
    let topic: Arn = post.topic_arn.parse().map_err(|_| PortError::NotFound(post.topic_arn.clone()))?;
    let owner = dead_letters.account().to_owned();
    let message = QueueMessage {
        body: post.body.clone().into(),
        attributes: std::collections::BTreeMap::new(),
        group: None,
        deduplication_id: None,
        trace: post.trace.as_deref().and_then(TraceHeader::parse),
        sender_id: owner,
        sender: sender(&topic),
    };
    let enqueue = sns.ports.queues()?.prepare(dead_letters, message).await?;
    let letter = enqueue.message.id;
    sns.engine.commit(Commit { home: None, enqueue: vec![enqueue] }).await?;
    Ok(letter)
}
