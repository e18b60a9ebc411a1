//! Data protection policies: kept with their topic. Messages are not searched for personal data here.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html>

use serde_json::Value as Json;
use service::ServiceError;

use crate::records::TopicRecord;
use crate::{arns, errors, limits};

/// Under this name the policy is kept among the topic's attributes; it is not shown with them.
pub(crate) const ATTRIBUTE: &str = "konekuta:data-protection-policy";

fn invalid(reason: &str) -> ServiceError {
    errors::invalid(&format!("DataProtectionPolicy Reason: {reason}"))
}

/// Gives a topic a policy.
pub(crate) fn put(topic: &mut TopicRecord, text: &str) -> Result<(), ServiceError> {
    if arns::is_fifo(&topic.arn) {
        return Err(invalid("FIFO topics do not support data protection policies"));
    }
    if text.is_empty() {
        topic.attributes.remove(ATTRIBUTE);
        return Ok(());
    }
    check(text)?;
    topic.attributes.insert(ATTRIBUTE.to_owned(), text.to_owned());
    Ok(())
}

fn check(text: &str) -> Result<(), ServiceError> {
    if text.len() > limits::POLICY_BYTES_MAX {
        return Err(invalid("the policy is too long"));
    }
    let document: Json = serde_json::from_str(text).map_err(|_| invalid("failed to parse JSON"))?;
    if !document["Name"].is_string() {
        return Err(invalid("Name is missing"));
    }
    if document["Version"] != "2021-06-01" {
        return Err(invalid("Version must be 2021-06-01"));
    }
    let statements = document["Statement"].as_array().filter(|statements| !statements.is_empty());
    let statements = statements.ok_or_else(|| invalid("Statement is missing"))?;
    statements.iter().try_for_each(check_statement)
}

fn check_statement(statement: &Json) -> Result<(), ServiceError> {
    if !matches!(statement["DataDirection"].as_str(), Some("Inbound" | "Outbound")) {
        return Err(invalid("DataDirection must be Inbound or Outbound"));
    }
    let list = |name: &str| statement[name].as_array().is_some_and(|items| !items.is_empty());
    if !list("Principal") || !list("DataIdentifier") {
        return Err(invalid("Principal and DataIdentifier must be lists"));
    }
    let operation = statement["Operation"].as_object().and_then(|operation| operation.keys().next());
    match operation.map(String::as_str) {
        Some("Audit" | "Deidentify" | "Deny") => Ok(()),
        _ => Err(invalid("Operation must be one of Audit, Deidentify, Deny")),
    }
}
