//! What a function's answer says of its batch.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// What becomes of the messages of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All are done.
    Success,
    /// These, by their ids, come back; the others are done.
    Failures(BTreeSet<String>),
    /// All come back; why, for the log.
    Failure(&'static str),
}

/// Judges an answer of a function that reports failures by message.
pub(super) fn judge(answer: &[u8], message_ids: &BTreeSet<&str>) -> Verdict {
    if answer.iter().all(u8::is_ascii_whitespace) {
        return Verdict::Success;
    }
    match serde_json::from_slice::<Json>(answer) {
        Ok(Json::Null) => Verdict::Success,
        Ok(Json::Object(members)) => match members.get("batchItemFailures") {
            None | Some(Json::Null) => Verdict::Success,
            Some(Json::Array(failures)) => failed(failures, message_ids),
            Some(_) => Verdict::Failure("batchItemFailures is not a list"),
        },
        Ok(_) => Verdict::Failure("the answer is not an object"),
        Err(_) => Verdict::Failure("the answer is not JSON"),
    }
}

fn failed(failures: &[Json], message_ids: &BTreeSet<&str>) -> Verdict {
    let mut failed = BTreeSet::new();
    for failure in failures {
        match failure.get("itemIdentifier") {
            Some(Json::String(id)) if id.is_empty() => return Verdict::Failure("an itemIdentifier is empty"),
            Some(Json::String(id)) if message_ids.contains(id.as_str()) => {
                failed.insert(id.clone());
            }
            Some(Json::String(_)) => {
                return Verdict::Failure("an itemIdentifier names no message of the batch");
            }
            Some(_) => return Verdict::Failure("an itemIdentifier is not a text"),
            None => return Verdict::Failure("an entry of batchItemFailures has no itemIdentifier"),
        }
    }
    if failed.is_empty() { Verdict::Success } else { Verdict::Failures(failed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(answer: &str) -> Verdict {
        judge(answer.as_bytes(), &BTreeSet::from(["m1", "m2"]))
    }

    #[test]
    fn what_aws_takes_for_complete_success() {
        for answer in [
            r#"{"batchItemFailures":[]}"#,
            r#"{"batchItemFailures":null}"#,
            "{}",
            "null",
            "",
            r#"{"statusCode":200}"#,
        ] {
            assert_eq!(verdict(answer), Verdict::Success, "{answer}");
        }
    }

    #[test]
    fn what_aws_takes_for_complete_failure() {
        for answer in [
            "garbage",
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":7}]}"#,
            r#"{"batchItemFailures":[{"badKey":"m1"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"unknown"}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"m1"},{"itemIdentifier":"unknown"}]}"#,
            r#"{"batchItemFailures":["m1"]}"#,
            r#"{"batchItemFailures":"m1"}"#,
            r#""done""#,
        ] {
            assert!(matches!(verdict(answer), Verdict::Failure(_)), "{answer}");
        }
    }

    #[test]
    fn listed_messages_fail_alone() {
        let expected = Verdict::Failures(BTreeSet::from(["m2".to_owned()]));
        assert_eq!(verdict(r#"{"batchItemFailures":[{"itemIdentifier":"m2"}]}"#), expected);
    }
}
