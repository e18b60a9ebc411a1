//! What CloudWatch Logs keeps in the registry: a record a log group, and one a stream that was made by a call. Streams
//! that writing has made are known by their events.
//!
//! JSON, so that a newer program reads an older record: new members have defaults, none changes its meaning.

use std::collections::BTreeMap;

use engine::{RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
pub(crate) use service::records::{decode, encode};

use crate::names::GroupKey;

/// All groups' records begin so.
pub(crate) const GROUPS: &str = "logs/group/";
/// All streams' records begin so.
const STREAMS: &str = "logs/stream/";

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    /// Tells this group from an earlier one of the same name, and its folder.
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
    /// `LogGroupClass`.
    pub(crate) class: String,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) retention_days: Option<u32>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// A log stream that was made by a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamRecord {
    pub(crate) name: String,
    pub(crate) created: Timestamp,
}

impl GroupRecord {
    pub(crate) fn key(&self) -> GroupKey {
        GroupKey { account: self.account.clone(), region: self.region.clone(), name: self.name.clone() }
    }

    /// Its folder's name: readable, and its own.
    pub(crate) fn folder(&self) -> String {
        const READABLE: usize = 100;
        let name: String = self.name.trim_start_matches('/').replace(['/', '#'], ".");
        format!("{}.{}", &name[..name.len().min(READABLE)], self.id)
    }
}

/// The key of a group's record.
pub(crate) fn group_key(group: &GroupKey) -> RecordKey {
    RecordKey::new(format!("{GROUPS}{}/{}/{}", group.account, group.region, group.name))
}

/// All groups of an account and Region begin so.
pub(crate) fn groups_of(account: &str, region: &str) -> String {
    format!("{GROUPS}{account}/{region}/")
}

/// All records of a group's streams begin so.
pub(crate) fn streams_of(group: &GroupRecord) -> String {
    format!("{STREAMS}{}/", group.id)
}

/// The key of a stream's record.
pub(crate) fn stream_key(group: &GroupRecord, stream: &str) -> RecordKey {
    RecordKey::new(format!("{}{stream}", streams_of(group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first version of the program wrote. A record that this test does not read is one that an update loses.
    #[test]
    fn records_of_the_first_format_are_read() {
        let group: GroupRecord = serde_json::from_str(
            r#"{"id":"5c5b3a0e","account":"000000000000","region":"us-east-1","name":"/aws/lambda/f",
            "created":1767225600000,"class":"STANDARD","kms_key_id":null,"retention_days":7,"tags":{"a":"1"}}"#,
        )
        .unwrap();
        assert_eq!((group.folder(), group.retention_days), ("aws.lambda.f.5c5b3a0e".to_owned(), Some(7)));
        let stream: StreamRecord = serde_json::from_str(r#"{"name":"s","created":1767225600000}"#).unwrap();
        assert_eq!(stream.created, Timestamp(1_767_225_600_000));
    }
}
