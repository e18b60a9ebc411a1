//! The attributes of a queue: ranges, defaults, and what they mean to the engine.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use std::collections::BTreeMap;

use engine::{DeduplicationScope, Queue, QueueCounts, QueueKind, QueueSettings};
use service::ServiceError;

use crate::redrive_policy::{self, RedrivePolicy};
use crate::{access, errors, limits};

/// What a value must be.
enum Rule {
    /// A whole number in a range.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A JSON document; the empty text removes it.
    Document,
    /// Any text.
    Text,
}

struct Row {
    name: &'static str,
    rule: Rule,
    default: Option<&'static str>,
    fifo_only: bool,
}

const fn row(name: &'static str, rule: Rule, default: Option<&'static str>) -> Row {
    Row { name, rule, default, fifo_only: false }
}

const fn fifo(name: &'static str, rule: Rule, default: Option<&'static str>) -> Row {
    Row { name, rule, default, fifo_only: true }
}

const KMS_KEY: &str = "KmsMasterKeyId";
const KMS_REUSE: &str = "KmsDataKeyReusePeriodSeconds";
const MANAGED_SSE: &str = "SqsManagedSseEnabled";
pub(crate) const DEDUPLICATION_SCOPE: &str = "DeduplicationScope";
const ROWS: &[Row] = &[
    row("DelaySeconds", Rule::Number(0, 900), Some("0")),
    row("MaximumMessageSize", Rule::Number(1024, 1_048_576), Some("1048576")),
    row("MessageRetentionPeriod", Rule::Number(60, 1_209_600), Some("345600")),
    row("ReceiveMessageWaitTimeSeconds", Rule::Number(0, 20), Some("0")),
    row("VisibilityTimeout", Rule::Number(0, 43_200), Some("30")),
    row("Policy", Rule::Document, None),
    row("RedrivePolicy", Rule::Document, None),
    row("RedriveAllowPolicy", Rule::Document, None),
    row(KMS_KEY, Rule::Text, None),
    row(KMS_REUSE, Rule::Number(60, 86_400), Some("300")),
    row(MANAGED_SSE, Rule::Flag, Some("true")),
    fifo("FifoQueue", Rule::Choice(&["true"]), None),
    fifo("ContentBasedDeduplication", Rule::Flag, Some("false")),
    fifo(DEDUPLICATION_SCOPE, Rule::Choice(&["queue", "messageGroup"]), Some("queue")),
    fifo("FifoThroughputLimit", Rule::Choice(&["perQueue", "perMessageGroupId"]), Some("perQueue")),
];
const READ_ONLY: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// Attributes as they are given, checked.
pub(crate) type Attributes = BTreeMap<String, String>;

/// An attribute that there is not, or not for this kind of queue.
pub(crate) fn unknown(name: &str) -> ServiceError {
    ServiceError::new(&errors::INVALID_ATTRIBUTE_NAME, format!("Unknown Attribute {name}."))
}

/// Checks what is given for a queue of a kind, each value by itself.
pub(crate) fn check(given: &Attributes, is_fifo: bool) -> Result<(), ServiceError> {
    for (name, value) in given {
        let row = ROWS.iter().find(|row| row.name == name).ok_or_else(|| unknown(name))?;
        if row.fifo_only && !is_fifo {
            return Err(match row.name {
                DEDUPLICATION_SCOPE | "FifoThroughputLimit" => ServiceError::new(
                    &errors::INVALID_ATTRIBUTE_NAME,
                    format!("You can specify the {name} only when FifoQueue is set to true."),
                ),
                _ => unknown(name),
            });
        }
        if !fits(&row.rule, value) {
            return Err(errors::invalid_attribute(name));
        }
        if row.name == "Policy" && !value.is_empty() {
            access::check(value)?;
        }
    }
    Ok(())
}

fn fits(rule: &Rule, value: &str) -> bool {
    match rule {
        Rule::Number(least, most) => {
            value.parse::<u64>().is_ok_and(|number| (*least..=*most).contains(&number))
        }
        Rule::Flag => value == "true" || value == "false",
        Rule::Choice(choices) => choices.contains(&value),
        Rule::Document => {
            value.is_empty()
                || serde_json::from_str::<serde_json::Value>(value).is_ok_and(|json| json.is_object())
        }
        Rule::Text => true,
    }
}

/// Checks a whole set, attribute against attribute.
pub(crate) fn check_together(all: &Attributes) -> Result<(), ServiceError> {
    if all.get("FifoThroughputLimit").is_some_and(|limit| limit == "perMessageGroupId")
        && all.get(DEDUPLICATION_SCOPE).is_none_or(|scope| scope != "messageGroup")
    {
        let text = "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.";
        return Err(ServiceError::new(&errors::INVALID_PARAMETER, text));
    }
    if all.get(KMS_KEY).is_some_and(|key| !key.is_empty())
        && all.get(MANAGED_SSE).is_some_and(|flag| flag == "true")
    {
        let text = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
        return Err(ServiceError::new(&errors::INVALID_ATTRIBUTE_NAME, text));
    }
    redrive_policy::check_allow(all)
}

/// Adds what is given; the empty text removes an attribute that can be absent.
pub(crate) fn merge(all: &mut Attributes, given: &Attributes) {
    for (name, value) in given {
        let removable =
            ROWS.iter().any(|row| row.name == name && matches!(row.rule, Rule::Document | Rule::Text));
        if value.is_empty() && removable {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    // One kind of encryption ends the other.
    if all.contains_key(KMS_KEY) && !given.contains_key(MANAGED_SSE) {
        all.insert(MANAGED_SSE.to_owned(), "false".to_owned());
    } else if !all.contains_key(KMS_KEY) && given.contains_key(KMS_KEY) {
        all.remove(MANAGED_SSE);
    }
}

/// The value of an attribute, its default where it is not given.
pub(crate) fn value<'a>(all: &'a Attributes, name: &str) -> Option<&'a str> {
    let default = || ROWS.iter().find(|row| row.name == name).and_then(|row| row.default);
    all.get(name).map(String::as_str).or_else(default)
}

/// Whether an attribute has that value; documents are compared by what they say.
pub(crate) fn equals(all: &Attributes, name: &str, given: &str) -> bool {
    let is_document = ROWS.iter().any(|row| row.name == name && matches!(row.rule, Rule::Document));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    match value(all, name) {
        Some(value) => {
            value == given || (is_document && json(value).is_some_and(|value| json(given) == Some(value)))
        }
        None => given.is_empty(),
    }
}

fn number(all: &Attributes, name: &str) -> u32 {
    value(all, name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Whether the attributes make a FIFO queue.
pub(crate) fn is_fifo(all: &Attributes) -> bool {
    all.get("FifoQueue").is_some_and(|value| value == "true")
}

/// The longest message, bytes.
pub(crate) fn message_bytes_max(all: &Attributes) -> usize {
    number(all, "MaximumMessageSize") as usize
}

/// The default long poll, seconds.
pub(crate) fn wait_seconds(all: &Attributes) -> u32 {
    number(all, "ReceiveMessageWaitTimeSeconds")
}

/// What the engine acts on.
pub(crate) fn settings(all: &Attributes) -> Result<QueueSettings, ServiceError> {
    let scope = match value(all, DEDUPLICATION_SCOPE) {
        Some("messageGroup") => DeduplicationScope::MessageGroup,
        _ => DeduplicationScope::Queue,
    };
    let redrive = all.get("RedrivePolicy").map(|text| RedrivePolicy::parse(text)).transpose()?;
    Ok(QueueSettings {
        kind: if is_fifo(all) { QueueKind::Fifo(scope) } else { QueueKind::Standard },
        delay_seconds: number(all, "DelaySeconds"),
        retention_seconds: number(all, "MessageRetentionPeriod"),
        visibility_timeout_seconds: number(all, "VisibilityTimeout"),
        dead_letter: redrive.map(RedrivePolicy::into_dead_letter),
        in_flight_max: limits::IN_FLIGHT_MAX,
    })
}

/// The attributes that a caller asks for, by name or `All`.
pub(crate) fn shown(
    names: &[String],
    all: &Attributes,
    queue: &Queue,
    counts: QueueCounts,
) -> Result<Attributes, ServiceError> {
    if let Some(name) = names.iter().find(|name| !is_known(name)) {
        return Err(unknown(name));
    }
    let wanted = |name: &str| names.iter().any(|asked| asked == "All" || asked == name);
    let kept = ROWS
        .iter()
        .filter(|row| wanted(row.name) && (!row.fifo_only || is_fifo(all)))
        .filter(|row| row.name != KMS_REUSE || all.contains_key(KMS_KEY))
        .filter_map(|row| Some((row.name, value(all, row.name)?.to_owned())));
    let derived = [
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.not_visible.to_string()),
        ("CreatedTimestamp", queue.created_at.seconds().to_string()),
        ("LastModifiedTimestamp", queue.modified_at.seconds().to_string()),
        ("QueueArn", queue.key.to_string()),
    ];
    let derived = derived.into_iter().filter(|(name, _)| wanted(name));
    Ok(kept.chain(derived).map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Whether queues have such an attribute.
pub(crate) fn is_known(name: &str) -> bool {
    name == "All" || READ_ONLY.contains(&name) || ROWS.iter().any(|row| row.name == name)
}
