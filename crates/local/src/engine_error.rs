//! A journal's errors as the engine's.

use engine::{EngineError, Error};
use journal::JournalError;

pub(crate) fn from_journal(error: JournalError) -> EngineError {
    match error {
        JournalError::Fenced => EngineError::Fenced,
        JournalError::Full(reason) => EngineError::Full(reason),
        JournalError::Unknown(reason) => EngineError::Poisoned(reason),
        JournalError::Corrupt { segment, offset, reason } => EngineError::Corrupt { segment, offset, reason },
        JournalError::Io(reason) => EngineError::Io(reason),
        error @ JournalError::NewerFormat { .. } => EngineError::Io(error.to_string()),
    }
}

pub(crate) fn failed(error: JournalError) -> Error {
    Error::Failed(from_journal(error))
}

pub(crate) fn io(what: &str, error: &std::io::Error) -> Error {
    Error::Failed(EngineError::Io(format!("{what}: {error}")))
}
