//! Large immutable byte strings: objects, function code.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A blob's name, chosen by the engine. A small blob may lie in it: it is to be kept whole, and as it is, in the value of a
/// record. After a restart a blob that no record of the registry names so is removed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlobId(pub String);

/// Bytes as they come. An error on the way in ends the put and leaves nothing behind.
pub type BlobStream = BoxStream<'static, Result<Bytes, std::io::Error>>;

/// A part of a blob, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// How many.
    pub length: u64,
}

/// Durable blobs.
pub trait Blobs: Send + Sync + 'static {
    /// Stores what the stream yields; durable when it answers, or with the record that names it. Answers the id and the
    /// length.
    fn put_blob(&self, content: BlobStream) -> BoxFuture<'_, Result<(BlobId, u64), Error>>;
    /// Reads a blob or a part of it, in pieces of bounded size. Refuses `NoSuchBlob`. A blob that is deleted while it
    /// is read is read to its end.
    fn read_blob(&self, id: &BlobId, range: Option<ByteRange>) -> BoxFuture<'_, Result<BlobStream, Error>>;
    /// Removes a blob; one that is not there is fine.
    fn delete_blob(&self, id: &BlobId) -> BoxFuture<'_, Result<(), Error>>;
}
