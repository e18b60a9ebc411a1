//! One post, and what its answer means.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;

use crate::Settings;
use crate::limits::{ANSWER_BYTES_MAX, POST_MAX};
use crate::messages::ExportTraceServiceResponse;

const PROTOBUF: &str = "application/x-protobuf";
const AGENT: &str = concat!("konekuta/", env!("CARGO_PKG_VERSION"));

pub(crate) struct Sender {
    settings: Settings,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

/// Why a post was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It may be later.
    #[error("{reason}")]
    Yet { reason: String, pause: Option<Duration> },
    /// It will not be.
    #[error("{0}")]
    Ever(String),
}

impl Sender {
    pub(crate) fn new(settings: Settings) -> Self {
        let connector =
            HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().build();
        Self { settings, client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    /// Posts a request; answers how many of its spans were refused.
    pub(crate) async fn post(&self, body: Bytes) -> Result<u64, NotTaken> {
        let mut request = Request::post(self.settings.endpoint.uri().clone())
            .header(CONTENT_TYPE, PROTOBUF)
            .header(USER_AGENT, AGENT);
        for header in &self.settings.headers {
            request = request.header(&header.name, &header.value);
        }
        let request = request.body(Full::new(body)).map_err(|error| NotTaken::Ever(error.to_string()))?;
        let yet = |reason: String| NotTaken::Yet { reason, pause: None };
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| yet(chain(&error)))?;
            taken(response).await
        };
        let exchanged = tokio::time::timeout(POST_MAX, exchange).await;
        exchanged.unwrap_or_else(|_| Err(yet(format!("no answer within {} s", POST_MAX.as_secs()))))
    }
}

async fn taken(response: Response<Incoming>) -> Result<u64, NotTaken> {
    let (head, body) = response.into_parts();
    if head.status.is_success() {
        // An answer that cannot be read is one all the same.
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let answer = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let Some(partial) = answer.partial_success else { return Ok(0) };
        if !partial.error_message.is_empty() {
            tracing::warn!(message = partial.error_message, "the OTLP receiver did not take everything");
        }
        return Ok(u64::try_from(partial.rejected_spans).unwrap_or(0));
    }
    let reason = format!("answered {}", head.status);
    match head.status {
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let seconds = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
            Err(NotTaken::Yet { reason, pause: seconds.map(Duration::from_secs) })
        }
        _ => Err(NotTaken::Ever(reason)),
    }
}

/// An error with all that it says of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
