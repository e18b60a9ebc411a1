//! Adding statements to a document and taking them away, as `AddPermission` and `RemovePermission` do.

use serde_json::{Value as Json, json};

/// What accounts may do.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'a> {
    /// The statement's id.
    pub label: &'a str,
    /// Numbers of accounts.
    pub accounts: &'a [String],
    /// The prefix of actions, as services print it: `SQS`, `SNS`.
    pub service: &'a str,
    /// Names of actions.
    pub actions: &'a [String],
    /// The ARN of the resource.
    pub resource: &'a str,
}

/// A statement has that id already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the label is taken")]
pub struct LabelTaken;

fn statements(document: &Json) -> Vec<Json> {
    match &document["Statement"] {
        Json::Array(items) => items.clone(),
        Json::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// One text where there is one, a list of several.
fn one_or_many(mut texts: Vec<String>) -> Json {
    if texts.len() == 1 { json!(texts.remove(0)) } else { json!(texts) }
}

/// Adds a statement.
pub fn grant(document: &mut Json, grant: &Grant<'_>) -> Result<(), LabelTaken> {
    let mut all = statements(document);
    if all.iter().any(|statement| statement["Sid"] == grant.label) {
        return Err(LabelTaken);
    }
    let principals = grant.accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
    let actions = grant.actions.iter().map(|action| format!("{}:{action}", grant.service)).collect();
    all.push(json!({
        "Sid": grant.label,
        "Effect": "Allow",
        "Principal": {"AWS": one_or_many(principals)},
        "Action": one_or_many(actions),
        "Resource": grant.resource,
    }));
    document["Statement"] = Json::Array(all);
    Ok(())
}

/// Takes a statement away; whether there was one of that id.
pub fn revoke(document: &mut Json, label: &str) -> bool {
    let mut all = statements(document);
    let before = all.len();
    all.retain(|statement| statement["Sid"] != label);
    let found = all.len() < before;
    document["Statement"] = Json::Array(all);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_granted_is_revoked_by_its_label() {
        let (accounts, actions) =
            (["111111111111".to_owned()], ["SendMessage".to_owned(), "DeleteMessage".to_owned()]);
        let label = |label| Grant {
            label,
            accounts: &accounts,
            service: "SQS",
            actions: &actions,
            resource: "arn:q",
        };
        let mut document = json!({"Version": "2008-10-17"});
        grant(&mut document, &label("one")).unwrap();
        assert_eq!(grant(&mut document, &label("one")), Err(LabelTaken));
        let expected = json!([{
            "Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": ["SQS:SendMessage", "SQS:DeleteMessage"], "Resource": "arn:q",
        }]);
        assert_eq!(document["Statement"], expected);
        assert!(!revoke(&mut document, "other") && revoke(&mut document, "one"));
        assert_eq!(document["Statement"], json!([]));
    }
}
