//! The pages behind the links in mails: one confirms a subscription, the other removes it. Opening the link is enough, as
//! with AWS's.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use service::{Page, PageRequest, Reply, ServiceError};

use crate::records::SubscriptionRecord;
use crate::{Sns, actions};

const CONFIRMATION: &str = "/confirmation.html";
const UNSUBSCRIBE: &str = "/unsubscribe.html";

/// What the mail that asks to confirm links to.
pub(crate) fn confirmation_link(endpoint: &str, record: &SubscriptionRecord, token: &str) -> String {
    let address = utf8_percent_encode(&record.endpoint, NON_ALPHANUMERIC);
    format!("{endpoint}{CONFIRMATION}?TopicArn={}&Token={token}&Endpoint={address}", record.topic)
}

/// What every mail of a subscription links to.
pub(crate) fn unsubscribe_link(endpoint: &str, record: &SubscriptionRecord) -> String {
    let address = utf8_percent_encode(&record.endpoint, NON_ALPHANUMERIC);
    format!("{endpoint}{UNSUBSCRIBE}?SubscriptionArn={}&Endpoint={address}", record.arn)
}

/// Both pages.
pub(crate) fn of(state: &Arc<Sns>) -> [Page; 2] {
    let (confirming, removing) = (Arc::clone(state), Arc::clone(state));
    [
        page(CONFIRMATION, move |request| {
            let sns = Arc::clone(&confirming);
            Box::pin(async move { answer(confirmed(&sns, &request).await) })
        }),
        page(UNSUBSCRIBE, move |request| {
            let sns = Arc::clone(&removing);
            Box::pin(async move { answer(removed(&sns, &request).await) })
        }),
    ]
}

fn page(
    path_prefix: &'static str,
    answer: impl Fn(PageRequest) -> BoxFuture<'static, Reply> + Send + Sync + 'static,
) -> Page {
    Page { path_prefix, answer: Box::new(answer) }
}

/// A page's heading and what stands below.
type Text = (&'static str, String);

async fn confirmed(sns: &Sns, request: &PageRequest) -> Result<Text, ServiceError> {
    let given = members(&request.query);
    let member = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let record =
        actions::confirm(sns, member("TopicArn"), member("Token"), false, request.context.now).await?;
    let link = unsubscribe_link(&sns.settings.endpoint, &record);
    let text = format!(
        "<p>You have subscribed to the topic <code>{}</code>.</p><p>Your subscription's id is <code>{}</code>.</p><p>If it was not your intention to subscribe, <a href=\"{}\">click here to unsubscribe</a>.</p>",
        escaped(record.topic.as_str()),
        escaped(&record.arn),
        escaped(&link)
    );
    Ok(("Subscription confirmed!", text))
}

async fn removed(sns: &Sns, request: &PageRequest) -> Result<Text, ServiceError> {
    let given = members(&request.query);
    let arn = given.get("SubscriptionArn").map(String::as_str).unwrap_or_default();
    actions::unsubscribe(sns, arn, None).await?;
    let text = format!(
        "<p>Your subscription <code>{}</code> is removed.</p><p>If it was not your intention to unsubscribe: a mail with a link that restores it is on its way.</p>",
        escaped(arn)
    );
    Ok(("Subscription removed!", text))
}

/// A query string's members, decoded.
fn members(query: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn answer(outcome: Result<Text, ServiceError>) -> Reply {
    let (status, (heading, text)) = match outcome {
        Ok(text) => (StatusCode::OK, text),
        Err(error) => {
            let status = StatusCode::from_u16(error.row.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, ("That did not work", format!("<p>{}</p>", escaped(&error.message))))
        }
    };
    let document = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{heading}</title></head><body><h1>{heading}</h1>{text}</body></html>"
    );
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Reply { status, headers, body: document.into() }
}

/// Text that stands in a page.
fn escaped(text: &str) -> String {
    let one = |character: char| match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(one).collect()
}
