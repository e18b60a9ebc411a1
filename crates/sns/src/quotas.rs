//! How much an account may have.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sns.html>

use aws::Arn;
use service::ServiceError;

use crate::records::{self, SUBSCRIPTIONS, SubscriptionRecord, TOPICS};
use crate::{Sns, arns, errors, limits};

impl Sns {
    /// Whether an account may have another topic of this kind.
    pub(crate) async fn check_topics(&self, topic: &Arn) -> Result<(), ServiceError> {
        let fifo = arns::is_fifo(topic);
        let most = if fifo { limits::FIFO_TOPICS_MAX } else { limits::STANDARD_TOPICS_MAX };
        let of_account = format!("{TOPICS}arn:aws:sns:{}:{}:", topic.region(), topic.account());
        let all = limits::STANDARD_TOPICS_MAX + limits::FIFO_TOPICS_MAX;
        let topics = self.engine.list(&of_account, None, all).await?;
        let others = topics.iter().filter(|other| other.key.as_str().ends_with(".fifo") == fifo).count();
        if others < most {
            return Ok(());
        }
        Err(ServiceError::new(
            &errors::TOPIC_LIMIT,
            format!("{most} topics are as many as an account may have"),
        ))
    }

    /// Whether an account may have another subscription that waits to be confirmed, or that has a filter policy.
    pub(crate) async fn check_account(&self, wanted: &SubscriptionRecord) -> Result<(), ServiceError> {
        if wanted.is_pending() {
            let others =
                self.count(limits::PENDING_SUBSCRIPTIONS_MAX, wanted, SubscriptionRecord::is_pending);
            if others.await? >= limits::PENDING_SUBSCRIPTIONS_MAX {
                let text = "The account has as many unconfirmed subscriptions as it may";
                return Err(ServiceError::new(&errors::SUBSCRIPTION_LIMIT, text));
            }
        }
        if wanted.has_filter_policy() {
            let most = limits::FILTER_POLICIES_OF_ACCOUNT_MAX;
            if self.count(most, wanted, SubscriptionRecord::has_filter_policy).await? >= most {
                let text = "The account has as many filter policies as it may";
                return Err(ServiceError::new(&errors::FILTER_POLICY_LIMIT, text));
            }
        }
        Ok(())
    }

    /// How many other subscriptions of the same account are of a kind. They are read only where there are enough of any
    /// kind to reach `most`.
    async fn count(
        &self,
        most: usize,
        wanted: &SubscriptionRecord,
        is: impl Fn(&SubscriptionRecord) -> bool,
    ) -> Result<usize, ServiceError> {
        let all = self.engine.list(SUBSCRIPTIONS, None, limits::ALL_SUBSCRIPTIONS_MAX).await?;
        if all.len() < most {
            return Ok(0);
        }
        let mut count = 0;
        for record in all {
            let other: SubscriptionRecord = records::decode(&record.value)?;
            count += usize::from(other.owner == wanted.owner && other.arn != wanted.arn && is(&other));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use engine::{Expect, Registry as _};
    use serde_json::json;

    use super::*;
    use crate::actions::{CreateTopic, Subscribe};
    use crate::testing::{Bench, QUEUE};

    #[tokio::test]
    async fn an_account_has_at_most_1000_fifo_topics() {
        let bench = Bench::new();
        for number in 0..limits::FIFO_TOPICS_MAX {
            let arn: Arn = format!("arn:aws:sns:us-east-1:000000000000:{number}.fifo").parse().unwrap();
            bench.engine.put(records::topic_key(&arn), "{}".into(), Expect::Absent).await.unwrap();
        }
        let input = json!({"Name": "one-more.fifo", "Attributes": {"FifoTopic": "true"}});
        let error = bench.call::<CreateTopic>(input).await.unwrap_err();
        assert_eq!(error.row, &errors::TOPIC_LIMIT);
        bench.topic("standard-ones-count-apart", json!({})).await;
    }

    #[tokio::test]
    async fn an_account_has_at_most_5000_unconfirmed_subscriptions_and_10_000_filter_policies() {
        let bench = Bench::new();
        let topic = bench.topic("t", json!({})).await;
        bench.queue("q").await;
        let of_others = "arn:aws:sqs:us-east-1:111111111111:";
        let waiting = json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{of_others}a")});
        bench.queue_at(&format!("{of_others}a")).await;
        let filtered = json!({
            "TopicArn": topic, "Protocol": "sqs", "Endpoint": format!("{QUEUE}q"),
            "Attributes": {"FilterPolicy": r#"{"a":["b"]}"#},
        });
        bench.call::<Subscribe>(waiting.clone()).await.unwrap();
        let other: Arn = "arn:aws:sns:us-east-1:000000000000:other".parse().unwrap();
        let of_topic = &records::subscriptions_of(&topic.parse().unwrap());
        let pattern = bench.engine.list(of_topic, None, 1).await.unwrap().remove(0);
        let pending: SubscriptionRecord = records::decode(&pattern.value).unwrap();
        let put = async |count: usize, pattern: SubscriptionRecord| {
            for number in 0..count {
                let record = SubscriptionRecord {
                    arn: format!("{other}:{number}"),
                    topic: other.clone(),
                    ..pattern.clone()
                };
                bench.engine.put(record.key(), records::encode(&record), Expect::Anything).await.unwrap();
            }
        };
        put(limits::PENDING_SUBSCRIPTIONS_MAX - 1, pending.clone()).await;
        let mut another = waiting;
        another["Endpoint"] = json!(format!("{of_others}b"));
        assert_eq!(bench.call::<Subscribe>(another).await.unwrap_err().row, &errors::SUBSCRIPTION_LIMIT);
        let mut with_filter = SubscriptionRecord { token: None, ..pending };
        with_filter.attributes.insert("FilterPolicy".into(), r#"{"a":["b"]}"#.into());
        put(limits::FILTER_POLICIES_OF_ACCOUNT_MAX, with_filter).await;
        assert_eq!(bench.call::<Subscribe>(filtered).await.unwrap_err().row, &errors::FILTER_POLICY_LIMIT);
    }
}
