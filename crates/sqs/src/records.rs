//! What SQS keeps with a queue: the attributes as they were given, and its tags.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use engine::{Engine, Queue, QueueKey, QuickMap};
use policy::Policy;
use serde::{Deserialize, Serialize};
use service::{ServiceError, business_key};

/// Version 1 of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueueRecord {
    version: u32,
    /// As given, defaults left out.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// Its policy, read once.
    #[serde(skip)]
    policy: OnceLock<Option<Policy>>,
}

impl QueueRecord {
    pub(crate) fn new(attributes: BTreeMap<String, String>, tags: BTreeMap<String, String>) -> Self {
        Self { version: 1, attributes, tags, policy: OnceLock::new() }
    }

    /// The queue's policy; `None` if it has none. Not of a record that was changed since it was read.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        let read = || self.attributes.get("Policy").and_then(|text| Policy::parse(text).ok());
        self.policy.get_or_init(read).as_ref()
    }

    pub(crate) fn encode(&self) -> Bytes {
        serde_json::to_vec(self).expect("text keys and text values").into()
    }

    fn decode(bytes: &[u8]) -> Result<Self, ServiceError> {
        serde_json::from_slice(bytes)
            .map_err(|error| ServiceError::internal(format!("queue record: {error}")))
    }
}

/// Decoded records: a send must not parse one every time.
pub(crate) struct RecordCache {
    records: Mutex<QuickMap<QueueKey, (u64, Arc<QueueRecord>)>>,
    engine: Arc<dyn Engine>,
}

/// Records kept; beyond, the cache starts anew.
const RECORDS_MAX: usize = 10_000;

impl RecordCache {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Self {
        Self { records: Mutex::default(), engine }
    }

    /// The record of a queue as it stands.
    pub(crate) fn of(&self, queue: &Queue) -> Result<Arc<QueueRecord>, ServiceError> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        // A queue that was deleted and made anew starts at revision 1 again: its creation tells it apart.
        let stamp = queue.revision.wrapping_add(queue.created_at.0 << 20);
        if let Some((known, record)) = records.get(&queue.key)
            && *known == stamp
        {
            return Ok(Arc::clone(record));
        }
        let record = Arc::new(QueueRecord::decode(&queue.record)?);
        // Whoever sends has asked for the record before: the history knows of the tag when the message comes.
        self.engine.find_words_at(queue.key.as_str(), business_key::of(&record.tags));
        if records.len() >= RECORDS_MAX {
            records.clear();
        }
        records.insert(queue.key.clone(), (stamp, Arc::clone(&record)));
        Ok(record)
    }
}
