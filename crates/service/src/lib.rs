//! What an AWS service is made of: actions, their errors, the context they run in, and the ports through which
//! services ask each other. No service is named here.
//!
//! An action is one file with an `Input`, an `Output`, and `impl Action`; `row::<A>()` puts it into its service's table.

mod action;
pub mod business_key;
mod condition_keys;
mod context;
mod error;
pub mod hops;
mod ids;
mod mount;
pub mod ports;
pub mod records;
mod streaming;
mod table;
mod tasks;
pub mod views;
pub mod way;

pub use action::{Action, Row, StreamingAction, row, streaming_row};
pub use condition_keys::denial;
pub use context::{Caller, Context, Endpoint};
pub use engine::{Clock, QueueCounts, Standing, Timestamp};
pub use error::{ErrorRow, INTERNAL_FAILURE, ServiceError};
pub use ids::{CountingIds, Ids, RandomIds};
pub use mount::Mount;
pub use ports::Ports;
pub use streaming::{Answer, OnlyLooking, Streaming, StreamingBody, event_stream, streaming_body};
pub use table::{BoundAction, Page, PageRequest, Service, Site, Speaks, bind};
pub use tasks::{Stop, Tasks};
pub use wire::event_stream as events;
pub use wire::headers::S3_REQUEST_ID;
pub use wire::{
    Binding, Blob, DecodeError, Method, Protocol, QueryDialect, QueryName, Reply, Rest, Text, json,
};
