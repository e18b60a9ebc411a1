//! Replays: a subscription gets a topic's archived messages again, from one moment on, and then what is published.
//!
//! While a replay runs, the subscription gets nothing but from the archive, which keeps what is published meanwhile; once
//! it has caught up, messages come to it directly again.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html>

pub(crate) mod policy;
pub(crate) mod record;
mod run;
mod start;
mod tasks;

pub(crate) use tasks::run as run_all;

#[cfg(test)]
mod tests;
