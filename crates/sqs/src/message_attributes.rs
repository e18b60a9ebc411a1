//! Message attributes: their shape, their rules, their size.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use service::ports::{MessageAttribute, MessageAttributeValue};
use service::{Blob, ServiceError};

use crate::{errors, limits};

/// The shape `MessageAttributeValue`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) binary_value: Option<Blob>,
    pub(crate) data_type: String,
    /// In the model, and not supported.
    #[serde(default, skip_serializing)]
    pub(crate) string_list_values: Option<Vec<String>>,
    /// Likewise.
    #[serde(default, skip_serializing)]
    pub(crate) binary_list_values: Option<Vec<Blob>>,
}

/// Attributes as they come and go.
pub(crate) type AttributeValues = BTreeMap<String, AttributeValue>;

fn refused(text: String) -> ServiceError {
    ServiceError::new(&errors::INVALID_PARAMETER, text)
}

/// Checks all and turns them into what is stored.
pub(crate) fn parse(given: AttributeValues) -> Result<BTreeMap<String, MessageAttribute>, ServiceError> {
    if given.len() > limits::MESSAGE_ATTRIBUTES_MAX {
        let text = format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{}].",
            given.len(),
            limits::MESSAGE_ATTRIBUTES_MAX
        );
        return Err(refused(text));
    }
    given.into_iter().map(|(name, value)| Ok((name.clone(), parse_one(&name, value)?))).collect()
}

fn parse_one(name: &str, given: AttributeValue) -> Result<MessageAttribute, ServiceError> {
    check_name(name)?;
    let AttributeValue { string_value, binary_value, data_type, string_list_values, binary_list_values } =
        given;
    if string_list_values.is_some_and(|list| !list.is_empty())
        || binary_list_values.is_some_and(|list| !list.is_empty())
    {
        let text = "Message attribute list values in SendMessage operation are not supported.";
        return Err(ServiceError::new(&errors::UNSUPPORTED_OPERATION, text));
    }
    let base = data_type.split('.').next().unwrap_or_default();
    if !matches!(base, "String" | "Number" | "Binary") || data_type.len() > limits::ATTRIBUTE_NAME_BYTES_MAX {
        return Err(refused(format!(
            "The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
        )));
    }
    let empty = || {
        refused(format!("Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."))
    };
    let value = if base == "Binary" {
        MessageAttributeValue::Binary(binary_value.filter(|blob| !blob.0.is_empty()).ok_or_else(empty)?)
    } else {
        MessageAttributeValue::Text(string_value.filter(|text| !text.is_empty()).ok_or_else(empty)?)
    };
    if let MessageAttributeValue::Text(text) = &value {
        if base == "Number" && !is_number(text) {
            return Err(refused(format!(
                "Can't cast the value of message (user) attribute '{name}' to a number."
            )));
        }
        if !text.chars().all(crate::message::is_allowed) {
            return Err(errors::invalid(text, name, "Contains characters that are not allowed."));
        }
    }
    Ok(MessageAttribute { data_type, value })
}

/// Up to 38 digits between 10^-128 and 10^126, as AWS keeps them.
fn is_number(text: &str) -> bool {
    let fits = |number: f64| number == 0.0 || (1e-128..=1e126).contains(&number.abs());
    text.parse::<f64>().is_ok_and(fits) && text.bytes().filter(u8::is_ascii_digit).count() <= 38
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let lower = name.to_ascii_lowercase();
    let fits = !name.is_empty()
        && name.len() <= limits::ATTRIBUTE_NAME_BYTES_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    if fits {
        return Ok(());
    }
    Err(refused(format!("Message (user) attribute name '{name}' is invalid.")))
}

/// Bytes that count towards a message's size.
pub(crate) fn size(attributes: &BTreeMap<String, MessageAttribute>) -> usize {
    let one = |(name, attribute): (&String, &MessageAttribute)| {
        let value = match &attribute.value {
            MessageAttributeValue::Text(text) => text.len(),
            MessageAttributeValue::Binary(blob) => blob.0.len(),
        };
        name.len() + attribute.data_type.len() + value
    };
    attributes.iter().map(one).sum()
}

/// As the wire writes a stored attribute.
pub(crate) fn shown(attribute: MessageAttribute) -> AttributeValue {
    let (string_value, binary_value) = match attribute.value {
        MessageAttributeValue::Text(text) => (Some(text), None),
        MessageAttributeValue::Binary(blob) => (None, Some(blob)),
    };
    AttributeValue { string_value, binary_value, data_type: attribute.data_type, ..AttributeValue::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data_type: &str, value: &str) -> AttributeValue {
        AttributeValue {
            string_value: Some(value.into()),
            data_type: data_type.into(),
            ..AttributeValue::default()
        }
    }

    fn parsed(name: &str, value: AttributeValue) -> Result<(), String> {
        parse(BTreeMap::from([(name.to_owned(), value)]))
            .map(|_| ())
            .map_err(|error| error.message.into_owned())
    }

    #[test]
    fn names_types_and_values_follow_the_rules() {
        assert_eq!(parsed("a.b-c_1", text("String.custom", "x")), Ok(()));
        assert_eq!(parsed("n", text("Number", "-1.5e3")), Ok(()));
        for name in ["", ".a", "a.", "a..b", "AWS.x", "amazon.x", "a b", "ä"] {
            assert!(parsed(name, text("String", "x")).is_err(), "{name:?}");
        }
        assert!(parsed("a", text("Text", "x")).unwrap_err().contains("supported type prefixes"));
        assert_eq!(
            parsed("a", text("String", "")),
            Err("Message (user) attribute 'a' must contain a non-empty value of type 'String'.".into())
        );
        for number in ["seven", "NaN", "inf", "1e127", "1e-129", &"1".repeat(39)] {
            assert!(parsed("a", text("Number", number)).is_err(), "{number}");
        }
        let listed = AttributeValue { string_list_values: Some(vec!["x".into()]), ..text("String", "x") };
        assert!(parsed("a", listed).unwrap_err().contains("list values"));
        assert!(parsed("a", text("Binary", "x")).is_err());
    }
}
