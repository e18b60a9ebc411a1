//! Topics and subscriptions in the registry.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::Arn;
use engine::Record;
use service::ServiceError;

use crate::filter_policy::FilterPolicy;
use crate::records::{self, SubscriptionRecord, TopicRecord};
use crate::{Sns, errors, limits};

/// A subscription ready to be delivered to.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) record: SubscriptionRecord,
    pub(crate) filter: Option<FilterPolicy>,
    /// The queue or function, where the protocol has one.
    pub(crate) endpoint: Option<Arn>,
}

/// What is known of a topic's subscriptions: the stamp of their records tells whether it still holds.
type Known = HashMap<Arn, (Vec<u64>, Arc<Vec<Subscription>>)>;

/// Decoded subscriptions: a publish must not parse them every time.
#[derive(Default)]
pub(crate) struct SubscriptionCache(Mutex<Known>);

/// Topics kept; beyond, the cache starts anew.
const TOPICS_MAX: usize = 10_000;

impl Sns {
    pub(crate) async fn topic(&self, arn: &Arn) -> Result<(TopicRecord, u64), ServiceError> {
        self.record(&records::topic_key(arn)).await?.ok_or_else(errors::no_such_topic)
    }

    pub(crate) async fn subscription(
        &self,
        topic: &Arn,
        id: &str,
    ) -> Result<(SubscriptionRecord, u64), ServiceError> {
        self.record(&records::subscription_key(topic, id)).await?.ok_or_else(errors::no_such_subscription)
    }

    /// All subscriptions of a topic.
    pub(crate) async fn subscriptions(&self, topic: &Arn) -> Result<Arc<Vec<Subscription>>, ServiceError> {
        let found =
            self.engine.list(&records::subscriptions_of(topic), None, limits::SUBSCRIPTIONS_MAX).await?;
        let stamp: Vec<u64> = found.iter().map(|record| record.revision).collect();
        let mut known = self.subscriptions.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known_stamp, subscriptions)) = known.get(topic)
            && *known_stamp == stamp
        {
            return Ok(Arc::clone(subscriptions));
        }
        let subscriptions: Vec<Subscription> = found.iter().map(subscription).collect::<Result<_, _>>()?;
        let subscriptions = Arc::new(subscriptions);
        if known.len() >= TOPICS_MAX {
            known.clear();
        }
        known.insert(topic.clone(), (stamp, Arc::clone(&subscriptions)));
        Ok(subscriptions)
    }

    /// Whether a subscription of a topic may be given a filter policy: so many others have one already.
    pub(crate) async fn check_filter_policies(&self, topic: &Arn, own: &str) -> Result<(), ServiceError> {
        let subscriptions = self.subscriptions(topic).await?;
        let others = subscriptions.iter().filter(|one| one.filter.is_some() && one.record.arn != own).count();
        if others < limits::FILTER_POLICIES_MAX {
            return Ok(());
        }
        Err(ServiceError::new(
            &errors::FILTER_POLICY_LIMIT,
            "The topic has as many filter policies as it may",
        ))
    }

    /// Changes a topic's record.
    pub(crate) async fn change_topic(
        &self,
        arn: &Arn,
        change: impl Fn(&mut TopicRecord) -> Result<(), ServiceError>,
    ) -> Result<(), ServiceError> {
        self.change(&records::topic_key(arn), errors::no_such_topic, change).await.map(|_| ())
    }

    /// Changes a subscription's record and answers it.
    pub(crate) async fn change_subscription(
        &self,
        topic: &Arn,
        id: &str,
        change: impl Fn(&mut SubscriptionRecord) -> Result<(), ServiceError>,
    ) -> Result<SubscriptionRecord, ServiceError> {
        self.change(&records::subscription_key(topic, id), errors::no_such_subscription, change).await
    }
}

fn subscription(record: &Record) -> Result<Subscription, ServiceError> {
    let record: SubscriptionRecord = records::decode(&record.value)?;
    let filter = match record.attributes.get("FilterPolicy") {
        Some(text) => {
            Some(FilterPolicy::parse(text, record.attributes.get("FilterPolicyScope").map(String::as_str))?)
        }
        None => None,
    };
    let endpoint = record.endpoint.parse().ok();
    Ok(Subscription { record, filter, endpoint })
}
