//! Records of the registry as services keep them: JSON, so that a newer program reads what an older one wrote.

use bytes::Bytes;
use engine::{EngineError, Error, Record};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a record's value. `Corrupt`, naming the record, if it is none of that kind.
pub fn decode<T: DeserializeOwned>(record: &Record) -> Result<T, Error> {
    serde_json::from_slice(&record.value).map_err(|error| {
        EngineError::Corrupt { segment: record.key.to_string(), offset: 0, reason: error.to_string() }.into()
    })
}

/// Writes a record's value.
///
/// # Panics
/// If the record has keys that are no texts, or numbers that are not finite: its type is wrong then, not its content.
pub fn encode<T: Serialize>(record: &T) -> Bytes {
    serde_json::to_vec(record).expect("records have text keys and finite numbers").into()
}
