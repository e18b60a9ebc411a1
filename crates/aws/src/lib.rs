//! AWS's vocabulary as values: accounts, Regions, ARNs, request ids and the ways AWS writes time.
//!
//! No I/O, no async, no knowledge of any service.

mod account;
mod arn;
mod region;
mod request_id;
pub mod timestamp;
mod trace_header;

pub use account::AccountId;
pub use arn::{Arn, ArnError};
pub use region::Region;
pub use request_id::RequestId;
pub use trace_header::{TraceHeader, parse_trace_id, trace_id};
