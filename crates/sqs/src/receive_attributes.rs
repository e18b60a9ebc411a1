//! What of a message a receiver asks to see.

use std::collections::BTreeMap;

use engine::Delivery;
use service::ServiceError;
use service::ports::MessageAttribute;

use crate::content::Content;
use crate::message::sequence_text;
use crate::queue_attributes;

/// The names that may be asked for. The old member `AttributeNames` also takes those of queues, which no message has.
const SYSTEM: [&str; 10] = [
    "AWSTraceHeader",
    "All",
    "ApproximateFirstReceiveTimestamp",
    "ApproximateReceiveCount",
    "DeadLetterQueueSourceArn",
    "MessageDeduplicationId",
    "MessageGroupId",
    "SenderId",
    "SentTimestamp",
    "SequenceNumber",
];

/// Refuses names that neither messages nor queues know.
pub(crate) fn check(names: &[String]) -> Result<(), ServiceError> {
    let known = |name: &str| SYSTEM.contains(&name) || queue_attributes::is_known(name);
    names.iter().find(|name| !known(name)).map_or(Ok(()), |name| Err(queue_attributes::unknown(name)))
}

/// System attributes by name, `All` or none.
pub(crate) fn system(names: &[String], delivery: &Delivery, content: &Content) -> BTreeMap<String, String> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    let wanted = |name: &str| names.iter().any(|asked| asked == "All" || asked == name);
    let all = all_system(delivery, content);
    all.into_iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Every system attribute that the message has.
pub(crate) fn all_system(delivery: &Delivery, content: &Content) -> BTreeMap<&'static str, String> {
    let always = [
        ("ApproximateFirstReceiveTimestamp", delivery.first_received_at.0.to_string()),
        ("ApproximateReceiveCount", delivery.receive_count.to_string()),
        ("SenderId", content.sender_id.clone()),
        ("SentTimestamp", delivery.sent_at.0.to_string()),
    ];
    let sometimes = [
        ("AWSTraceHeader", content.trace_header.clone()),
        ("DeadLetterQueueSourceArn", delivery.dead_letter_source.as_ref().map(ToString::to_string)),
        ("MessageDeduplicationId", content.deduplication_id.clone()),
        ("MessageGroupId", content.group.clone()),
        ("SequenceNumber", delivery.sequence_number.map(sequence_text)),
    ];
    let sometimes = sometimes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(sometimes).collect()
}

/// User attributes by name, `prefix.*`, `.*` or `All`.
pub(crate) fn user(
    names: &[String],
    attributes: BTreeMap<String, MessageAttribute>,
) -> BTreeMap<String, MessageAttribute> {
    let wanted = |name: &str| {
        names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some("") => true,
            Some(prefix) => name.starts_with(prefix),
            None => asked == "All" || asked == name,
        })
    };
    attributes.into_iter().filter(|(name, _)| wanted(name)).collect()
}

#[cfg(test)]
mod tests {
    use service::ports::MessageAttributeValue;

    use super::*;

    #[test]
    fn user_attributes_are_found_by_name_prefix_and_all() {
        let attribute =
            MessageAttribute { data_type: "String".into(), value: MessageAttributeValue::Text("x".into()) };
        let all: BTreeMap<String, MessageAttribute> = ["foo", "foo.bar", "other"]
            .into_iter()
            .map(|name| (name.to_owned(), attribute.clone()))
            .collect();
        let names = |asked: &str| user(&[asked.to_owned()], all.clone()).into_keys().collect::<Vec<_>>();
        assert_eq!(names("foo"), ["foo"]);
        assert_eq!(names("foo.*"), ["foo", "foo.bar"]);
        assert_eq!(names("All").len(), 3);
        assert_eq!(names(".*").len(), 3);
        assert!(user(&[], all.clone()).is_empty());
    }
}
