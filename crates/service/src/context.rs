//! What an action knows of the request besides its input.

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
    pub endpoint: String,
    /// The trace that the call belongs to.
    pub trace: Option<TraceHeader>,
    /// Where the call came from.
    pub source_ip: IpAddr,
}
