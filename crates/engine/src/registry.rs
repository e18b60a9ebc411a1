//! Small keyed records: topics, subscriptions, functions, mappings, buckets, objects' descriptions.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::Error;

/// A record's name, unique in the engine, ordered as text. By convention `<service>/<kind>/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey(Arc<str>);

impl RecordKey {
    /// Any text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A record as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub key: RecordKey,
    /// Grows with each put; unique in the engine.
    pub revision: u64,
    /// The service's own encoding.
    pub value: Bytes,
}

/// What must be true for a put or delete to happen; else `RecordChanged`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Anything,
    /// There is no such record.
    Absent,
    /// The record has this revision.
    Revision(u64),
}

/// One of the changes that happen together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Stores a record.
    Put(RecordKey, Bytes, Expect),
    /// Removes a record; one that is not there is fine with `Expect::Anything`.
    Delete(RecordKey, Expect),
    /// Changes nothing, but must hold as well.
    Check(RecordKey, Expect),
}

impl Change {
    /// The record that it is about.
    pub fn key(&self) -> &RecordKey {
        match self {
            Self::Put(key, ..) | Self::Delete(key, _) | Self::Check(key, _) => key,
        }
    }
}

/// Completes `changed` whenever a record under the watched prefix was put or deleted.
pub trait Watch: Send {
    /// Waits for the next change since the last call (changes may be merged). `false` when the engine stops.
    fn changed(&mut self) -> BoxFuture<'_, bool>;
}

/// Durable small records.
pub trait Registry: Send + Sync + 'static {
    /// The record, if there is one.
    fn get(&self, key: &RecordKey) -> BoxFuture<'_, Result<Option<Record>, Error>>;
    /// Up to `limit` records whose keys begin with `prefix` and come after `after` (a whole key), in order of keys.
    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, Error>>;
    /// Stores a record and answers its new revision. Refuses `RecordChanged`.
    fn put(&self, key: RecordKey, value: Bytes, expect: Expect) -> BoxFuture<'_, Result<u64, Error>>;
    /// Removes a record; one that is not there is fine with `Expect::Anything`. Refuses `RecordChanged`.
    fn delete(&self, key: RecordKey, expect: Expect) -> BoxFuture<'_, Result<(), Error>>;
    /// Makes all of these changes at once; where one expectation does not hold, none. Refuses `RecordChanged`. Each record
    /// is named once.
    fn change(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<(), Error>>;
    /// Watches all records whose keys begin with `prefix`.
    fn watch(&self, prefix: &str) -> Box<dyn Watch>;
}
