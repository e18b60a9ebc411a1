//! Finding journeys: by any id, by a word of their messages, by what they passed, by what failed.

use std::collections::HashSet;

use aws::parse_trace_id;
use engine::{Engine, Error, HopKey, KeptHop, TraceId};
use service::Context;
use uuid::Uuid;

use crate::limits::LOOKED_AT_MAX;

/// By which keys a text may be meant; the first that finds something counts.
pub(crate) fn keys_of(text: &str) -> Vec<HopKey> {
    let text = text.trim();
    let word = text.split_once('=').map_or(text, |(_, value)| value);
    let mut keys = Vec::new();
    keys.extend(parse_trace_id(text).map(|trace| HopKey::Trace(TraceId(trace))));
    let w3c = (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok()).flatten();
    if let Ok(id) = Uuid::parse_str(text) {
        keys.push(HopKey::Id(id.as_u128()));
        keys.push(HopKey::Word(id.to_string()));
    }
    keys.push(HopKey::Word(word.to_owned()));
    let object = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    keys.extend(object.map(|(_, key)| HopKey::Word(key.to_owned())));
    keys.extend(w3c.map(|trace| HopKey::Trace(TraceId(trace))));
    if text != word {
        keys.push(HopKey::Word(text.to_owned()));
    }
    keys
}

/// The resources that a name may stand for: itself, or a function, queue, topic or bucket of the caller.
pub(crate) fn resources_of(name: &str, context: &Context) -> Vec<String> {
    if name.starts_with("arn:") || name.contains('@') || name.contains("://") {
        return vec![name.to_owned()];
    }
    let (region, account) = (&context.caller.region, &context.caller.account);
    vec![
        format!("arn:aws:lambda:{region}:{account}:function:{name}"),
        format!("arn:aws:sqs:{region}:{account}:{name}"),
        format!("arn:aws:sns:{region}:{account}:{name}"),
        format!("arn:aws:s3:::{name}"),
    ]
}

/// Traces of hops, the newest first, each once, and the position of the last hop that was looked at.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub(crate) traces: Vec<TraceId>,
    pub(crate) last: Option<u64>,
    /// There may be more.
    pub(crate) more: bool,
}

/// Traces that have a hop of one of the keys, before a position.
pub(crate) async fn traces(
    engine: &dyn Engine,
    keys: &[HopKey],
    before: Option<u64>,
    limit: usize,
) -> Result<Traces, Error> {
    let mut hops: Vec<KeptHop> = Vec::new();
    // Of a key that has more hops than are looked at, nothing is known below.
    let mut known_from = 0;
    for key in keys {
        let some = engine.find(key.clone(), before, LOOKED_AT_MAX).await?;
        if some.len() >= LOOKED_AT_MAX {
            known_from = some.last().map_or(0, |kept| kept.position).max(known_from);
        }
        hops.extend(some);
    }
    hops.retain(|kept| kept.position >= known_from);
    hops.sort_unstable_by_key(|kept| std::cmp::Reverse(kept.position));
    let mut found = Traces { more: known_from > 0, ..Traces::default() };
    let mut seen = HashSet::new();
    for kept in &hops {
        if !seen.contains(&kept.hop.trace.unique()) && found.traces.len() >= limit {
            found.more = true;
            break;
        }
        found.last = Some(kept.position);
        if seen.insert(kept.hop.trace.unique()) {
            found.traces.push(kept.hop.trace);
        }
    }
    Ok(found)
}
