//! Bytes to shapes and back, in AWS's protocols. Pure: no I/O, no async, no knowledge of any service.
//!
//! Shapes are plain serde types whose field names are the JSON member names of AWS's model. What a protocol adds
//! (names of flattened lists, places of REST members) stands in tables that a service hands over: `QueryDialect`, `Rest`.

mod blob;
mod error;
pub mod event_stream;
pub mod headers;
pub mod protocol;
pub mod sigv4;
mod text;

pub use blob::Blob;
pub use error::{DecodeError, Fault};
pub use protocol::{Binding, Method, Protocol, QueryDialect, QueryName, Reply, Request, Rest};
pub use text::{Text, json};
