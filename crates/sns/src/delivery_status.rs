//! Delivery status logging: what became of deliveries, in CloudWatch Logs, for the protocols whose feedback roles a topic
//! has.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html>

use std::sync::Arc;

use aws::{Arn, timestamp};
use engine::{Enqueue, Timestamp};
use md5::{Digest as _, Md5};
use serde::Serialize;
use serde_json::json;
use service::ports::{LogEvent, LogStream, PortError};
use uuid::Uuid;

use crate::Sns;
use crate::circumstances::Circumstances;
use crate::records::{SubscriptionRecord, TopicRecord};

/// What of an endpoint's answer is shown, characters.
const PROVIDER_RESPONSE_MAX: usize = 1_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    is_success: bool,
    at: Timestamp,
    message: String,
}

/// A delivery that was made or given up.
pub(crate) struct Attempted<'a> {
    pub(crate) message_id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) published_at: Timestamp,
    pub(crate) destination: &'a str,
    pub(crate) provider_response: String,
    pub(crate) status_code: u16,
    pub(crate) attempts: u32,
}

#[derive(Serialize)]
struct Document<'a> {
    notification: Notification<'a>,
    delivery: Delivery<'a>,
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    #[serde(rename = "messageMD5Sum")]
    message_md5_sum: String,
    message_id: &'a str,
    topic_arn: &'a str,
    timestamp: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery<'a> {
    delivery_id: String,
    destination: &'a str,
    provider_response: String,
    dwell_time_ms: u64,
    attempts: u32,
    status_code: u16,
}

/// The name in attributes of those who log.
fn family(protocol: &str) -> Option<&'static str> {
    match protocol {
        "http" | "https" => Some("HTTP"),
        "sqs" => Some("SQS"),
        "lambda" => Some("Lambda"),
        "application" => Some("Application"),
        _ => None,
    }
}

impl Sns {
    /// Of a send that a queue or function takes. Posts report for themselves; devices are reached by nobody here.
    pub(crate) fn delivered(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        enqueue: &Enqueue,
    ) -> Option<Report> {
        let id = Uuid::from_u128(enqueue.message.id.0);
        let (provider_response, status_code) = match subscription.protocol.as_str() {
            "sqs" => (
                json!({"sqsRequestId": self.ids.uuid().to_string(), "sqsMessageId": id.to_string()})
                    .to_string(),
                200,
            ),
            "lambda" => (json!({"lambdaRequestId": id.to_string()}).to_string(), 202),
            _ => return None,
        };
        self.report_of(
            circumstances.topic,
            subscription,
            true,
            &Attempted {
                message_id: &circumstances.message_id,
                text: circumstances.outgoing.message(&subscription.protocol),
                published_at: circumstances.published_at,
                destination: &subscription.endpoint,
                provider_response,
                status_code,
                attempts: 1,
            },
        )
    }

    /// Of a subscriber that refuses.
    pub(crate) fn not_delivered(
        &self,
        circumstances: &Circumstances<'_>,
        subscription: &SubscriptionRecord,
        refused: &PortError,
    ) -> Option<Report> {
        let (code, status_code) = match refused {
            PortError::NotFound(_) => ("NotFound", 404),
            _ => ("InvalidParameter", 400),
        };
        let provider_response = json!({"ErrorCode": code, "ErrorMessage": refused.to_string()}).to_string();
        self.report_of(
            circumstances.topic,
            subscription,
            false,
            &Attempted {
                message_id: &circumstances.message_id,
                text: circumstances.outgoing.message(&subscription.protocol),
                published_at: circumstances.published_at,
                destination: &subscription.endpoint,
                provider_response,
                status_code,
                attempts: 1,
            },
        )
    }

    /// A line, if the topic wants one: of each failure, and of as many successes in a hundred as its sample rate says.
    pub(crate) fn report_of(
        &self,
        topic: &TopicRecord,
        subscription: &SubscriptionRecord,
        is_success: bool,
        attempted: &Attempted<'_>,
    ) -> Option<Report> {
        let family = family(&subscription.protocol)?;
        let outcome = if is_success { "Success" } else { "Failure" };
        topic.attributes.get(&format!("{family}{outcome}FeedbackRoleArn"))?;
        if is_success && !self.is_sampled(topic.attributes.get(&format!("{family}SuccessFeedbackSampleRate")))
        {
            return None;
        }
        let now = self.clock.now();
        let document = Document {
            notification: Notification {
                message_md5_sum: hex::encode(Md5::digest(attempted.text)),
                message_id: attempted.message_id,
                topic_arn: topic.arn.as_str(),
                timestamp: timestamp::iso_milliseconds(attempted.published_at.0)
                    .replace('T', " ")
                    .replace('Z', ""),
            },
            delivery: Delivery {
                delivery_id: self.ids.uuid().to_string(),
                destination: attempted.destination,
                provider_response: attempted.provider_response.chars().take(PROVIDER_RESPONSE_MAX).collect(),
                dwell_time_ms: u64::try_from(now.since(attempted.published_at).as_millis())
                    .unwrap_or(u64::MAX),
                attempts: attempted.attempts,
                status_code: attempted.status_code,
            },
            status: if is_success { "SUCCESS" } else { "FAILURE" },
        };
        let message = serde_json::to_string(&document).expect("text keys and plain values");
        Some(Report { is_success, at: now, message })
    }

    /// Without a rate all are.
    fn is_sampled(&self, rate: Option<&String>) -> bool {
        let rate = rate.and_then(|rate| rate.parse::<u128>().ok()).unwrap_or(100);
        // The last bytes of an id are as good as drawn.
        self.ids.uuid().as_u128() % 100 < rate
    }

    /// Writes lines into the topic's log groups. What cannot be written is lost: the deliveries themselves are not.
    pub(crate) async fn report(&self, topic: &Arn, reports: Vec<Report>) {
        if reports.is_empty() {
            return;
        }
        let (successes, failures): (Vec<Report>, Vec<Report>) =
            reports.into_iter().partition(|report| report.is_success);
        let group = format!("sns/{}/{}/{}", topic.region(), topic.account(), topic.resource());
        for (group, reports) in [(group.clone(), successes), (format!("{group}/Failure"), failures)] {
            if let Err(error) = self.write_reports(topic, group, reports).await {
                tracing::warn!(%error, %topic, "the delivery status could not be logged");
            }
        }
    }

    async fn write_reports(&self, topic: &Arn, group: String, reports: Vec<Report>) -> Result<(), PortError> {
        let Some(first) = reports.first() else { return Ok(()) };
        let stream = LogStream {
            account: topic.account().to_owned(),
            region: topic.region().to_owned(),
            group,
            stream: timestamp::iso_milliseconds(first.at.0)[..10].to_owned(),
        };
        let events = reports.into_iter().map(|Report { at, message, .. }| LogEvent {
            timestamp: at,
            message,
            request_id: None,
        });
        self.ports.logs()?.write(Arc::new(stream), events.collect()).await
    }
}
