//! A small signed client for the services' own wire: what the command line and the in-process tests speak.
//!
//! Knows protocols, not services: an action is a name and a document.

mod answer;
mod error;
mod http_client;

pub use answer::Answer;
pub use error::ClientError;
pub use http_client::{Call, Client, Settings};
