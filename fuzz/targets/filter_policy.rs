//! Filter policies: no text brings the parser down, no message the matcher, and a reason is given exactly to those who
//! do not want it.

#![no_main]
#![allow(missing_docs, dead_code)]

#[path = "../../crates/sns/src/errors.rs"]
mod errors;
#[path = "../../crates/sns/src/filter_policy/mod.rs"]
mod filter_policy;
#[path = "../../crates/sns/src/limits.rs"]
mod limits;
#[path = "../../crates/sns/src/message_attributes.rs"]
mod message_attributes;

use std::collections::BTreeMap;

use filter_policy::FilterPolicy;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&str, &str, &str)| {
    let (policy, attributes, body) = parts;
    let given: BTreeMap<String, message_attributes::AttributeValue> =
        serde_json::from_str(attributes).unwrap_or_default();
    let attributes = message_attributes::parse(given).unwrap_or_default();
    for scope in [None, Some("MessageBody")] {
        let Ok(policy) = FilterPolicy::parse(policy, scope) else { continue };
        let wants = policy.wants(&attributes, body);
        assert_eq!(policy.why_not(&attributes, body).is_none(), wants);
    }
});
