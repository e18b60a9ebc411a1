//! A journal record: operations, then the contents they bring. The format is described in
//! `docs/formats/operations.md`.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Location, Operation};

/// The newest version of the format.
const VERSION: u8 = 1;
/// Version (1 byte), length of the operations (4 bytes).
const HEAD: usize = 5;

/// Operations ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Everything before the contents.
    pub head: Bytes,
    /// The contents, in order.
    pub contents: Vec<Bytes>,
}

/// A record read back: its operations, each with where its content lies.
pub type Stored = Vec<(Operation, Option<Location>)>;

/// Bytes that are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a newer program.
    #[error("record version {0} is newer than {VERSION}")]
    NewerVersion(u8),
    /// Not a record.
    #[error("malformed record: {0}")]
    Malformed(String),
}

impl Record {
    /// Encodes.
    ///
    /// # Panics
    /// Never: operations hold nothing that cannot be written, and a command's operations are far below 4 GiB.
    pub fn encode(operations: &[Operation], contents: Vec<Bytes>) -> Self {
        let encoded =
            postcard::to_stdvec(operations).expect("operations hold nothing that postcard cannot write");
        let mut head = BytesMut::with_capacity(HEAD + encoded.len());
        head.put_u8(VERSION);
        head.put_u32_le(u32::try_from(encoded.len()).expect("a command's operations are bounded"));
        head.put_slice(&encoded);
        Self { head: head.freeze(), contents }
    }

    /// The parts to be written, in order.
    pub fn parts(&self) -> Vec<&[u8]> {
        std::iter::once(&self.head[..]).chain(self.contents.iter().map(|content| &content[..])).collect()
    }

    /// Where the contents of `operations` lie, if the record stands at `position`.
    pub fn locations(&self, operations: &[Operation], position: u64) -> Vec<Option<Location>> {
        locations(operations, self.head.len(), position)
    }

    /// Decodes a record that stands at `position`.
    pub fn decode(bytes: &[u8], position: u64) -> Result<Stored, RecordError> {
        let malformed = |reason: &str| RecordError::Malformed(reason.to_owned());
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(|| malformed("too short"))?;
        if head[0] != VERSION {
            return Err(RecordError::NewerVersion(head[0]));
        }
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let encoded = rest.get(..length).ok_or_else(|| malformed("shorter than it says"))?;
        let operations: Vec<Operation> =
            postcard::from_bytes(encoded).map_err(|error| malformed(&error.to_string()))?;
        let locations = locations(&operations, HEAD + length, position);
        let end = locations
            .iter()
            .flatten()
            .last()
            .map_or(HEAD + length, |last| (last.offset + last.length) as usize);
        if end != bytes.len() {
            return Err(malformed("its contents are of another length"));
        }
        Ok(operations.into_iter().zip(locations).collect())
    }
}

fn locations(operations: &[Operation], head: usize, position: u64) -> Vec<Option<Location>> {
    let mut offset = u32::try_from(head).unwrap_or(u32::MAX);
    operations
        .iter()
        .map(|operation| {
            let length = operation.content_length()?;
            let location = Location { position, offset, length };
            offset = offset.saturating_add(length);
            Some(location)
        })
        .collect()
}
