//! Message attributes.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;
use service::ports::{MessageAttribute, MessageAttributeValue};
use service::{Blob, ServiceError};

use crate::errors;

/// The shape `MessageAttributeValue`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeValue {
    data_type: String,
    string_value: Option<String>,
    binary_value: Option<Blob>,
}

/// Checked attributes by name.
pub(crate) type MessageAttributes = BTreeMap<String, MessageAttribute>;

impl AttributeValue {
    /// Bytes that count, before anything is checked.
    pub(crate) fn size(&self) -> usize {
        let text = self.string_value.as_ref().map_or(0, String::len);
        self.data_type.len() + text + self.binary_value.as_ref().map_or(0, |blob| blob.0.len())
    }
}

/// AWS's own names, in any case.
const RESERVED_PREFIXES: [&str; 2] = ["aws.", "amazon."];

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn refused(text: String) -> ServiceError {
    ServiceError::new(&errors::INVALID_PARAMETER_VALUE, text)
}

pub(crate) fn parse(given: BTreeMap<String, AttributeValue>) -> Result<MessageAttributes, ServiceError> {
    given.into_iter().map(|(name, value)| Ok((name.clone(), parse_one(&name, value)?))).collect()
}

fn parse_one(name: &str, given: AttributeValue) -> Result<MessageAttribute, ServiceError> {
    let AttributeValue { data_type, string_value, binary_value } = given;
    let base = data_type.split('.').next().unwrap_or_default();
    let fits = !name.is_empty()
        && name.len() <= 256
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !is_reserved(name)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if !fits {
        return Err(refused(format!("The message attribute name '{name}' is invalid.")));
    }
    let empty = || {
        refused(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{data_type}'."
        ))
    };
    let value = match base {
        "String" => {
            MessageAttributeValue::Text(string_value.filter(|text| !text.is_empty()).ok_or_else(empty)?)
        }
        "Number" => {
            let text = string_value.filter(|text| !text.is_empty()).ok_or_else(empty)?;
            if text.trim().parse::<f64>().is_err() {
                let text = format!("Could not cast message attribute '{name}' value to number.");
                return Err(refused(text));
            }
            MessageAttributeValue::Text(text)
        }
        "Binary" => {
            let blob = binary_value.ok_or_else(|| {
                refused(format!("The message attribute '{name}' with type 'Binary' must use field 'Binary'."))
            })?;
            if blob.0.is_empty() {
                return Err(empty());
            }
            MessageAttributeValue::Binary(blob)
        }
        _ => {
            return Err(refused(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
            )));
        }
    };
    if data_type == "String.Array"
        && let MessageAttributeValue::Text(text) = &value
        && !serde_json::from_str::<Json>(text).is_ok_and(|json| json.is_array())
    {
        return Err(refused(format!("The message attribute '{name}' is not a valid JSON array.")));
    }
    Ok(MessageAttribute { data_type, value })
}

/// Bytes that count towards a message's size.
pub(crate) fn size(attributes: &MessageAttributes) -> usize {
    let one = |(name, attribute): (&String, &MessageAttribute)| {
        let value = match &attribute.value {
            MessageAttributeValue::Text(text) => text.len(),
            MessageAttributeValue::Binary(blob) => blob.0.len(),
        };
        name.len() + attribute.data_type.len() + value
    };
    attributes.iter().map(one).sum()
}
