//! What a queue's policy lets others do: checked when it is set, asked when another service sends or somebody calls.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-creating-custom-policies-access-policy-examples.html>

use std::sync::Arc;

use engine::{Queue, QueueKey};
use policy::{Caller, Decision, Policy, Request, Statement};
use service::ports::Sender;
use service::{Context, ServiceError, denial};

use crate::records::QueueRecord;
use crate::{ACTIONS, Sqs, errors, limits, queue_name};

/// Actions that only the queue's own account may call: a policy cannot give them away.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html>
pub(crate) const OWNER_ONLY: [&str; 12] = [
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
];

/// With these an account can always take back a policy of its own that locks it out, as its root user can.
const NEVER_LOCKED: [&str; 3] = ["DeleteQueue", "RemovePermission", "SetQueueAttributes"];

/// The action that a permission names: entries of batches need that of single messages.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>
fn permission(action: &str) -> &str {
    action.strip_suffix("Batch").unwrap_or(action)
}

/// Whether SQS has an action of that name.
pub(crate) fn is_action(name: &str) -> bool {
    ACTIONS.iter().any(|row| row.name.eq_ignore_ascii_case(name))
}

fn invalid(reason: &str) -> ServiceError {
    let text = format!("Invalid value for the parameter Policy. Reason: {reason}.");
    ServiceError::new(&errors::INVALID_ATTRIBUTE_VALUE, text)
}

/// Checks a policy as `SetQueueAttributes` takes it.
pub(crate) fn check(text: &str) -> Result<(), ServiceError> {
    if text.len() > limits::POLICY_BYTES_MAX {
        return Err(invalid("the policy is too long"));
    }
    let policy = Policy::parse(text).map_err(|error| invalid(&error.to_string()))?;
    if policy.statements().len() > limits::POLICY_STATEMENTS_MAX {
        return Err(invalid("too many statements"));
    }
    policy.statements().iter().try_for_each(check_statement)
}

fn check_statement(statement: &Statement) -> Result<(), ServiceError> {
    let known = |action: &String| {
        let name = action.split_once(':').filter(|(service, _)| service.eq_ignore_ascii_case("sqs"));
        action == "*" || name.is_some_and(|(_, name)| name.contains(['*', '?']) || is_action(name))
    };
    if let Some(action) = statement.actions().iter().find(|action| !known(action)) {
        return Err(invalid(&format!("{action} is no action of Amazon SQS")));
    }
    if statement.actions().len() > limits::POLICY_ACTIONS_MAX {
        return Err(invalid("too many actions in a statement"));
    }
    if statement.principals() > limits::POLICY_PRINCIPALS_MAX {
        return Err(invalid("too many principals in a statement"));
    }
    if statement.conditions() > limits::POLICY_CONDITIONS_MAX {
        return Err(invalid("too many conditions in a statement"));
    }
    Ok(())
}

/// A queue that a request is about, and its record.
pub(crate) struct Opened {
    pub(crate) queue: Arc<Queue>,
    pub(crate) record: Arc<QueueRecord>,
}

impl Sqs {
    /// The queue that a URL names, if the caller may do this with it. `QueueDoesNotExist`, `AccessDenied`.
    pub(crate) async fn open(
        &self,
        context: &Context,
        url: &str,
        action: &str,
    ) -> Result<Opened, ServiceError> {
        self.open_key(context, &queue_name::from_url(context, url)?, action).await
    }

    /// The same of a queue that is named otherwise.
    pub(crate) async fn open_key(
        &self,
        context: &Context,
        key: &QueueKey,
        action: &str,
    ) -> Result<Opened, ServiceError> {
        let queue = self.engine.queue(key).await.map_err(errors::of_queue)?;
        let record = self.records.of(&queue)?;
        self.authorize(context, key, &record, action)?;
        Ok(Opened { queue, record })
    }

    /// Own queues are open unless their policy denies it; others only if their policy allows it.
    fn authorize(
        &self,
        context: &Context,
        queue: &QueueKey,
        record: &QueueRecord,
        action: &str,
    ) -> Result<(), ServiceError> {
        let (owner, caller) = (queue_name::account(queue), context.caller.account.as_str());
        let own = owner == caller;
        let policy = record.policy();
        if self.settings.lenient_policies || (own && (policy.is_none() || NEVER_LOCKED.contains(&action))) {
            return Ok(());
        }
        let action = permission(action);
        let given_away = own || !OWNER_ONLY.contains(&action);
        let decision = policy.filter(|_| given_away).map_or(Decision::NotAllowed, |policy| {
            let keys = context.condition_keys(owner);
            let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let (caller, action) = (Caller::Account(caller), &*format!("sqs:{action}"));
            policy.decide(&Request { caller, action, resource: queue.as_str(), keys: &keys })
        });
        let denied = matches!(decision, Decision::Denied(_));
        if decision == Decision::Allowed || (own && !denied) {
            return Ok(());
        }
        let text = denial(context, &format!("sqs:{}", action.to_ascii_lowercase()), queue.as_str(), denied);
        Err(ServiceError::new(&errors::ACCESS_DENIED, text))
    }
}

/// Why somebody may not send into a queue; `None`: they may.
pub(crate) fn refusal(queue: &QueueKey, record: &QueueRecord, sender: &Sender) -> Option<String> {
    let (caller, source, account) = match sender {
        Sender::Account(account) if *account == queue_name::account(queue) => return None,
        Sender::Account(account) => (Caller::Account(account), "", account),
        Sender::Service { principal, source, account } => {
            (Caller::Service(principal), source.as_str(), account)
        }
    };
    let of_service = [
        ("aws:PrincipalServiceName", sender.principal()),
        ("aws:ResourceAccount", queue_name::account(queue)),
        ("aws:SourceArn", source),
        ("aws:SourceAccount", account),
        ("aws:SourceOwner", account),
        ("aws:PrincipalIsAWSService", "true"),
        ("aws:SecureTransport", "true"),
    ];
    let principal = format!("arn:aws:iam::{account}:root");
    let of_account = [
        ("aws:PrincipalAccount", account.as_str()),
        ("aws:PrincipalArn", &principal),
        ("aws:ResourceAccount", queue_name::account(queue)),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:SecureTransport", "true"),
    ];
    let keys: &[_] = if matches!(caller, Caller::Service(_)) { &of_service } else { &of_account };
    let request = Request { caller, action: "sqs:SendMessage", resource: queue.as_str(), keys };
    let why = match record.policy().map(|policy| policy.decide(&request)) {
        Some(Decision::Allowed) => return None,
        Some(Decision::Denied(sid)) => format!("statement {} denies it", sid.unwrap_or_default()),
        Some(Decision::NotAllowed) => "no statement allows it".to_owned(),
        None => "it has none".to_owned(),
    };
    Some(format!("the policy of {queue} must allow sqs:SendMessage for {sender}: {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(more: &serde_json::Value) -> String {
        let mut statement = json!({
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*",
        });
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"Statement": [statement]}).to_string()
    }

    #[test]
    fn a_policy_names_actions_of_sqs_and_keeps_to_its_quotas() {
        for action in
            [json!("SQS:SendMessage"), json!("sqs:*"), json!("*"), json!(["sqs:Receive*", "sqs:GetQueueUrl"])]
        {
            check(&with(&json!({"Action": action}))).unwrap();
        }
        let many = |count: usize, text: &str| vec![text.to_owned(); count];
        for wrong in [
            json!({"Action": "sns:Publish"}),
            json!({"Action": "sqs:Nonsense"}),
            json!({"Action": many(8, "sqs:SendMessage")}),
            json!({"Principal": {"AWS": many(51, "000000000000")}}),
            json!({"Principal": {"AWS": "nobody"}}),
            json!({"Effect": "Maybe"}),
            json!({"Condition": {"Nonsense": {"a": "b"}}}),
        ] {
            let error = check(&with(&wrong)).unwrap_err();
            assert!(error.message.starts_with("Invalid value for the parameter Policy. Reason: "), "{wrong}");
        }
        assert!(check("{}").is_err() && check("x").is_err());
    }
}
