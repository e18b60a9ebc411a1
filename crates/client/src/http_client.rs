//! Requests: built, signed, sent.

use std::sync::Arc;

use bytes::Bytes;
use engine::Clock;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use wire::sigv4::{Signer, Unsigned};

use crate::{Answer, ClientError};

/// Whom to speak to, and as whom.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http://host:port`.
    pub endpoint: String,
    /// The Region that requests are for.
    pub region: String,
    /// The access key id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
}

/// A request of any protocol.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The service's name in credential scopes.
    pub service: &'a str,
    /// The method.
    pub method: Method,
    /// Path and query string, percent-encoded.
    pub path: &'a str,
    /// Headers besides those of the signature.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// The client. Connections are kept alive and shared between clones.
#[derive(Clone)]
pub struct Client {
    settings: Settings,
    clock: Arc<dyn Clock>,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Client {
    /// Connects when first asked.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Self { settings, clock, http }
    }

    /// Whom it speaks to, and as whom.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An awsJson action: `target` is `Prefix.Action`.
    pub async fn json(&self, service: &str, target: &str, input: &Json) -> Result<Json, ClientError> {
        let headers = vec![
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("x-amz-target", target.to_owned()),
        ];
        let body = input.to_string().into();
        self.send(Call { service, method: Method::POST, path: "/", headers, body }).await?.success()?.json()
    }

    /// An awsQuery action; parameters as the protocol names them.
    pub async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Answer, ClientError> {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            form.extend(["&", &encoded(name), "=", &encoded(value)]);
        }
        let headers = vec![("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())];
        self.send(Call { service, method: Method::POST, path: "/", headers, body: form.into() })
            .await?
            .success()
    }

    /// A restJson action.
    pub async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        input: Option<&Json>,
    ) -> Result<Json, ClientError> {
        let headers = vec![("content-type", "application/json".to_owned())];
        let body = input.map(|document| Bytes::from(document.to_string())).unwrap_or_default();
        self.send(Call { service, method, path, headers, body }).await?.success()?.json()
    }

    /// Any request, signed; the answer as it is, errors included.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, ClientError> {
        let endpoint = &self.settings.endpoint;
        let unreachable = |reason: String| ClientError::Unreachable { endpoint: endpoint.clone(), reason };
        let headers = self.signed_headers(&call)?;
        let mut request =
            http::Request::builder().method(call.method).uri(format!("{endpoint}{}", call.path));
        if let Some(all) = request.headers_mut() {
            *all = headers;
        }
        let request =
            request.body(Full::new(call.body)).map_err(|error| ClientError::Unexpected(error.to_string()))?;
        let response = self.http.request(request).await.map_err(|error| unreachable(chain(&error)))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| unreachable(chain(&error)))?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    fn signed_headers(&self, call: &Call<'_>) -> Result<HeaderMap, ClientError> {
        let date = aws::timestamp::basic(self.clock.now().0);
        let host = self.settings.endpoint.split("://").nth(1).unwrap_or_default();
        let mut headers = HeaderMap::new();
        let given = call.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in given.chain([("host", host), ("x-amz-date", &date)]) {
            let value = HeaderValue::from_str(value)
                .map_err(|_| ClientError::Unexpected(format!("{name} cannot be written as a header")))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let signer = Signer {
            access_key_id: self.settings.access_key_id.clone(),
            secret_access_key: self.settings.secret_access_key.clone(),
            region: self.settings.region.clone(),
            service: call.service.to_owned(),
        };
        let (path, query) = call.path.split_once('?').unwrap_or((call.path, ""));
        let unsigned =
            Unsigned { method: &call.method, path, query, headers: &headers, body: &call.body, date: &date };
        let authorization = signer.authorization(&unsigned);
        let value = HeaderValue::from_str(&authorization).map_err(|_| {
            ClientError::Unexpected("access key or Region cannot be written as a header".into())
        })?;
        headers.insert(http::header::AUTHORIZATION, value);
        Ok(headers)
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// An error with its causes: "client error (Connect): tcp connect error: Connection refused".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.extend([": ", &cause.to_string()]);
        source = cause.source();
    }
    text
}
