//! Who may invoke a function: its resource-based policy, asked. Services and visitors of URLs need a statement that
//! allows them; the function's own account needs none.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>

use policy::{Caller, Decision, Policy, Request};
use service::ports::Sender;

use crate::function_name::qualified;
use crate::policy::document;
use crate::records::FunctionRecord;

/// Why somebody may not invoke a function, or the version or alias that is named; `None`: they may.
pub(crate) fn refusal(function: &FunctionRecord, qualifier: Option<&str>, sender: &Sender) -> Option<String> {
    let (caller, source, account) = match sender {
        Sender::Account(account) if account == function.arn.account() => return None,
        Sender::Account(account) => (Caller::Account(account), "", account),
        Sender::Service { principal, source, account } => {
            (Caller::Service(principal), source.as_str(), account)
        }
    };
    let of_service = [
        ("aws:PrincipalServiceName", sender.principal()),
        ("aws:ResourceAccount", function.arn.account()),
        ("aws:SourceArn", source),
        ("aws:SourceAccount", account),
        ("aws:PrincipalIsAWSService", "true"),
        ("aws:SecureTransport", "true"),
    ];
    let principal = format!("arn:aws:iam::{account}:root");
    let of_account = [
        ("aws:PrincipalAccount", account.as_str()),
        ("aws:PrincipalArn", &principal),
        ("aws:ResourceAccount", function.arn.account()),
        ("aws:PrincipalIsAWSService", "false"),
        ("aws:SecureTransport", "true"),
    ];
    let keys: &[_] = if matches!(caller, Caller::Service(_)) { &of_service } else { &of_account };
    let why = why_not(function, qualifier, caller, "lambda:InvokeFunction", keys)?;
    let name = qualified(&function.arn, qualifier);
    Some(format!("the policy of {name} must allow lambda:InvokeFunction for {sender}: {why}"))
}

/// Why anybody may not invoke a function through its URL, which asks for no signature; `None`: they may.
pub(crate) fn refusal_of_visitors(function: &FunctionRecord, qualifier: Option<&str>) -> Option<String> {
    let keys = [("lambda:FunctionUrlAuthType", "NONE"), ("lambda:InvokedViaFunctionUrl", "true")];
    ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"].into_iter().find_map(|action| {
        let why = why_not(function, qualifier, Caller::Account("anonymous"), action, &keys)?;
        let name = qualified(&function.arn, qualifier);
        Some(format!("the policy of {name} must allow {action} for everybody: {why}"))
    })
}

fn why_not(
    function: &FunctionRecord,
    qualifier: Option<&str>,
    caller: Caller<'_>,
    action: &str,
    keys: &[(&str, &str)],
) -> Option<String> {
    let statements = function.policy(qualifier).filter(|statements| !statements.is_empty());
    let Some(statements) = statements else { return Some("it has none".to_owned()) };
    let policy = match Policy::parse(&document(statements).to_string()) {
        Ok(policy) => policy,
        Err(error) => return Some(format!("it cannot be read: {error}")),
    };
    let name = qualified(&function.arn, qualifier);
    match policy.decide(&Request { caller, action, resource: name.as_str(), keys }) {
        Decision::Allowed => None,
        Decision::Denied(sid) => Some(format!("statement {} denies it", sid.unwrap_or_default())),
        Decision::NotAllowed => Some("no statement allows it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use aws::Arn;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::testing::record;

    fn with(statement: &Json) -> FunctionRecord {
        let mut function = record("f");
        function.policy.insert("s".to_owned(), statement.clone());
        function
    }

    fn of_topic() -> Sender {
        Sender::Service {
            principal: "sns.amazonaws.com",
            source: Arn::new("sns", "us-east-1", "000000000000", "t"),
            account: "000000000000".to_owned(),
        }
    }

    fn statement(more: &Json) -> Json {
        let mut statement = json!({
            "Sid": "s", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f",
        });
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        statement
    }

    #[test]
    fn a_service_needs_a_statement_that_allows_it() {
        assert!(refusal(&record("f"), None, &of_topic()).unwrap().ends_with("it has none"));
        assert_eq!(refusal(&with(&statement(&json!({}))), None, &of_topic()), None);
        for (more, allowed) in [
            (
                json!({"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}}}),
                true,
            ),
            (
                json!({"Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:000000000000:x"}}}),
                false,
            ),
            (json!({"Condition": {"StringEquals": {"AWS:SourceAccount": "000000000000"}}}), true),
            (json!({"Principal": {"Service": "s3.amazonaws.com"}}), false),
            (json!({"Action": "lambda:*"}), true),
            (json!({"Action": "lambda:GetFunction"}), false),
        ] {
            let refused = refusal(&with(&statement(&more)), None, &of_topic());
            assert_eq!(refused.is_none(), allowed, "{more}: {refused:?}");
        }
    }

    #[test]
    fn an_alias_has_a_policy_of_its_own() {
        let refused = refusal(&with(&statement(&json!({}))), Some("live"), &of_topic());
        assert!(refused.is_some_and(|why| why.contains("function:f:live")));
    }

    #[test]
    fn the_own_account_needs_no_statement_and_another_does() {
        let of = |account: &str| refusal(&record("f"), None, &Sender::Account(account.to_owned()));
        assert_eq!(of("000000000000"), None);
        assert!(of("111111111111").is_some());
    }

    #[test]
    fn visitors_need_both_permissions() {
        let url = statement(&json!({
            "Principal": "*", "Action": "lambda:InvokeFunctionUrl",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        }));
        let mut function = with(&url);
        assert!(
            refusal_of_visitors(&function, None).is_some_and(|why| why.contains("lambda:InvokeFunction "))
        );
        let through = json!({
            "Sid": "t", "Principal": "*", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        });
        function.policy.insert("t".to_owned(), statement(&through));
        assert_eq!(refusal_of_visitors(&function, None), None);
        assert!(refusal_of_visitors(&record("f"), None).is_some());
    }
}
