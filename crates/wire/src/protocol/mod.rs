//! AWS's protocols. One request, one answer, four ways to write them.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

mod aws_json;
mod aws_query;
mod rest_json;

use crate::{DecodeError, Fault, headers};

/// How a request is written.
#[derive(Clone, Copy, Debug)]
pub enum Protocol {
    /// awsJson 1.0 or 1.1: `POST /` with `X-Amz-Target`. `query_error`: also answer `x-amzn-query-error`.
    AwsJson {
        /// `application/x-amz-json-1.0` or `-1.1`.
        content_type: &'static str,
        /// The service once spoke Query, and SDKs still read its codes.
        query_error: bool,
    },
    /// awsQuery: a form with `Action` and `Version`, answered in XML.
    AwsQuery(&'static QueryDialect),
    /// The same, answered in JSON, because the request accepts that.
    AwsQueryJson(&'static QueryDialect),
    /// restJson1: path, query and headers carry members, the body the others.
    RestJson(&'static Rest),
}

/// How a service writes lists and maps in the Query protocol.
#[derive(Debug)]
pub struct QueryDialect {
    /// `Version` of its requests.
    pub version: &'static str,
    /// The namespace of its answers.
    pub namespace: &'static str,
    /// Lists are `Name.1` and repeated elements (SQS) instead of `Names.member.1` and `<member>` (SNS, STS); maps
    /// `Name.1.Name`/`.Value` instead of `Names.entry.1.key`/`.value`.
    pub flattened: bool,
    /// The member that stands for the whole URL when a request goes to `/<account>/<name>` instead of `/` (SQS's
    /// `QueueUrl`).
    pub path_member: Option<&'static str>,
    /// Members whose elements have a name of their own.
    pub names: &'static [QueryName],
}

/// A list or map member of the model and what it is called in the Query protocol.
#[derive(Debug)]
pub struct QueryName {
    /// Only in this action; empty: in all.
    pub action: &'static str,
    /// The member's name in the model (`Entries`).
    pub member: &'static str,
    /// The name of one element (`SendMessageBatchRequestEntry`).
    pub element: &'static str,
    /// Maps: what the key is called (`Name`, `Key`).
    pub key: &'static str,
    /// Maps: what the value is called (`Value`).
    pub value: &'static str,
}

/// An HTTP method of the REST protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// Where a REST action lives and where its members go.
#[derive(Debug)]
pub struct Rest {
    /// Its method.
    pub method: Method,
    /// Its path with members in braces: `/2015-03-31/functions/{FunctionName}/code`. A final slash in a request is
    /// ignored. `{Name+}` takes the rest of the path.
    pub path: &'static str,
    /// What else must stand in the query string, where another action has the same path.
    pub query_literal: Option<(&'static str, &'static str)>,
    /// The status of success, where no member says it.
    pub status: u16,
    /// Input members in the query string.
    pub query: &'static [Binding],
    /// Input members in headers.
    pub headers: &'static [Binding],
    /// The input member that is the whole body, bare.
    pub payload: Option<&'static str>,
    /// Output members in headers.
    pub output_headers: &'static [Binding],
    /// The output member that is the status.
    pub output_status: Option<&'static str>,
    /// The output member that is the whole body, bare.
    pub output_payload: Option<&'static str>,
}

impl Rest {
    /// An action without members outside path and body.
    pub const fn new(method: Method, path: &'static str, status: u16) -> Self {
        Self {
            method,
            path,
            query_literal: None,
            status,
            query: &[],
            headers: &[],
            payload: None,
            output_headers: &[],
            output_status: None,
            output_payload: None,
        }
    }
}

/// A member and its name in a query string or header (lower case).
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// In the model.
    pub member: &'static str,
    /// On the wire.
    pub name: &'static str,
}

/// A request whose protocol and action are recognised, and whose body is not yet parsed.
#[derive(Clone, Debug)]
pub struct Request {
    /// How it is written.
    pub protocol: Protocol,
    /// The action's name in the model.
    pub action: &'static str,
    /// REST: members of the path, decoded.
    pub path_members: Vec<(&'static str, String)>,
    /// The query string as it came, without `?`.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came (Query by GET: empty, the form is the query string).
    pub body: Bytes,
}

/// An answer, ready for HTTP.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers; `x-amzn-RequestId` among them.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// Reads the action's input.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        match self.protocol {
            Protocol::AwsJson { .. } => aws_json::decode(&self.body),
            Protocol::AwsQuery(dialect) | Protocol::AwsQueryJson(dialect) => {
                let form: &[u8] = if self.body.is_empty() { self.query.as_bytes() } else { &self.body };
                aws_query::decode(dialect, self.action, form)
            }
            Protocol::RestJson(rest) => rest_json::decode(rest, self),
        }
    }
}

impl Protocol {
    /// Writes an action's output.
    pub fn encode<T: Serialize>(&self, action: &str, request_id: &str, output: &T) -> Reply {
        match *self {
            Self::AwsJson { content_type, .. } => aws_json::encode(content_type, request_id, output),
            Self::AwsQuery(dialect) => aws_query::encode(dialect, action, request_id, output),
            Self::AwsQueryJson(_) => aws_query::encode_json(action, request_id, output),
            Self::RestJson(rest) => rest_json::encode(rest, request_id, output),
        }
    }

    /// Writes an error.
    pub fn encode_fault(&self, request_id: &str, fault: &Fault) -> Reply {
        match *self {
            Self::AwsJson { content_type, query_error } => {
                aws_json::encode_fault(content_type, query_error, request_id, fault)
            }
            Self::AwsQuery(dialect) => aws_query::encode_fault(dialect, request_id, fault),
            Self::AwsQueryJson(_) => aws_query::encode_json_fault(request_id, fault),
            Self::RestJson(_) => rest_json::encode_fault(request_id, fault),
        }
    }
}

/// An answer with the headers that all protocols share.
fn reply(status: u16, content_type: &'static str, request_id: &str, body: Bytes) -> Reply {
    let mut headers = HeaderMap::new();
    if !content_type.is_empty() {
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(headers::REQUEST_ID, value);
    }
    Reply { status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), headers, body }
}

/// Sets a header; what cannot stand in one is left out.
fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
