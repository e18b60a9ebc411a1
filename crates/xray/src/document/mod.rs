//! Segment documents: the JSON in which instrumented code tells what it did.
//!
//! `check.rs` refuses what AWS refuses, `told.rs` turns one into hops of the history.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

mod check;
mod told;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(crate) use check::{HISTORY_IS_OFF, Rejected, parse};
pub(crate) use told::{hops, span};

/// A segment or subsegment, as far as it is understood. What else stands in a document is kept with its text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Document {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_progress: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttle: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inferred: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aws: Option<BTreeMap<String, Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) annotations: Option<BTreeMap<String, Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) links: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subsegments: Option<Vec<Document>>,
}

/// The request that a segment served, or that a subsegment made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Http {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<HttpRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<HttpResponse>,
}

/// What was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct HttpRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_ip: Option<String>,
}

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct HttpResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
}

/// Why something failed: exceptions, or the id of one that another segment tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cause {
    /// The exception of another subsegment.
    Elsewhere(String),
    /// Exceptions.
    Here {
        #[serde(default)]
        exceptions: Vec<Exception>,
    },
}

/// An exception that was caught.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Exception {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) remote: Option<bool>,
}

impl Document {
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Seconds since 1970.
    pub(crate) fn start(&self) -> f64 {
        self.start_time.unwrap_or_default()
    }

    /// Seconds since 1970; the start while it is in progress.
    pub(crate) fn end(&self) -> f64 {
        self.end_time.unwrap_or_else(|| self.start()).max(self.start())
    }

    pub(crate) fn is_in_progress(&self) -> bool {
        self.in_progress == Some(true)
    }

    pub(crate) fn is_fault(&self) -> bool {
        self.fault == Some(true)
    }

    /// Throttling is an error too.
    pub(crate) fn is_error(&self) -> bool {
        self.error == Some(true) || self.is_throttle()
    }

    pub(crate) fn is_throttle(&self) -> bool {
        self.throttle == Some(true) || self.status() == Some(429)
    }

    pub(crate) fn request(&self) -> Option<&HttpRequest> {
        self.http.as_ref()?.request.as_ref()
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.http.as_ref()?.response.as_ref()?.status
    }

    pub(crate) fn exceptions(&self) -> &[Exception] {
        match &self.cause {
            Some(Cause::Here { exceptions }) => exceptions,
            _ => &[],
        }
    }

    pub(crate) fn below(&self) -> &[Document] {
        self.subsegments.as_deref().unwrap_or_default()
    }

    /// Itself and all subsegments within.
    pub(crate) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Document)) {
        visit(self);
        for subsegment in self.below() {
            subsegment.walk(visit);
        }
    }

    /// A text of the `aws` block.
    pub(crate) fn aws_text(&self, name: &str) -> Option<&str> {
        self.aws.as_ref()?.get(name)?.as_str()
    }
}
