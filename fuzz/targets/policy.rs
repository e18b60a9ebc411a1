//! Access policies: no text brings the parser down, no question the evaluation.

#![no_main]
#![allow(missing_docs)]

use libfuzzer_sys::fuzz_target;
use policy::{Caller, Policy, Request};

fuzz_target!(|parts: (&str, &str, &str)| {
    let (document, source, account) = parts;
    let Ok(policy) = Policy::parse(document) else { return };
    let keys = [("aws:SourceArn", source), ("aws:SourceAccount", account), ("aws:SecureTransport", "false")];
    for caller in [Caller::Service("sns.amazonaws.com"), Caller::Account(account)] {
        for action in ["sqs:SendMessage", "SNS:Publish"] {
            let request = Request { caller, action, resource: source, keys: &keys };
            assert_eq!(policy.decide(&request), policy.decide(&request));
        }
    }
});
