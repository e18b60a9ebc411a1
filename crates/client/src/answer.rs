//! An answer: its raw form, and what to read from it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value as Json;

use crate::ClientError;

/// Status, headers and body.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; an empty one is `{}`.
    pub fn json(&self) -> Result<Json, ClientError> {
        if self.body.is_empty() {
            return Ok(Json::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|error| ClientError::Unexpected(error.to_string()))
    }

    /// The text of the first XML element of this name.
    pub fn element(&self, name: &str) -> Option<String> {
        self.elements(name).into_iter().next()
    }

    /// The texts of all XML elements of this name, in order.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let Ok(document) = roxmltree::Document::parse(&text) else { return Vec::new() };
        document
            .descendants()
            .filter(|node| node.tag_name().name() == name)
            .map(|node| node.text().unwrap_or_default().to_owned())
            .collect()
    }

    /// The pairs of an XML map (`<entry><key/><value/></entry>`).
    pub fn entries(&self) -> Vec<(String, String)> {
        self.elements("key").into_iter().zip(self.elements("value")).collect()
    }

    /// The answer itself if it is a success, else AWS's error, whatever the protocol.
    pub fn success(self) -> Result<Self, ClientError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let (code, message) = self.fault();
        Err(ClientError::Refused { status: self.status.as_u16(), code, message })
    }

    fn fault(&self) -> (String, String) {
        if let Some(code) = self.element("Code") {
            return (code, self.element("Message").unwrap_or_default());
        }
        let json = self.json().unwrap_or_default();
        let member =
            |names: &[&str]| names.iter().find_map(|name| json.get(*name)?.as_str()).map(str::to_owned);
        let code = self
            .header("x-amzn-query-error")
            .and_then(|value| value.split(';').next())
            .or_else(|| self.header("x-amzn-errortype"))
            .map(str::to_owned)
            .or_else(|| member(&["__type"]))
            .unwrap_or_else(|| self.status.to_string());
        (code, member(&["message", "Message"]).unwrap_or_else(|| self.text()))
    }
}
