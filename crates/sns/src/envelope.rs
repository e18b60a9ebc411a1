//! How a message looks to its subscribers: the JSON envelope, in AWS's order of members, and Lambda's event.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use service::ports::{MessageAttribute, MessageAttributeValue};

/// What all subscribers of a topic see alike.
#[derive(Clone, Debug)]
pub(crate) struct Notification<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) sequence_number: Option<&'a str>,
    pub(crate) topic_arn: &'a str,
    pub(crate) subject: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) timestamp: &'a str,
    pub(crate) attributes: &'a BTreeMap<String, MessageAttribute>,
    /// Absent on FIFO topics.
    pub(crate) signed: Option<Signed<'a>>,
    pub(crate) unsubscribe_url: &'a str,
    /// From the archive.
    pub(crate) replayed: bool,
}

/// A signature and where its certificate lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<'a> {
    pub(crate) version: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) certificate_url: &'a str,
}

/// A message attribute as documents have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Attribute {
    r#type: String,
    value: String,
}

/// Message attributes as documents have them; binary values as base64.
pub(crate) fn attributes(all: &BTreeMap<String, MessageAttribute>) -> BTreeMap<String, Attribute> {
    let one = |(name, attribute): (&String, &MessageAttribute)| {
        let value = match &attribute.value {
            MessageAttributeValue::Text(text) => text.clone(),
            MessageAttributeValue::Binary(blob) => STANDARD.encode(&blob.0),
        };
        (name.clone(), Attribute { r#type: attribute.data_type.clone(), value })
    };
    all.iter().map(one).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    r#type: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'a str>,
    topic_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    #[serde(rename = "SigningCertURL", skip_serializing_if = "Option::is_none")]
    signing_cert_url: Option<&'a str>,
    #[serde(rename = "UnsubscribeURL")]
    unsubscribe_url: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    message_attributes: BTreeMap<String, Attribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaEvent<'a> {
    records: [LambdaRecord<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaRecord<'a> {
    event_source: &'static str,
    event_version: &'static str,
    event_subscription_arn: &'a str,
    sns: LambdaMessage<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaMessage<'a> {
    r#type: &'static str,
    message_id: &'a str,
    topic_arn: &'a str,
    subject: Option<&'a str>,
    message: &'a str,
    timestamp: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_cert_url: Option<&'a str>,
    unsubscribe_url: &'a str,
    message_attributes: BTreeMap<String, Attribute>,
}

fn text<T: Serialize>(document: &T) -> String {
    serde_json::to_string(document).expect("text keys and text values")
}

/// What asks an endpoint to confirm a subscription, or tells it that it was removed and how to restore it.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation<'a> {
    /// `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    pub(crate) kind: &'static str,
    pub(crate) message_id: &'a str,
    pub(crate) token: &'a str,
    pub(crate) topic_arn: &'a str,
    pub(crate) message: &'a str,
    pub(crate) subscribe_url: &'a str,
    pub(crate) timestamp: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ConfirmationEnvelope<'a> {
    r#type: &'static str,
    message_id: &'a str,
    token: &'a str,
    topic_arn: &'a str,
    message: &'a str,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: &'a str,
    timestamp: &'a str,
    signature_version: &'a str,
    signature: &'a str,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: &'a str,
}

impl Confirmation<'_> {
    /// For HTTP(S) and email-json.
    pub(crate) fn envelope(&self, signed: Signed<'_>) -> String {
        text(&ConfirmationEnvelope {
            r#type: self.kind,
            message_id: self.message_id,
            token: self.token,
            topic_arn: self.topic_arn,
            message: self.message,
            subscribe_url: self.subscribe_url,
            timestamp: self.timestamp,
            signature_version: signed.version,
            signature: signed.signature,
            signing_cert_url: signed.certificate_url,
        })
    }

    /// What is signed: names and values in the order of the names.
    pub(crate) fn string_to_sign(&self) -> String {
        joined(&[
            ("Message", self.message),
            ("MessageId", self.message_id),
            ("SubscribeURL", self.subscribe_url),
            ("Timestamp", self.timestamp),
            ("Token", self.token),
            ("TopicArn", self.topic_arn),
            ("Type", self.kind),
        ])
    }
}

fn joined(pairs: &[(&str, &str)]) -> String {
    pairs.iter().flat_map(|(name, value)| [*name, "\n", *value, "\n"]).collect()
}

impl Notification<'_> {
    /// For SQS, HTTP(S) and email-json.
    pub(crate) fn envelope(&self) -> String {
        text(&Envelope {
            r#type: "Notification",
            message_id: self.message_id,
            sequence_number: self.sequence_number,
            topic_arn: self.topic_arn,
            subject: self.subject,
            message: self.message,
            timestamp: self.timestamp,
            signature_version: self.signed.map(|signed| signed.version),
            signature: self.signed.map(|signed| signed.signature),
            signing_cert_url: self.signed.map(|signed| signed.certificate_url),
            unsubscribe_url: self.unsubscribe_url,
            message_attributes: attributes(self.attributes),
            replayed: self.replayed.then_some(true),
        })
    }

    /// For Lambda.
    pub(crate) fn lambda_event(&self, subscription_arn: &str) -> String {
        let sns = LambdaMessage {
            r#type: "Notification",
            message_id: self.message_id,
            topic_arn: self.topic_arn,
            subject: self.subject,
            message: self.message,
            timestamp: self.timestamp,
            signature_version: self.signed.map(|signed| signed.version),
            signature: self.signed.map(|signed| signed.signature),
            signing_cert_url: self.signed.map(|signed| signed.certificate_url),
            unsubscribe_url: self.unsubscribe_url,
            message_attributes: attributes(self.attributes),
        };
        let record = LambdaRecord {
            event_source: "aws:sns",
            event_version: "1.0",
            event_subscription_arn: subscription_arn,
            sns,
        };
        text(&LambdaEvent { records: [record] })
    }

    /// What is signed: names and values in the order of the names.
    pub(crate) fn string_to_sign(&self) -> String {
        let subject = self.subject.map(|subject| ("Subject", subject));
        let first = [("Message", self.message), ("MessageId", self.message_id)];
        let last = [("Timestamp", self.timestamp), ("TopicArn", self.topic_arn), ("Type", "Notification")];
        joined(&first.into_iter().chain(subject).chain(last).collect::<Vec<_>>())
    }
}
