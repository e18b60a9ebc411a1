//! What a queue's policy lets others do: checked when it is set, asked when another service sends.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-creating-custom-policies-access-policy-examples.html>

use engine::QueueKey;
use policy::{Caller, Decision, Policy, Request, Statement};
use service::ServiceError;
use service::ports::Sender;

use crate::records::QueueRecord;
use crate::{ACTIONS, errors, limits, queue_name};

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
        ("aws:SourceArn", source),
        ("aws:SourceAccount", account),
        ("aws:SourceOwner", account),
        ("aws:PrincipalIsAWSService", "true"),
        ("aws:SecureTransport", "true"),
    ];
    let of_account = [("aws:PrincipalAccount", account.as_str()), ("aws:SecureTransport", "true")];
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
