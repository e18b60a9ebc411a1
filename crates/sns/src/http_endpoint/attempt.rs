//! One try to post, and what its outcome means.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html#http-header>

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, USER_AGENT, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use super::url::{self, Target};
use super::{Kind, Post};
use crate::{Sns, limits};

const AGENT: &str = "Amazon Simple Notification Service Agent";

/// What became of one try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As the endpoint answered.
    Delivered(String),
    /// The server's side failed: it may work later.
    Failed(String),
    /// The client's side is at fault: trying again would not help.
    Refused(String),
}

/// One try, as the delivery status log tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tried {
    pub(super) outcome: Outcome,
    /// The answer's; 0 if there was none.
    pub(super) status_code: u16,
    /// The beginning of the answer's body, or why there was none.
    pub(super) answer: String,
}

impl Tried {
    fn without_answer(outcome: Outcome) -> Self {
        let answer = match &outcome {
            Outcome::Delivered(text) | Outcome::Failed(text) | Outcome::Refused(text) => text.clone(),
        };
        Self { outcome, status_code: 0, answer }
    }
}

/// Posts once and waits as long as AWS does.
pub(super) async fn attempt(sns: &Sns, post: &Post, content_type: &str) -> Tried {
    let seconds = limits::HTTP_ANSWER_SECONDS;
    tokio::select! {
        outcome = deliver(sns, post, content_type) => outcome,
        () = sns.clock.sleep_until(sns.clock.now().plus_seconds(seconds)) => {
            Tried::without_answer(Outcome::Failed(format!("no answer within {seconds} seconds")))
        }
    }
}

async fn deliver(sns: &Sns, post: &Post, content_type: &str) -> Tried {
    let Some(target) = url::target(&post.endpoint) else {
        return Tried::without_answer(Outcome::Refused("the endpoint is no URL".to_owned()));
    };
    let first = send(sns, request(post, &target, content_type, None)).await;
    let answer = match (first, &target.authorization) {
        (Ok(answer), Some(authorization)) if asks_for_password(&answer) => {
            read(answer).await;
            send(sns, request(post, &target, content_type, Some(authorization))).await
        }
        (first, _) => first,
    };
    match answer {
        Ok(answer) => {
            let (outcome, status_code) = (judge(answer.status()), answer.status().as_u16());
            Tried { outcome, status_code, answer: read(answer).await }
        }
        Err(outcome) => Tried::without_answer(outcome),
    }
}

async fn send(
    sns: &Sns,
    request: Result<Request<Full<Bytes>>, http::Error>,
) -> Result<Response<Incoming>, Outcome> {
    let request = request.map_err(|error| Outcome::Refused(error.to_string()))?;
    sns.http.send(request).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        Outcome::Failed(format!("{error}{cause}"))
    })
}

fn asks_for_password(answer: &Response<Incoming>) -> bool {
    let challenge = answer.headers().get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    answer.status() == StatusCode::UNAUTHORIZED
        && challenge.is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("basic"))
}

/// 2xx is success; 429 and the server's own faults may pass; all others are the client's fault.
fn judge(status: StatusCode) -> Outcome {
    if status.is_success() {
        Outcome::Delivered(format!("the endpoint answered {status}"))
    } else if status.is_server_error() || status.is_informational() || status == StatusCode::TOO_MANY_REQUESTS
    {
        Outcome::Failed(format!("the endpoint answered {status}"))
    } else {
        Outcome::Refused(format!("the endpoint answered {status}"))
    }
}

/// What an endpoint says is for the log only, but a connection is used again only when it was read.
async fn read(answer: Response<Incoming>) -> String {
    let body = Limited::new(answer.into_body(), limits::HTTP_ANSWER_BYTES_MAX).collect().await;
    body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default()
}

fn request(
    post: &Post,
    target: &Target,
    content_type: &str,
    authorization: Option<&str>,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(target.uri.clone())
        .header("x-amz-sns-message-type", post.kind.as_str())
        .header("x-amz-sns-message-id", &post.message_id)
        .header("x-amz-sns-topic-arn", &post.topic_arn);
    if post.kind != Kind::SubscriptionConfirmation {
        request = request.header("x-amz-sns-subscription-arn", &post.subscription_arn);
    }
    if post.raw {
        request = request.header("x-amz-sns-rawdelivery", "true");
    }
    if let Some(trace) = &post.trace {
        request = request.header("x-amzn-trace-id", trace);
    }
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    request
        .header(CONTENT_TYPE, content_type)
        .header(USER_AGENT, HeaderValue::from_static(AGENT))
        .header(ACCEPT_ENCODING, HeaderValue::from_static("gzip,deflate"))
        .body(Full::new(Bytes::from(post.body.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_faults_are_final_and_server_faults_are_not() {
        let judged = |status: u16| judge(StatusCode::from_u16(status).unwrap());
        assert!(
            [200, 202, 204, 299].into_iter().all(|status| matches!(judged(status), Outcome::Delivered(_)))
        );
        assert!([429, 500, 503, 599].into_iter().all(|status| matches!(judged(status), Outcome::Failed(_))));
        assert!(
            [301, 400, 403, 404, 410].into_iter().all(|status| matches!(judged(status), Outcome::Refused(_)))
        );
    }
}
