//! The archive of a FIFO topic: what was published stays for as many days as its `ArchivePolicy` says, in segments of one
//! blob each, in the order in which it was handed on.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html>

pub(crate) mod policy;
pub(crate) mod segment;
mod store;

pub(crate) use store::Ends;

#[cfg(test)]
mod tests;
