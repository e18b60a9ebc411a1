//! What an action knows of the request besides its input.

use std::fmt;
use std::net::IpAddr;

use aws::{AccountId, Region, RequestId, TraceHeader};
use engine::Timestamp;

/// Who calls, and for which Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account that the access key belongs to.
    pub account: AccountId,
    /// The Region of the signature's scope.
    pub region: Region,
    /// The access key; empty for anonymous requests.
    pub access_key_id: String,
}

/// `http://` and the authority under which a server was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(Box<str>);

impl Endpoint {
    /// From a request's `Host`. A copy: it must not hold on to all that came with the request.
    pub fn of_host(host: &str) -> Self {
        Self(host.into())
    }
}

impl Default for Endpoint {
    /// This machine, port 80: for requests that do not say.
    fn default() -> Self {
        Self::of_host("127.0.0.1")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "http://{}", self.0)
    }
}

/// The circumstances of one request.
#[derive(Clone, Debug)]
pub struct Context {
    /// The answer's request id.
    pub request_id: RequestId,
    /// The moment of the request.
    pub now: Timestamp,
    /// Who calls.
    pub caller: Caller,
    /// Scheme and authority under which the caller reached us (`http://127.0.0.1:4566`), for URLs in answers.
    pub endpoint: Endpoint,
    /// The trace that the call belongs to.
    pub trace: Option<TraceHeader>,
    /// Where the call came from.
    pub source_ip: IpAddr,
}
