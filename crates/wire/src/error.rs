//! What goes wrong on the wire: a body that is malformed, and the fault that an answer carries.

use std::borrow::Cow;

/// A request body that does not yield the action's input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A required member is absent; its name in the model.
    #[error("missing member {0}")]
    Missing(String),
    /// Not JSON, not a form, or a member of the wrong type; a text for the caller.
    #[error("{0}")]
    Malformed(String),
}

/// An error as a protocol writes it. `service::ServiceError` turns into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The shape's name with its namespace, as in `com.amazonaws.sqs#QueueDoesNotExist`; the bare name for REST.
    pub shape: Cow<'static, str>,
    /// The code of the Query protocol, also in `x-amzn-query-error`.
    pub query_code: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// Whose fault: the sender's (`Sender`, `User`) or ours (`Receiver`, `Service`).
    pub sender: bool,
    /// For the caller.
    pub message: String,
    /// The Query protocol's own text, where it differs.
    pub query_message: Option<&'static str>,
    /// Further members of the error shape, for REST and JSON (`Reason`, `retryAfterSeconds`).
    pub members: Vec<(&'static str, String)>,
}
