//! Who may do what with a topic: its policy is asked when another account calls, and when a service publishes.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>

use aws::Arn;
use policy::{Caller, Decision, Policy, Request};
use service::ports::Sender;
use service::{Context, ServiceError, denial};

use crate::records::{SubscriptionRecord, TopicRecord};
use crate::{Sns, errors, topic_policy};

/// With these an account can always take back a policy of its own that locks it out, as its root user can.
const NEVER_LOCKED: [&str; 3] = ["DeleteTopic", "RemovePermission", "SetTopicAttributes"];

/// The action that a permission names.
fn permission(action: &str) -> &str {
    if action == "PublishBatch" { "Publish" } else { action }
}

fn decide(topic: &TopicRecord, caller: Caller<'_>, action: &str, keys: &[(&str, &str)]) -> Decision {
    let stored = topic.attributes.get("Policy").cloned();
    let text = stored.unwrap_or_else(|| topic_policy::default(&topic.arn).to_string());
    // One that was stored could be read.
    let Ok(policy) = Policy::parse(&text) else { return Decision::NotAllowed };
    let (action, resource) = (&*format!("SNS:{action}"), topic.arn.as_str());
    policy.decide(&Request { caller, action, resource, keys })
}

impl Sns {
    /// A topic, if the caller may do this with it. `more`: condition keys of the action's own. `NotFound`,
    /// `AuthorizationError`.
    pub(crate) async fn open(
        &self,
        context: &Context,
        topic: &Arn,
        action: &str,
        more: &[(&str, &str)],
    ) -> Result<TopicRecord, ServiceError> {
        let (topic, _) = self.topic(topic).await?;
        self.authorize(context, &topic, action, more)?;
        Ok(topic)
    }

    /// Own topics are open unless their policy denies it; others only if their policy allows it.
    fn authorize(
        &self,
        context: &Context,
        topic: &TopicRecord,
        action: &str,
        more: &[(&str, &str)],
    ) -> Result<(), ServiceError> {
        let (owner, caller) = (topic.arn.account(), context.caller.account.as_str());
        let own = owner == caller;
        if self.settings.lenient_policies || (own && (!may_deny(topic) || NEVER_LOCKED.contains(&action))) {
            return Ok(());
        }
        let action = permission(action);
        let general = context.condition_keys(owner);
        let mut keys: Vec<(&str, &str)> = general.iter().map(|(key, value)| (*key, value.as_str())).collect();
        keys.push(("aws:SourceOwner", caller));
        keys.extend(more);
        let decision = decide(topic, Caller::Account(caller), action, &keys);
        let denied = matches!(decision, Decision::Denied(_));
        if decision == Decision::Allowed || (own && !denied) {
            return Ok(());
        }
        let text = denial(context, &format!("SNS:{action}"), topic.arn.as_str(), denied);
        Err(ServiceError::new(&errors::AUTHORIZATION, text))
    }

    /// Why somebody may not publish to a topic; `None`: they may. Counted for the metrics.
    pub(crate) fn refusal(&self, topic: &TopicRecord, sender: &Sender) -> Option<String> {
        let owner = topic.arn.account();
        let decision = match sender {
            _ if self.settings.lenient_policies => return None,
            Sender::Account(account) if account == owner => return None,
            Sender::Account(account) => {
                let principal = format!("arn:aws:iam::{account}:root");
                let keys = [
                    ("aws:PrincipalAccount", account.as_str()),
                    ("aws:PrincipalArn", &principal),
                    ("aws:SourceOwner", account),
                    ("aws:ResourceAccount", owner),
                    ("aws:SecureTransport", "true"),
                ];
                decide(topic, Caller::Account(account), "Publish", &keys)
            }
            Sender::Service { principal, source, account } => {
                let keys = [
                    ("aws:SourceArn", source.as_str()),
                    ("aws:SourceAccount", account),
                    ("aws:PrincipalServiceName", principal),
                    ("aws:PrincipalIsAWSService", "true"),
                    ("aws:ResourceAccount", owner),
                    ("aws:SecureTransport", "true"),
                ];
                decide(topic, Caller::Service(principal), "Publish", &keys)
            }
        };
        let why = match decision {
            Decision::Allowed => return None,
            Decision::Denied(sid) => format!("statement {} denies it", sid.unwrap_or_default()),
            Decision::NotAllowed => "no statement allows it".to_owned(),
        };
        self.denied.count(topic.arn.as_str(), sender.principal());
        Some(format!("the policy of {} must allow sns:Publish for {sender}: {why}", topic.arn))
    }
}

/// Whether a topic's policy has anything to deny, so that it must be read for the account's own calls too.
fn may_deny(topic: &TopicRecord) -> bool {
    topic.attributes.get("Policy").is_some_and(|text| text.contains("Deny"))
}

/// A subscription belongs to who made it and to the topic's owner. `AuthorizationError`.
pub(crate) fn check_owner(
    context: &Context,
    topic: &Arn,
    subscription: &SubscriptionRecord,
    action: &str,
) -> Result<(), ServiceError> {
    let caller = context.caller.account.as_str();
    if caller == topic.account() || caller == subscription.owner {
        return Ok(());
    }
    let text = denial(context, &format!("SNS:{action}"), &subscription.arn, false);
    Err(ServiceError::new(&errors::AUTHORIZATION, text))
}

#[cfg(test)]
mod tests;
