//! The store of hops: files beside the partitions, written by a thread of their own, bounded in age and size.
//!
//! `record` puts a hop into a buffer and is done. The thread encodes, notes by which keys a hop is found, and appends;
//! full segments get a sorted index of their own, so that memory holds the present segment's only and a start reads no
//! more than that. What comes faster than it can be written is thinned out by whole traces (`thinning`), and counted.
//! The format is described in `docs/formats/history.md`.

mod flows;
mod index;
mod keys;
pub mod limits;
mod marks;
mod pending;
mod places;
mod receives;
mod record;
mod seen;
mod segment;
mod segments;
mod store;
mod thinning;
mod words;
mod writer;

pub use limits::Limits;
pub use store::Store;

#[cfg(test)]
mod tests;
