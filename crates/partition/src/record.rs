//! A journal record: operations, then the contents they bring. The format is described in
//! `docs/formats/operations.md`.

use bytes::Bytes;

use crate::{Location, Operation};

/// The newest version of the format.
const VERSION: u8 = 2;
/// Version (1 byte), length of the operations (4 bytes).
const HEAD: usize = 5;
/// What a send's operation takes, about: room that is asked for at once.
const OPERATION_BYTES: usize = 80;

/// Operations ready to be written: everything before the contents, then the contents in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record(Vec<Bytes>);

/// A record read back: its operations, each with where its content lies.
pub type Stored = Vec<(Operation, Option<Location>)>;

/// Bytes that are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by another version of the program.
    #[error("version {found} is not {known}, the one this program knows")]
    OtherVersion {
        /// In the bytes.
        found: u8,
        /// Known here.
        known: u8,
    },
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
        let mut head = Vec::with_capacity(HEAD + OPERATION_BYTES * operations.len());
        head.extend([VERSION, 0, 0, 0, 0]);
        let mut head = postcard::to_extend(operations, head)
            .expect("operations hold nothing that postcard cannot write");
        let length = u32::try_from(head.len() - HEAD).expect("a command's operations are bounded");
        head[1..HEAD].copy_from_slice(&length.to_le_bytes());
        let mut parts = Vec::with_capacity(1 + contents.len());
        parts.push(head.into());
        parts.extend(contents);
        Self(parts)
    }

    /// The parts to be written, in order.
    pub fn parts(&self) -> &[Bytes] {
        &self.0
    }

    /// Where the contents of `operations` lie, if the record stands at `position`; one entry an operation.
    pub fn locations<'a>(
        &self,
        operations: &'a [Operation],
        position: u64,
    ) -> impl Iterator<Item = Option<Location>> + use<'a> {
        locations(operations, self.0.first().map_or(0, Bytes::len), position)
    }

    /// Decodes a record that stands at `position`.
    pub fn decode(bytes: &[u8], position: u64) -> Result<Stored, RecordError> {
        let malformed = |reason: &str| RecordError::Malformed(reason.to_owned());
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or_else(|| malformed("too short"))?;
        if head[0] != VERSION {
            return Err(RecordError::OtherVersion { found: head[0], known: VERSION });
        }
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let encoded = rest.get(..length).ok_or_else(|| malformed("shorter than it says"))?;
        let operations: Vec<Operation> =
            postcard::from_bytes(encoded).map_err(|error| malformed(&error.to_string()))?;
        let locations: Vec<Option<Location>> = locations(&operations, HEAD + length, position).collect();
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

fn locations(
    operations: &[Operation],
    head: usize,
    position: u64,
) -> impl Iterator<Item = Option<Location>> + use<'_> {
    let mut offset = u32::try_from(head).unwrap_or(u32::MAX);
    operations.iter().map(move |operation| {
        let length = operation.content_length()?;
        let location = Location { position, offset, length };
        offset = offset.saturating_add(length);
        Some(location)
    })
}

/// A content in the record that it lies in; `None` if the record is too short for that.
pub fn content_of(record: &Bytes, at: Location) -> Option<Bytes> {
    let (from, to) = (at.offset as usize, at.offset as usize + at.length as usize);
    (to <= record.len()).then(|| record.slice(from..to))
}
