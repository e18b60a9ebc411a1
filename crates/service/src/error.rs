//! Errors as rows: AWS's fault shapes, each written once in the `errors.rs` of its service.

use std::borrow::Cow;

use engine::{EngineError, Error};
use wire::Fault;

/// One fault of AWS's model.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// The shape's name, with its namespace where the protocol writes one (`com.amazonaws.sqs#QueueDoesNotExist`).
    pub shape: &'static str,
    /// The code of the Query protocol.
    pub query_code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// `true`: the sender's fault, `false`: ours.
    pub sender: bool,
}

/// What a client sees when the engine failed. The log has the whole text under the request id.
pub const INTERNAL_FAILURE: ErrorRow = ErrorRow {
    shape: "com.amazon.coral.service#InternalFailure",
    query_code: "InternalFailure",
    status: 500,
    sender: false,
};

/// A fault with its message: what an action answers instead of its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The fault.
    pub row: &'static ErrorRow,
    /// For the caller.
    pub message: Cow<'static, str>,
    /// The Query protocol's own text, where it differs.
    pub query_message: Option<&'static str>,
    /// For the log only.
    pub detail: Option<String>,
    /// Further members of the fault's shape.
    pub members: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// A fault with a message for the caller.
    pub fn new(row: &'static ErrorRow, message: impl Into<Cow<'static, str>>) -> Self {
        Self { row, message: message.into(), query_message: None, detail: None, members: Vec::new() }
    }

    /// Gives the text that the Query protocol shows instead.
    #[must_use]
    pub fn in_query(mut self, message: &'static str) -> Self {
        self.query_message = Some(message);
        self
    }

    /// Adds a member of the fault's shape.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: impl Into<String>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    /// The engine failed, or refused what the service should have foreseen.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self {
            row: &INTERNAL_FAILURE,
            message: "We encountered an internal error. Please try again.".into(),
            query_message: None,
            detail: Some(detail.into()),
            members: Vec::new(),
        }
    }

    /// As the wire writes it.
    pub fn fault(&self) -> Fault {
        Fault {
            shape: self.row.shape.into(),
            query_code: self.row.query_code.into(),
            status: self.row.status,
            sender: self.row.sender,
            message: self.message.clone().into_owned(),
            query_message: self.query_message,
            members: self.members.clone(),
        }
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.row.query_code, self.message)
    }
}

impl std::error::Error for ServiceError {}

impl From<EngineError> for ServiceError {
    fn from(error: EngineError) -> Self {
        Self::internal(error.to_string())
    }
}

/// For engine calls whose refusals the action has ruled out; others are matched by the action itself.
impl From<Error> for ServiceError {
    fn from(error: Error) -> Self {
        Self::internal(error.to_string())
    }
}
