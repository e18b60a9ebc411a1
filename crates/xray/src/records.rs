//! What X-Ray keeps in the registry: a record a sampling rule, and one a group.
//!
//! JSON, so that a newer program reads an older record: new members have defaults, none changes its meaning.

use std::collections::BTreeMap;

use engine::{RecordKey, Timestamp};
use serde::{Deserialize, Serialize};
pub(crate) use service::records::{decode, encode};

/// All rules' records begin so.
pub(crate) const RULES: &str = "xray/rule/";
/// All groups' records begin so.
pub(crate) const GROUPS: &str = "xray/group/";
/// When the rules were last changed.
pub(crate) const RULES_CHANGED: &str = "xray/rules-changed";

/// A sampling rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RuleRecord {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) resource_arn: String,
    pub(crate) priority: u32,
    pub(crate) fixed_rate: f64,
    pub(crate) reservoir_size: u32,
    pub(crate) service_name: String,
    pub(crate) service_type: String,
    pub(crate) host: String,
    pub(crate) http_method: String,
    pub(crate) url_path: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupRecord {
    pub(crate) name: String,
    pub(crate) arn: String,
    pub(crate) filter: String,
    pub(crate) insights: bool,
    pub(crate) notifications: bool,
}

/// The key of a rule's record.
pub(crate) fn rule_key(name: &str) -> RecordKey {
    RecordKey::new(format!("{RULES}{name}"))
}

/// The key of a group's record.
pub(crate) fn group_key(name: &str) -> RecordKey {
    RecordKey::new(format!("{GROUPS}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first version of the program wrote. A record that this test does not read is one that an update loses.
    #[test]
    fn records_of_the_first_format_are_read() {
        let rule: RuleRecord = serde_json::from_str(
            r#"{"name":"r","arn":"arn:aws:xray:us-east-1:000000000000:sampling-rule/r","resource_arn":"*","priority":1,
            "fixed_rate":0.5,"reservoir_size":2,"service_name":"*","service_type":"*","host":"*","http_method":"*",
            "url_path":"*","attributes":{"a":"b"},"created":1767225600000,"modified":1767225600000}"#,
        )
        .unwrap();
        assert_eq!((rule.priority, rule.modified), (1, Timestamp(1_767_225_600_000)));
        let group: GroupRecord = serde_json::from_str(
            r#"{"name":"g","arn":"arn:aws:xray:us-east-1:000000000000:group/g/X","filter":"fault","insights":true,
            "notifications":false}"#,
        )
        .unwrap();
        assert_eq!((group.filter.as_str(), group.insights), ("fault", true));
    }
}
