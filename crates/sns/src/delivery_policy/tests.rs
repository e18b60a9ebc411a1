//! Defaults, phases and constraints as AWS's page has them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Effective, check_of_subscription, check_of_topic, shown_of_topic};
use crate::records::{Attributes, TopicRecord};

fn topic(policy: Option<&str>) -> TopicRecord {
    let attributes: Attributes =
        policy.map(|text| ("DeliveryPolicy".to_owned(), text.to_owned())).into_iter().collect();
    TopicRecord {
        version: 1,
        arn: "arn:aws:sns:us-east-1:000000000000:t".parse().unwrap(),
        attributes,
        tags: BTreeMap::new(),
    }
}

fn pauses(policy: &Json) -> Vec<u32> {
    let text = json!({"http": {"defaultHealthyRetryPolicy": policy}}).to_string();
    check_of_topic(&text).unwrap();
    let retries = Effective::of(Some(&topic(Some(&text))), None).retries;
    (1..=retries.num_retries + 1).map_while(|failed| retries.pause_seconds(failed)).collect()
}

#[test]
fn the_default_is_three_retries_twenty_seconds_apart() {
    let effective = Effective::of(Some(&topic(None)), None);
    let pauses: Vec<Option<u32>> = (1..=4).map(|failed| effective.retries.pause_seconds(failed)).collect();
    assert_eq!(pauses, [Some(20), Some(20), Some(20), None]);
    assert_eq!(effective.content_type, "text/plain; charset=UTF-8");
    let shown = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#;
    assert_eq!(shown_of_topic(&topic(None)), shown);
}

#[test]
fn the_four_phases_follow_each_other() {
    let policy = json!({
        "minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 50, "numNoDelayRetries": 3,
        "numMinDelayRetries": 2, "numMaxDelayRetries": 35, "backoffFunction": "exponential",
    });
    let pauses = pauses(&policy);
    assert_eq!(pauses.len(), 50);
    assert_eq!(pauses[..5], [0, 0, 0, 1, 1]);
    assert!(pauses[5..15].is_sorted() && pauses[5] >= 1 && pauses[14] == 60, "{pauses:?}");
    assert!(pauses[15..].iter().all(|pause| *pause == 60));
}

#[test]
fn every_backoff_grows_from_the_least_to_the_greatest_delay_and_the_steeper_the_later() {
    let all: Vec<Vec<u32>> = ["linear", "arithmetic", "geometric", "exponential"]
        .iter()
        .map(|function| {
            pauses(&json!({
                "minDelayTarget": 5, "maxDelayTarget": 105, "numRetries": 10, "backoffFunction": function,
            }))
        })
        .collect();
    for pauses in &all {
        assert!(pauses.is_sorted() && pauses[0] >= 5 && pauses[9] == 105, "{pauses:?}");
    }
    assert!(all.is_sorted_by(|flat, steep| flat[4] > steep[4]), "{all:?}");
}

#[test]
fn what_does_not_fit_is_told_in_aws_words() {
    let retry = |policy: &str| format!("{{\"healthyRetryPolicy\":{policy}}}");
    for (policy, part) in [
        (
            retry(r#"{"minDelayTarget":1,"numRetries":1}"#),
            "healthyRetryPolicy.maxDelayTarget must be specified",
        ),
        (
            retry(r#"{"minDelayTarget":0,"maxDelayTarget":0,"numRetries":0}"#),
            "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1",
        ),
        (
            retry(r#"{"minDelayTarget":1,"maxDelayTarget":3601,"numRetries":0}"#),
            "healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600",
        ),
        (
            retry(r#"{"minDelayTarget":9,"maxDelayTarget":8,"numRetries":0}"#),
            "maxDelayTarget must be greater than or equal to minDelayTarget",
        ),
        (retry(r#"{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101}"#), "less than or equal to 100"),
        (
            retry(r#"{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"numNoDelayRetries":2}"#),
            "healthyRetryPolicy.numRetries must be greater than or equal to the sum",
        ),
        (retry(r#"{"minDelayTarget":60,"maxDelayTarget":60,"numRetries":61}"#), "total retry time"),
        (
            retry(r#"{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"backoffFunction":"wild"}"#),
            "backoffFunction",
        ),
        (r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#.to_owned(), "greater than or equal to 1"),
        (r#"{"requestPolicy":{"headerContentType":"text/html"}}"#.to_owned(), "headerContentType"),
        (r#"{"http":{}}"#.to_owned(), "unexpected member: http"),
        ("[]".to_owned(), "failed to parse JSON."),
    ] {
        let error = check_of_subscription(&policy, false).expect_err(&policy);
        assert!(error.message.starts_with("Invalid parameter: DeliveryPolicy: "), "{}", error.message);
        assert!(error.message.contains(part), "{policy}: {}", error.message);
    }
    check_of_subscription(r#"{"requestPolicy":{"headerContentType":"text/html"}}"#, true).unwrap();
    assert!(check_of_topic(r#"{"healthyRetryPolicy":{}}"#).is_err());
}
