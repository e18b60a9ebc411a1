//! Signature Version 4: who signed, and for which Region and service.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-elements.html>

mod credential;
mod sign;

pub use credential::{Credential, Presence, find};
pub use sign::{Signer, Unsigned};
