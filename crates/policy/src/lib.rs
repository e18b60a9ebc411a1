//! Resource-based policies: IAM's documents, read, asked, added to. Pure: knows no service, and no user or role either.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>

mod condition;
mod denied;
mod document;
mod keys;
mod pattern;
mod principal;
mod request;
mod statements;
mod variables;

pub use denied::Denied;
pub use document::{Policy, PolicyError, Statement};
pub use request::{Caller, Decision, Request};
pub use statements::{Grant, LabelTaken, grant, revoke};
