//! What the journeys of the last minutes say of the map: which resources brought something about at which, how often, and
//! how often it failed.

use std::collections::HashMap;

use serde_json::{Value as Json, json};
use service::Context;

use crate::Console;
use crate::limits::FLOWS_MAX;

/// The flows of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    minutes: u64,
    between: HashMap<(String, String), u64>,
    into: HashMap<String, u64>,
    /// What left for mailboxes and endpoints: each was sent there as a message before.
    delivered: HashMap<String, u64>,
    failed: HashMap<String, u64>,
}

impl Flows {
    fn of(answer: &Json) -> Self {
        let mut flows = Self { minutes: answer["minutes"].as_u64().unwrap_or(1).max(1), ..Self::default() };
        for flow in answer["flows"].as_array().into_iter().flatten() {
            let text = |name: &str| flow[name].as_str().unwrap_or_default().to_owned();
            let number = |name: &str| flow[name].as_u64().unwrap_or(0);
            let (from, to) = (text("from"), text("to"));
            match flow["kind"].as_str() {
                // It failed where it came from.
                Some("deadLetter") => *flows.failed.entry(from.clone()).or_default() += number("count"),
                // The invocations are told themselves.
                Some("mapping") => {}
                kind => {
                    let arrived =
                        if kind == Some("delivery") { &mut flows.delivered } else { &mut flows.into };
                    *arrived.entry(to.clone()).or_default() += number("count");
                    *flows.failed.entry(to.clone()).or_default() += number("failed");
                }
            }
            if !from.is_empty() && !to.is_empty() {
                *flows.between.entry((from, to)).or_default() += number("count");
            }
        }
        flows
    }

    #[allow(clippy::cast_precision_loss, reason = "two digits are shown")]
    fn rate(&self, count: u64) -> f64 {
        count as f64 / self.minutes as f64
    }

    /// How often one brings something about at the other, a minute.
    pub(crate) fn between(&self, from: &str, to: &str) -> f64 {
        let count = self.between.get(&(from.to_owned(), to.to_owned()));
        self.rate(count.copied().unwrap_or(0))
    }

    /// How often something happens there, a minute.
    pub(crate) fn arriving(&self, resource: &str) -> f64 {
        let arrived = self.delivered.get(resource).or_else(|| self.into.get(resource));
        self.rate(arrived.copied().unwrap_or(0))
    }

    /// How often something failed there.
    pub(crate) fn failed(&self, resource: &str) -> u64 {
        self.failed.get(resource).copied().unwrap_or(0)
    }

    /// The pairs that were seen.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.between.keys().map(|(from, to)| (from.as_str(), to.as_str()))
    }
}

impl Console {
    /// Those of the last minutes; none where no history is kept.
    pub(crate) async fn flows(&self, context: &Context) -> Flows {
        let answer = self.call_own(context, "ListFlows", &json!({"limit": FLOWS_MAX})).await;
        answer.map_or_else(|_| Flows::default(), |answer| Flows::of(&answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_errors_are_those_of_a_minute_and_of_where_it_failed() {
        let flows = Flows::of(&json!({"minutes": 5, "flows": [
            {"from": "f", "to": "t", "kind": "message", "count": 10, "failed": 0},
            {"to": "f", "kind": "invocation", "count": 20, "failed": 3},
            {"from": "t", "to": "a@b.c", "kind": "message", "count": 10, "failed": 0},
            {"to": "a@b.c", "kind": "delivery", "count": 15, "failed": 5},
            {"from": "q", "to": "f", "kind": "mapping", "count": 200, "failed": 30},
            {"from": "q", "to": "dead", "kind": "deadLetter", "count": 2, "failed": 2},
        ]}));
        assert!((flows.between("f", "t") - 2.0).abs() < 0.01 && flows.between("t", "f") < 0.01);
        assert!((flows.arriving("f") - 4.0).abs() < 0.01 && (flows.arriving("a@b.c") - 3.0).abs() < 0.01);
        assert_eq!((flows.failed("f"), flows.failed("q"), flows.failed("dead")), (3, 2, 0));
        assert!((flows.between("q", "f") - 40.0).abs() < 0.01, "messages, and not invocations");
        assert_eq!(flows.pairs().count(), 4);
    }
}
