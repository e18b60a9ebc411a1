//! Recursive loops: a function that is called again and again through queues, topics and buckets it feeds itself.
//!
//! The trace header carries each function's count along. SDKs in a function hand the header on by themselves.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>

use aws::{Arn, TraceHeader};
use sha2::{Digest, Sha256};

use crate::records::FunctionRecord;

/// A function is called so often in one chain of requests; the next call is not made.
pub(crate) const CALLS_MAX: u32 = 16;
/// Functions a header remembers: those called most often.
const FUNCTIONS_MAX: usize = 32;

/// `RecursiveLoop` where nothing else is configured.
pub(crate) const TERMINATE: &str = "Terminate";

/// Which functions a chain of requests has gone through, and how often each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineage(Vec<(String, u32)>);

impl Lineage {
    /// What a trace header says: `<8 hex>:<count>|…`. What cannot be read counts for nothing.
    pub(crate) fn of(trace: Option<&TraceHeader>) -> Self {
        let text = trace.and_then(TraceHeader::lineage).unwrap_or_default();
        let pair = |pair: &str| {
            let (function, count) = pair.split_once(':')?;
            Some((function.to_owned(), count.parse().ok()?))
        };
        Self(text.split('|').filter_map(pair).collect())
    }

    /// How often a function was called.
    pub(crate) fn calls_of(&self, function: &Arn) -> u32 {
        let name = hash(function);
        self.0.iter().find(|(other, _)| *other == name).map_or(0, |(_, calls)| *calls)
    }

    /// Joins another chain: of each function the greater count.
    pub(crate) fn join(&mut self, other: Self) {
        for (function, calls) in other.0 {
            match self.0.iter_mut().find(|(known, _)| *known == function) {
                Some((_, known)) => *known = calls.max(*known),
                None => self.0.push((function, calls)),
            }
        }
    }

    /// One more call of a function; the trace as the function sees it.
    pub(crate) fn call(mut self, function: &Arn, trace: &TraceHeader) -> TraceHeader {
        let name = hash(function);
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, calls)) => *calls = calls.saturating_add(1),
            None => self.0.push((name, 1)),
        }
        self.0.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        self.0.truncate(FUNCTIONS_MAX);
        let pairs: Vec<String> = self.0.iter().map(|(name, calls)| format!("{name}:{calls}")).collect();
        trace.with_lineage(&pairs.join("|"))
    }
}

/// Whether another call would go on with a loop that is to end.
pub(crate) fn is_loop(function: &FunctionRecord, lineage: &Lineage) -> bool {
    let ends = function.recursive_loop.as_deref().unwrap_or(TERMINATE) == TERMINATE;
    ends && lineage.calls_of(&function.arn) >= CALLS_MAX
}

fn hash(function: &Arn) -> String {
    hex::encode(&Sha256::digest(function.as_str())[..4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    fn trace() -> TraceHeader {
        TraceHeader::parse("Root=1-67891233-abcdef012345678912345678;Sampled=1").unwrap()
    }

    #[test]
    fn the_seventeenth_call_of_a_chain_is_a_loop() {
        let (function, other) = (record("f"), record("g"));
        let mut trace = trace();
        for _ in 0..CALLS_MAX {
            let lineage = Lineage::of(Some(&trace));
            assert!(!is_loop(&function, &lineage));
            trace = lineage.call(&function.arn, &trace);
        }
        assert!(is_loop(&function, &Lineage::of(Some(&trace))));
        assert!(!is_loop(&other, &Lineage::of(Some(&trace))), "each function has a count of its own");
        let allowed = FunctionRecord { recursive_loop: Some("Allow".to_owned()), ..function };
        assert!(!is_loop(&allowed, &Lineage::of(Some(&trace))));
    }

    #[test]
    fn joined_chains_count_as_the_longer_one() {
        let function = record("f").arn;
        let once = Lineage::of(None).call(&function, &trace());
        let twice = Lineage::of(Some(&once)).call(&function, &once);
        let mut joined = Lineage::of(Some(&once));
        joined.join(Lineage::of(Some(&twice)));
        assert_eq!(joined.calls_of(&function), 2);
    }

    #[test]
    fn a_header_never_grows_too_long() {
        let mut trace = trace();
        for number in 0..100 {
            trace = Lineage::of(Some(&trace)).call(&record(&format!("f{number}")).arn, &trace);
        }
        assert!(trace.as_str().len() <= 1024);
    }
}
