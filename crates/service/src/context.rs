//! What an action knows of the request besides its input.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use aws::{AccountId, Region, RequestId, TraceHeader};
use engine::{Hop, HopKind, Link, SpanId, Timestamp, TraceId};

use crate::way;

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

impl Context {
    /// The call itself: a hop of the trace it came with, or of one that begins with it.
    pub fn link(&self) -> Link {
        let id = self.request_id.0.as_u128();
        let trace = self.trace.as_ref().and_then(|header| TraceHeader::ids(header.as_str()));
        let trace = trace.map_or_else(|| TraceId::begun(self.now, id), |(trace, _)| TraceId(trace));
        Link { trace, span: SpanId::of(id) }
    }

    /// The hop that made the call.
    pub fn parent(&self) -> SpanId {
        let header = self.trace.as_ref().and_then(|header| TraceHeader::ids(header.as_str()));
        header.map(|(_, parent)| SpanId(parent)).unwrap_or_default()
    }

    /// The header of what the call brings about.
    pub fn trace_onward(&self) -> TraceHeader {
        let sampled = self.trace.as_ref().is_none_or(TraceHeader::is_sampled);
        let Link { trace, span } = self.link();
        let onward = way::handed_on(TraceHeader::of(trace.0, span.0, sampled), self.trace.as_ref());
        // Lambda finds recursive loops by it.
        match self.trace.as_ref().and_then(TraceHeader::lineage) {
            Some(lineage) => onward.with_lineage(lineage),
            None => onward,
        }
    }

    /// The text of the header that the call came with.
    pub fn trace_text(&self) -> Option<&str> {
        self.trace.as_ref().map(TraceHeader::as_str)
    }

    /// The hop of a call that brings something about.
    pub fn hop(&self, kind: HopKind, resource: impl Into<Arc<str>>) -> Hop {
        let hop = Hop::new(kind, self.link(), self.parent(), self.now, resource.into());
        Hop { id: self.request_id.0.as_u128(), ..hop }.noting("caller", &*self.caller.access_key_id)
    }
}
