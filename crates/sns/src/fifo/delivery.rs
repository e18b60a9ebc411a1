//! Handing on what waits in a topic's queue: a batch in one commit, and only then is it removed. After a crash in
//! between, FIFO queues drop what they have got already.

use std::sync::Arc;
use std::time::Duration;

use aws::Arn;
use engine::{Delivery, Error, Queue, Receive, Refusal, Settle, Settlement, Timestamp};
use service::{ServiceError, Stop};
use uuid::Uuid;

use super::stored::{self, Waiting};
use super::written;
use crate::circumstances::Circumstances;
use crate::fan_out::wants;
use crate::hops::{Origin, Publication};
use crate::records::TopicRecord;
use crate::subscriber::Prepared;
use crate::topics::Subscription;
use crate::{Sns, errors};

const AT_ONCE: u32 = 10;
const POLL: Duration = Duration::from_secs(20);
/// After a failure of the engine.
const PAUSE: Duration = Duration::from_secs(1);

/// Hands on until told to end, or until the queue is gone.
pub(crate) async fn run(sns: Arc<Sns>, queue: Arc<Queue>, mut stop: Stop) {
    let topic = match String::from_utf8_lossy(&queue.record).parse::<Arn>() {
        Ok(topic) => topic,
        Err(error) => {
            tracing::error!(%error, queue = %queue.key, "the queue of a FIFO topic names no topic");
            return stop.requested().await;
        }
    };
    while !stop.is_requested() {
        let receive = Receive {
            queue: queue.key.clone(),
            max_messages: AT_ONCE,
            visibility_timeout_seconds: None,
            wait: POLL,
            attempt_id: None,
        };
        let received = tokio::select! {
            received = sns.engine.receive(receive) => received,
            () = stop.requested() => return,
        };
        let handed_on = match received {
            Ok(deliveries) if deliveries.is_empty() => continue,
            Ok(deliveries) => hand_on_and_settle(&sns, &topic, &queue, &deliveries).await,
            Err(error) => Err(error),
        };
        match handed_on {
            Ok(()) => {}
            Err(Error::Refused(Refusal::NoSuchQueue(gone))) if gone == queue.key => return,
            Err(error) => {
                tracing::warn!(%error, %topic, "messages of a FIFO topic wait");
                tokio::select! {
                    () = sns.clock.sleep_until(sns.clock.now().plus(PAUSE)) => {}
                    () = stop.requested() => return,
                }
            }
        }
    }
}

async fn hand_on_and_settle(
    sns: &Sns,
    topic: &Arn,
    queue: &Queue,
    deliveries: &[Delivery],
) -> Result<(), Error> {
    let handed_on = hand_on(sns, topic, deliveries).await;
    let settle = match &handed_on {
        Ok(()) => Settle::Delete,
        Err(error) => {
            let reason = error.detail.as_deref().unwrap_or(&error.message);
            tracing::warn!(reason, %topic, "messages of a FIFO topic will be handed on again");
            Settle::VisibleIn { seconds: 1 }
        }
    };
    let receipt_handles = deliveries.iter().map(|delivery| delivery.receipt_handle.clone());
    let settlements = receipt_handles.map(|receipt_handle| Settlement { receipt_handle, settle }).collect();
    sns.engine.settle(queue.key.clone(), settlements).await.map(|_| ())
}

/// Prepares the sends of all messages, in order, and commits them together.
async fn hand_on(sns: &Sns, topic: &Arn, deliveries: &[Delivery]) -> Result<(), ServiceError> {
    let topic = match sns.topic(topic).await {
        Ok((topic, _)) => topic,
        // Its queue is about to go, too.
        Err(error) if error.row == &errors::NOT_FOUND => return Ok(()),
        Err(error) => return Err(error),
    };
    let readable: Vec<(Waiting, &Delivery)> =
        deliveries.iter().filter_map(|delivery| Some((read(&topic.arn, delivery)?, delivery))).collect();
    // Until they are committed no replay may decide that it has caught up.
    let _shared = sns.handing_on.read().await;
    // What is for one subscription alone was not published: no other gets it from the archive later.
    let published = readable.iter().filter(|(waiting, _)| waiting.only.is_none());
    let archived: Vec<(Timestamp, &Delivery)> =
        published.map(|(waiting, delivery)| (waiting.published_at, *delivery)).collect();
    let places = sns.archive(&topic, &archived).await?;
    let (subscriptions, replays) = (sns.subscriptions(&topic.arn).await?, sns.replays(&topic.arn).await?);
    let mut prepared = Prepared::default();
    for (waiting, delivery) in &readable {
        let publication = waiting.publication(sns, &subscriptions, delivery);
        let circumstances = waiting.circumstances(&topic, delivery, &publication);
        let place = delivery.sequence_number.and_then(|number| places.get(&number).copied());
        let meant = |one: &&Subscription| match &waiting.only {
            Some(only) => one.record.arn == *only,
            None => wants(one, &waiting.outgoing) && replays.let_pass(&one.record.arn, place),
        };
        for subscription in subscriptions.iter().filter(meant) {
            sns.prepare_for(&circumstances, subscription, &mut prepared).await?;
        }
    }
    sns.commit_and_report(&topic, prepared).await
}

fn read(topic: &Arn, delivery: &Delivery) -> Option<Waiting> {
    stored::decode(&delivery.content)
        .inspect_err(|error| tracing::error!(error, %topic, "a message cannot be read and is dropped"))
        .ok()
}

impl Waiting {
    /// Tells the history who did not want the message.
    fn publication(&self, sns: &Sns, subscriptions: &[Subscription], delivery: &Delivery) -> Publication {
        let origin = Origin::of_service(self.trace.clone(), Uuid::nil(), sns.clock.now());
        let publication = sns.publication(&origin, Uuid::from_u128(delivery.message_id.0));
        if publication.told && self.only.is_none() {
            sns.tell_unwanted(&publication, subscriptions, &self.outgoing);
        }
        publication
    }

    fn circumstances<'a>(
        &'a self,
        topic: &'a TopicRecord,
        delivery: &Delivery,
        publication: &'a Publication,
    ) -> Circumstances<'a> {
        let message_id = Uuid::from_u128(delivery.message_id.0).to_string();
        let mut circumstances =
            Circumstances::new(topic, &self.outgoing, message_id, self.published_at, publication);
        circumstances.sequence_number = delivery.sequence_number.map(written);
        circumstances
    }
}
