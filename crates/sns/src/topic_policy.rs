//! Access policies of topics: checked, stored, added to. Nobody is refused by them here.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>

use aws::Arn;
use policy::{Grant, Policy, PolicyError, Statement};
use serde_json::{Value as Json, json};
use service::ServiceError;

use crate::records::TopicRecord;
use crate::{errors, limits};

/// The actions on a topic that a policy may name. `Receive` is of no use any more, but AWS's own examples have it.
const ACTIONS: [&str; 12] = [
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];

fn invalid(reason: &str) -> ServiceError {
    errors::invalid(&format!("Policy Error: {reason}"))
}

fn out_of_scope() -> ServiceError {
    errors::invalid("Policy statement action out of service scope!")
}

/// The policy that a topic has until it is given one.
pub(crate) fn default(arn: &Arn) -> Json {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"
            ],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": arn.account()}}
        }]
    })
}

/// Checks a policy as `SetTopicAttributes` takes it.
pub(crate) fn check(text: &str) -> Result<(), ServiceError> {
    if text.len() > limits::POLICY_BYTES_MAX {
        return Err(invalid("the policy is too long"));
    }
    let policy = Policy::parse(text).map_err(|error| match error {
        PolicyError::Action => out_of_scope(),
        other => invalid(&other.to_string()),
    })?;
    policy.statements().iter().try_for_each(check_statement)
}

fn check_statement(statement: &Statement) -> Result<(), ServiceError> {
    if !statement.actions().iter().all(|action| is_action(action)) {
        return Err(out_of_scope());
    }
    let fits = |resource: &String| {
        resource == "*" || resource.parse::<Arn>().is_ok_and(|arn| arn.service() == "sns")
    };
    if statement.resources().iter().all(fits) {
        return Ok(());
    }
    Err(invalid("Resource must be the ARN of a topic"))
}

fn is_action(text: &str) -> bool {
    let Some((service, action)) = text.split_once(':') else { return false };
    service.eq_ignore_ascii_case("sns") && ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(action))
}

/// The topic's policy as it stands.
fn current(topic: &TopicRecord) -> Json {
    let stored = topic.attributes.get("Policy").and_then(|text| serde_json::from_str(text).ok());
    stored.unwrap_or_else(|| default(&topic.arn))
}

/// Adds a statement that allows accounts some actions.
pub(crate) fn allow(
    topic: &mut TopicRecord,
    label: &str,
    accounts: &[String],
    actions: &[String],
) -> Result<(), ServiceError> {
    if label.is_empty() || accounts.is_empty() || actions.is_empty() {
        return Err(errors::invalid("Label, AWSAccountId and ActionName must not be empty"));
    }
    if !actions.iter().all(|action| ACTIONS.contains(&action.as_str())) {
        return Err(out_of_scope());
    }
    let is_account =
        |account: &String| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if !accounts.iter().all(is_account) {
        return Err(invalid("PrincipalNotFound"));
    }
    let mut policy = current(topic);
    let arn = topic.arn.to_string();
    let grant = Grant { label, accounts, service: "SNS", actions, resource: &arn };
    policy::grant(&mut policy, &grant).map_err(|_| errors::invalid("Statement already exists"))?;
    topic.attributes.insert("Policy".to_owned(), policy.to_string());
    Ok(())
}

/// Removes a statement; one that is not there is fine.
pub(crate) fn revoke(topic: &mut TopicRecord, label: &str) {
    let mut policy = current(topic);
    if policy::revoke(&mut policy, label) {
        topic.attributes.insert("Policy".to_owned(), policy.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn policies_name_actions_of_topics_and_are_whole() {
        let statement = |action: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"Allow","Principal":{{"Service":"s3.amazonaws.com"}},"Action":{action},"Resource":"arn:aws:sns:us-east-1:000000000000:t"}}]}}"#
            )
        };
        check(&statement(r#""sns:Publish""#)).unwrap();
        check(&statement(r#"["SNS:Publish","SNS:Receive"]"#)).unwrap();
        for action in [r#""sns:*""#, r#""sqs:SendMessage""#, r#""sns:Unsubscribe""#, "[]"] {
            let error = check(&statement(action)).unwrap_err();
            assert_eq!(error.message, "Invalid parameter: Policy statement action out of service scope!");
        }
        for policy in
            ["x", "[]", "{}", r#"{"Version":"1","Statement":[]}"#, r#"{"Statement":[{"Effect":"Allow"}]}"#]
        {
            assert!(check(policy).unwrap_err().message.contains("Policy Error"), "{policy}");
        }
    }
}
