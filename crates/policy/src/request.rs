//! A policy, asked.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use crate::document::{Policy, Statement};
use crate::keys::Keys;
use crate::variables::{Within, expand};
use crate::{pattern, principal};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// An AWS service, as `sns.amazonaws.com`.
    Service(&'a str),
    /// An account's number.
    Account(&'a str),
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// By whom.
    pub caller: Caller<'a>,
    /// `sqs:SendMessage`.
    pub action: &'a str,
    /// The ARN of what it is done to.
    pub resource: &'a str,
    /// The circumstances, as `("aws:SourceArn", "arn:…")`; a key with several values stands there several times.
    pub keys: &'a [(&'a str, &'a str)],
}

/// What a policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it, and none denies it.
    Allowed,
    /// A statement denies it; its id.
    Denied(Option<String>),
    /// No statement is about it.
    NotAllowed,
}

impl Policy {
    /// What the policy says: what is denied is denied, whatever else allows it.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        let mut allowed = false;
        let is_about = |statement: &&Statement| statement.is_about(request, self.variables);
        for statement in self.statements.iter().filter(is_about) {
            if statement.denies {
                return Decision::Denied(statement.sid.clone());
            }
            allowed = true;
        }
        if allowed { Decision::Allowed } else { Decision::NotAllowed }
    }
}

impl Statement {
    fn is_about(&self, request: &Request<'_>, variables: bool) -> bool {
        let keys = Keys(request.keys);
        let is_resource = |pattern: &String| {
            let expanded =
                if variables { expand(pattern, keys, Within::Pattern) } else { Some(pattern.into()) };
            expanded.is_some_and(|pattern| pattern::matches(&pattern, request.resource))
        };
        self.principals.any(|principal| principal::is_meant(principal, request.caller))
            && self.actions.any(|pattern| pattern::matches_ignoring_case(pattern, request.action))
            && self.resources.any(is_resource)
            && self.conditions.iter().all(|condition| condition.holds(keys, variables))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
    const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:t";

    fn decide(statements: &Json) -> Decision {
        let policy = Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string());
        policy.unwrap().decide(&Request {
            caller: Caller::Service("sns.amazonaws.com"),
            action: "sqs:SendMessage",
            resource: QUEUE,
            keys: &[
                ("aws:SourceArn", TOPIC),
                ("aws:SourceAccount", "000000000000"),
                ("aws:SecureTransport", "true"),
            ],
        })
    }

    fn statement(more: &Json) -> Json {
        let mut statement = json!({
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": QUEUE,
        });
        statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        statement
    }

    #[test]
    fn a_statement_allows_its_principals_its_actions_on_its_resources() {
        assert_eq!(decide(&statement(&json!({}))), Decision::Allowed);
        for principal in
            [json!("*"), json!({"AWS": "*"}), json!({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]})]
        {
            assert_eq!(
                decide(&statement(&json!({"Principal": principal}))),
                Decision::Allowed,
                "{principal}"
            );
        }
        for action in ["SQS:sendmessage", "sqs:*", "sqs:Send*", "*"] {
            assert_eq!(decide(&statement(&json!({"Action": action}))), Decision::Allowed, "{action}");
        }
        for resource in ["*", "arn:aws:sqs:*:*:q", "arn:aws:sqs:us-east-1:000000000000:?"] {
            assert_eq!(decide(&statement(&json!({"Resource": resource}))), Decision::Allowed, "{resource}");
        }
        for other in [
            json!({"Principal": {"Service": "s3.amazonaws.com"}}),
            json!({"Principal": {"AWS": "000000000000"}}),
            json!({"Action": ["sqs:ReceiveMessage"]}),
            json!({"Resource": "arn:aws:sqs:us-east-1:000000000000:other"}),
        ] {
            assert_eq!(decide(&statement(&other)), Decision::NotAllowed, "{other}");
        }
    }

    #[test]
    fn an_explicit_deny_wins() {
        let deny = statement(&json!({"Sid": "no", "Effect": "Deny"}));
        assert_eq!(decide(&json!([statement(&json!({})), deny])), Decision::Denied(Some("no".into())));
        let elsewhere =
            statement(&json!({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}));
        assert_eq!(decide(&json!([elsewhere, statement(&json!({}))])), Decision::Allowed);
    }

    #[test]
    fn negated_elements_mean_all_others() {
        let mut others = statement(&json!({}));
        let object = others.as_object_mut().unwrap();
        object.remove("Action");
        object.insert("NotAction".into(), json!("sqs:DeleteQueue"));
        assert_eq!(decide(&others), Decision::Allowed);
        others["NotAction"] = json!("sqs:Send*");
        assert_eq!(decide(&others), Decision::NotAllowed);
        let mut denied = statement(&json!({"Effect": "Deny"}));
        let object = denied.as_object_mut().unwrap();
        object.remove("Principal");
        object.insert("NotPrincipal".into(), json!({"Service": "sns.amazonaws.com"}));
        assert_eq!(decide(&json!([denied, statement(&json!({}))])), Decision::Allowed);
    }

    #[test]
    fn conditions_look_at_the_source() {
        let allowed =
            |condition: Json| decide(&statement(&json!({"Condition": condition}))) == Decision::Allowed;
        assert!(allowed(json!({"ArnEquals": {"aws:SourceArn": TOPIC}})));
        assert!(allowed(json!({"ArnLike": {"AWS:sourcearn": ["x", "arn:aws:sns:*:*:t"]}})));
        assert!(allowed(
            json!({"StringEquals": {"aws:SourceAccount": "000000000000"}, "ArnLike": {"aws:SourceArn": TOPIC}})
        ));
        assert!(!allowed(
            json!({"StringEquals": {"aws:SourceAccount": "111111111111"}, "ArnLike": {"aws:SourceArn": TOPIC}})
        ));
        assert!(!allowed(
            json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:other"}})
        ));
        assert!(!allowed(json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}})), "a key that is absent");
    }

    #[test]
    fn variables_are_put_into_resources_and_values_of_policies_of_2012() {
        let policy = |version: &str, statement: Json| {
            Policy::parse(&json!({"Version": version, "Statement": statement}).to_string()).unwrap()
        };
        let asked = |policy: &Policy| {
            let keys = &[("aws:PrincipalAccount", "111111111111"), ("aws:SourceAccount", "111111111111")];
            let caller = Caller::Account("111111111111");
            policy.decide(&Request { caller, action: "sqs:SendMessage", resource: QUEUE, keys })
        };
        let about = |more: Json| {
            let mut statement = statement(&json!({"Principal": "*"}));
            statement.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            statement
        };
        let same = json!({"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}});
        let statement = about(json!({"Condition": same}));
        assert_eq!(asked(&policy("2012-10-17", statement.clone())), Decision::Allowed);
        assert_eq!(asked(&policy("2008-10-17", statement)), Decision::NotAllowed, "plain text before");
        let absent =
            about(json!({"Condition": {"StringNotEquals": {"aws:SourceAccount": "${aws:username}"}}}));
        assert_eq!(asked(&policy("2012-10-17", absent)), Decision::NotAllowed, "no value, nothing fits");
        let own = about(json!({"Resource": "arn:aws:sqs:*:*:${aws:PrincipalAccount}-*"}));
        assert_eq!(asked(&policy("2012-10-17", own)), Decision::NotAllowed);
        let default = about(json!({"Resource": "arn:aws:sqs:*:*:${aws:username, 'q'}"}));
        assert_eq!(asked(&policy("2012-10-17", default)), Decision::Allowed);
    }

    #[test]
    fn accounts_are_meant_by_number_or_root() {
        for (principal, expected) in [
            (json!({"AWS": "111111111111"}), true),
            (json!({"AWS": "arn:aws:iam::111111111111:root"}), true),
            (json!({"AWS": "arn:aws:iam::111111111111:user/x"}), false),
            (json!({"AWS": ["222222222222"]}), false),
            (json!("*"), true),
        ] {
            let policy =
                Policy::parse(&json!({"Statement": statement(&json!({"Principal": principal}))}).to_string());
            let request = Request {
                caller: Caller::Account("111111111111"),
                action: "sqs:SendMessage",
                resource: QUEUE,
                keys: &[],
            };
            assert_eq!(policy.unwrap().decide(&request) == Decision::Allowed, expected, "{principal}");
        }
    }
}
