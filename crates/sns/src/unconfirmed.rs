//! Subscriptions that nobody has confirmed within two days are removed.
//!
//! <https://aws.amazon.com/about-aws/whats-new/2023/05/amazon-sns-automatic-deletion-unconfirmed-subscriptions/>

use std::sync::Arc;

use engine::{Error, Expect, Refusal};
use service::{ServiceError, Stop};

use crate::confirmation::is_expired;
use crate::records::{self, SUBSCRIPTIONS, SubscriptionRecord};
use crate::{Sns, limits};

/// Looks for them now and once an hour, until told to end.
pub(crate) async fn run(sns: Arc<Sns>, mut stop: Stop) {
    loop {
        if let Err(error) = forget(&sns).await {
            tracing::warn!(%error, "unconfirmed subscriptions could not be removed");
        }
        let next = sns.clock.now().plus_seconds(limits::UNCONFIRMED_FORGOTTEN_SECONDS);
        tokio::select! {
            () = sns.clock.sleep_until(next) => {}
            () = stop.requested() => return,
        }
    }
}

async fn forget(sns: &Sns) -> Result<(), ServiceError> {
    let now = sns.clock.now();
    for record in sns.engine.list(SUBSCRIPTIONS, None, limits::ALL_SUBSCRIPTIONS_MAX).await? {
        let subscription: SubscriptionRecord = records::decode(&record.value)?;
        if !subscription.is_pending() || !is_expired(subscription.asked_at, now) {
            continue;
        }
        match sns.engine.delete(record.key, Expect::Revision(record.revision)).await {
            Ok(()) => {
                tracing::info!(subscription = subscription.arn, "nobody has confirmed it in time: removed");
            }
            // It was confirmed, or asked for again, this moment.
            Err(Error::Refused(Refusal::RecordChanged(_))) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine::Registry as _;
    use serde_json::json;
    use service::Tasks;

    use super::*;
    use crate::actions::{ConfirmSubscription, Subscribe};
    use crate::testing::Bench;

    #[tokio::test]
    async fn a_subscription_that_is_not_confirmed_within_48_hours_is_removed() {
        let bench = Bench::new();
        let topic = bench.topic("t", json!({})).await;
        for name in ["waits", "confirms"] {
            // Of another account: it must confirm.
            let endpoint = format!("arn:aws:sqs:us-east-1:111111111111:{name}");
            bench.queue_at(&endpoint).await;
            let input = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint});
            bench.call::<Subscribe>(input).await.unwrap();
        }
        let all = async || -> Vec<SubscriptionRecord> {
            let found = bench.engine.list(SUBSCRIPTIONS, None, 10).await.unwrap();
            found.iter().map(|record| records::decode(&record.value).unwrap()).collect()
        };
        let asked = all().await;
        let confirms = asked.iter().find(|one| one.endpoint.ends_with("confirms")).unwrap();
        let input = json!({"TopicArn": topic, "Token": confirms.token});
        bench.call::<ConfirmSubscription>(input).await.unwrap();
        let tasks = Tasks::default();
        tasks.spawn("test", run(Arc::clone(&bench.sns), tasks.stop()));
        bench.clock.advance(Duration::from_hours(48));
        tokio::task::yield_now().await;
        assert_eq!(all().await.len(), 2);
        let mut watch = bench.engine.watch(SUBSCRIPTIONS);
        bench.clock.advance(Duration::from_hours(1));
        watch.changed().await;
        let left: Vec<String> = all().await.into_iter().map(|one| one.endpoint).collect();
        assert_eq!(left, ["arn:aws:sqs:us-east-1:111111111111:confirms"]);
        tasks.shut_down().await;
    }
}
