//! Topics, subscriptions and the outbox as the console sees them.

use std::collections::{BTreeMap, HashMap};

use aws::Arn;
use service::ServiceError;
use service::ports::{MessageAttribute, PortError};
use service::views::{OutboxFile, OutboxView, Seen, SubscriptionGlance, TopicGlance, TopicView, Verdict};

use crate::Topics;
use crate::errors;
use crate::records::{self, SUBSCRIPTIONS, SubscriptionRecord, TOPICS, TopicRecord};
use crate::subscription_attributes::dead_letter_target;

/// Records that are looked through at most.
const RECORDS_MAX: usize = 100_000;

fn failed(error: ServiceError) -> PortError {
    if error.row == &errors::NOT_FOUND {
        return PortError::NotFound(error.message.into_owned());
    }
    PortError::Failed(error.to_string())
}

impl Topics {
    async fn all_subscriptions(&self, prefix: &str) -> Result<Vec<SubscriptionGlance>, PortError> {
        let found = self.0.engine.list(prefix, None, RECORDS_MAX).await?;
        let records = found.iter().filter_map(|record| records::decode(&record.value).ok());
        Ok(records.map(|record: SubscriptionRecord| glance(&record)).collect())
    }
}

fn glance(record: &SubscriptionRecord) -> SubscriptionGlance {
    let attribute = |name: &str| record.attributes.get(name).cloned();
    let dead_letter = attribute("RedrivePolicy").and_then(|policy| dead_letter_target(&policy).ok());
    SubscriptionGlance {
        arn: record.arn.clone(),
        topic: record.topic.clone(),
        protocol: record.protocol.clone(),
        endpoint: crate::http_endpoint::url::shown(&record.endpoint),
        pending: record.is_pending(),
        raw: record.is_raw(),
        filter_policy: attribute("FilterPolicy"),
        filter_scope: attribute("FilterPolicyScope").unwrap_or_else(|| "MessageAttributes".to_owned()),
        dead_letter: dead_letter.map(|arn| arn.to_string()),
    }
}

impl TopicView for Topics {
    fn topics(&self) -> Seen<'_, Vec<TopicGlance>> {
        Box::pin(async move {
            let mut counts: HashMap<Arn, usize> = HashMap::new();
            for subscription in self.all_subscriptions(SUBSCRIPTIONS).await? {
                *counts.entry(subscription.topic).or_default() += 1;
            }
            let found = self.0.engine.list(TOPICS, None, RECORDS_MAX).await?;
            let records = found.iter().filter_map(|record| records::decode(&record.value).ok());
            let glance = |record: TopicRecord| {
                let subscriptions = counts.get(&record.arn).copied().unwrap_or(0);
                TopicGlance { arn: record.arn, subscriptions }
            };
            Ok(records.map(glance).collect())
        })
    }

    fn subscriptions(&self, topic: Option<Arn>) -> Seen<'_, Vec<SubscriptionGlance>> {
        Box::pin(async move {
            let prefix =
                topic.map_or_else(|| SUBSCRIPTIONS.to_owned(), |arn| records::subscriptions_of(&arn));
            self.all_subscriptions(&prefix).await
        })
    }

    fn judge(
        &self,
        topic: Arn,
        message: String,
        attributes: BTreeMap<String, MessageAttribute>,
    ) -> Seen<'_, Vec<Verdict>> {
        Box::pin(async move {
            self.0.topic(&topic).await.map_err(failed)?;
            let subscriptions = self.0.subscriptions(&topic).await.map_err(failed)?;
            let verdict = |subscription: &crate::topics::Subscription| {
                let filter = subscription.filter.as_ref();
                Verdict {
                    subscription: glance(&subscription.record),
                    wants: filter.is_none_or(|filter| filter.wants(&attributes, &message)),
                    conditions: filter
                        .map(|filter| filter.explain(&attributes, &message))
                        .unwrap_or_default(),
                }
            };
            Ok(subscriptions.iter().map(verdict).collect())
        })
    }
}

/// Names that the outbox gives to its files: nothing that could leave the folder.
fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    plain && !name.starts_with('.') && (name.ends_with(".eml") || name.ends_with(".json"))
}

impl OutboxView for Topics {
    fn names(&self) -> Seen<'_, Vec<String>> {
        Box::pin(async move {
            let failed = |error: std::io::Error| PortError::Failed(error.to_string());
            let mut folder = match tokio::fs::read_dir(&self.0.settings.outbox).await {
                Ok(folder) => folder,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(failed(error)),
            };
            let mut names = Vec::new();
            while let Some(entry) = folder.next_entry().await.map_err(failed)? {
                names.extend(entry.file_name().into_string().ok().filter(|name| is_name(name)));
            }
            names.sort_unstable_by(|left, right| right.cmp(left));
            Ok(names)
        })
    }

    fn file(&self, name: String) -> Seen<'_, OutboxFile> {
        Box::pin(async move {
            if !is_name(&name) {
                return Err(PortError::NotFound(name));
            }
            match tokio::fs::read(self.0.settings.outbox.join(&name)).await {
                Ok(content) => Ok(OutboxFile { name, content }),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(PortError::NotFound(name)),
                Err(error) => Err(PortError::Failed(error.to_string())),
            }
        })
    }

    fn sends_by_smtp(&self) -> bool {
        self.0.settings.smtp_url.is_some()
    }
}
