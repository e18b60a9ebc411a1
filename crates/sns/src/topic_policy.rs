//! Access policies of topics: checked, stored, added to. Nobody is refused by them here.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html>

use aws::Arn;
use serde_json::{Map, Value as Json, json};
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
    let document: Json = serde_json::from_str(text).map_err(|_| invalid("failed to parse JSON"))?;
    let object = document.as_object().ok_or_else(|| invalid("failed to parse JSON"))?;
    if !matches!(object.get("Version").map(Json::as_str), None | Some(Some("2008-10-17" | "2012-10-17"))) {
        return Err(invalid("unknown Version"));
    }
    let statements = each(object.get("Statement"));
    if statements.is_empty() {
        return Err(invalid("Statement is missing"));
    }
    let mut sids = std::collections::HashSet::new();
    for statement in statements {
        let statement = statement.as_object().ok_or_else(|| invalid("a statement must be an object"))?;
        check_statement(statement)?;
        if let Some(sid) = statement.get("Sid").and_then(Json::as_str)
            && !sids.insert(sid)
        {
            return Err(invalid("statement ids must be unique"));
        }
    }
    Ok(())
}

/// One value or a list of them.
fn each(value: Option<&Json>) -> Vec<&Json> {
    match value {
        Some(Json::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn check_statement(statement: &Map<String, Json>) -> Result<(), ServiceError> {
    if !matches!(statement.get("Effect").and_then(Json::as_str), Some("Allow" | "Deny")) {
        return Err(invalid("Effect must be Allow or Deny"));
    }
    let principal = statement.get("Principal").or_else(|| statement.get("NotPrincipal"));
    if !principal.is_some_and(|principal| principal.is_object() || principal.as_str() == Some("*")) {
        return Err(invalid("PrincipalNotFound"));
    }
    let actions = each(statement.get("Action").or_else(|| statement.get("NotAction")));
    if actions.is_empty() || !actions.into_iter().all(|action| action.as_str().is_some_and(is_action)) {
        return Err(out_of_scope());
    }
    let resources = each(statement.get("Resource").or_else(|| statement.get("NotResource")));
    let fits = |resource: &Json| {
        let text = resource.as_str().unwrap_or_default();
        text == "*" || text.parse::<Arn>().is_ok_and(|arn| arn.service() == "sns")
    };
    if resources.is_empty() || !resources.into_iter().all(fits) {
        return Err(invalid("Resource must be the ARN of a topic"));
    }
    Ok(())
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

fn statements(policy: &Json) -> Vec<Json> {
    each(policy.get("Statement")).into_iter().cloned().collect()
}

fn store(topic: &mut TopicRecord, mut policy: Json, statements: Vec<Json>) {
    policy["Statement"] = Json::Array(statements);
    topic.attributes.insert("Policy".to_owned(), policy.to_string());
}

fn one_or_many(mut texts: Vec<String>) -> Json {
    if texts.len() == 1 { json!(texts.remove(0)) } else { json!(texts) }
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
    let policy = current(topic);
    let mut all = statements(&policy);
    if all.iter().any(|statement| statement["Sid"] == label) {
        return Err(errors::invalid("Statement already exists"));
    }
    let principals = accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions = actions.iter().map(|action| format!("SNS:{action}")).collect();
    all.push(json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_many(principals)},
        "Action": one_or_many(actions),
        "Resource": topic.arn,
    }));
    store(topic, policy, all);
    Ok(())
}

/// Removes a statement; one that is not there is fine.
pub(crate) fn revoke(topic: &mut TopicRecord, label: &str) {
    let policy = current(topic);
    let mut all = statements(&policy);
    let before = all.len();
    all.retain(|statement| statement["Sid"] != label);
    if all.len() < before {
        store(topic, policy, all);
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
