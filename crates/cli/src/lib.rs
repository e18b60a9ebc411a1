//! The program's services put together: what the binary and the in-process tests share.

pub mod assembly;
mod metrics;
pub mod xray_daemon;
