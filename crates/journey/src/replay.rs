//! Replays: what a step got, once more, to that step alone; and never twice by accident.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aws::Arn;
use engine::{Error, Expect, HopKind, KeptHop, Link, RecordKey, Refusal, Timestamp, TraceId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::ports::{MessageAttribute, MessageAttributeValue, TopicMessage};
use service::{Blob, Context, ServiceError};

use crate::gather::{Gathered, name};
use crate::start::{Input, Told};
use crate::steps::Step;
use crate::{Journeys, errors};

/// That something was replayed, so that it is not again in the same run. Version 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReplayRecord {
    version: u32,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// The new trace.
    pub(crate) trace: String,
}

/// Replays are remembered for so long.
const REMEMBERED: Duration = Duration::from_hours(30 * 24);
/// Remembered replays that are looked at when old ones are forgotten.
const LOOKED_AT_MAX: usize = 10_000;

pub(crate) const REPLAYS: &str = "journey/replay/";

/// The run of a replay that names none.
pub(crate) const RUN: &str = "replay";

fn key(run: &str, origin: Link) -> RecordKey {
    RecordKey::new(format!("{REPLAYS}{run}/{:024x}-{:016x}", origin.trace.unique(), origin.span.0))
}

/// A run's name goes into a key.
pub(crate) fn check_run(run: &str) -> Result<(), ServiceError> {
    let fits = (1..=64).contains(&run.len())
        && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if fits {
        return Ok(());
    }
    let text = format!("run {run:?} is not 1 to 64 letters, digits, hyphens, underscores and points");
    Err(ServiceError::new(&errors::VALIDATION, text))
}

/// What became of a replay.
pub(crate) enum Replayed {
    Now(TraceId),
    Before(ReplayRecord),
}

impl Journeys {
    /// The hops of a journey whose input a step got: each message or event once.
    pub(crate) fn inputs_of(gathered: &Gathered, step: &Step) -> Vec<KeptHop> {
        let arn = step.arn().as_str();
        let mut found: Vec<&KeptHop> = Vec::new();
        let sends = |id: u128| {
            gathered.hops.values().find(move |kept| kept.hop.kind == HopKind::Send && kept.hop.id == id)
        };
        // What a replay brought about is not replayed with what it repeats.
        let replays: HashSet<u128> = gathered
            .hops
            .iter()
            .filter(|(name, kept)| kept.hop.kind == HopKind::Start && gathered.grown_from.contains_key(name))
            .map(|((trace, _), _)| *trace)
            .collect();
        let own = gathered.hops.values().filter(|kept| !replays.contains(&kept.hop.trace.unique()));
        for kept in own.filter(|kept| *kept.hop.resource == *arn) {
            match (step, kept.hop.kind) {
                (Step::Topic(_), HopKind::Publish) | (Step::Queue(_) | Step::Function(_), HopKind::Send) => {
                    found.push(kept);
                }
                (Step::Function(_), HopKind::Invoke) if kept.hop.links.is_empty() => {
                    found.push(sends(kept.hop.id).unwrap_or(kept));
                }
                (Step::Function(_), HopKind::Invoke) => {
                    let receives = kept
                        .hop
                        .links
                        .iter()
                        .filter_map(|link| gathered.hops.get(&(link.trace.unique(), link.span)));
                    found.extend(receives.filter_map(|receive| sends(receive.hop.id)));
                }
                _ => {}
            }
        }
        found.sort_by_key(|kept| (kept.hop.at, kept.position));
        let mut seen = HashSet::new();
        found.into_iter().filter(|kept| seen.insert(name(kept))).cloned().collect()
    }

    /// The send whose message a hop is about: itself, or that of the message that was moved.
    pub(crate) async fn origin(&self, kept: KeptHop) -> Result<KeptHop, ServiceError> {
        if kept.hop.kind != HopKind::DeadLetter {
            return Ok(kept);
        }
        let found = self.engine.find(engine::HopKey::Id(kept.hop.id), None, 16).await?;
        let send = found.into_iter().find(|other| other.hop.kind == HopKind::Send);
        send.ok_or_else(|| {
            ServiceError::new(&errors::NOT_FOUND, "the send of this message is not kept (any more)")
        })
    }

    /// What went in at a hop.
    pub(crate) async fn recorded_input(
        &self,
        kept: &KeptHop,
        only: Option<String>,
    ) -> Result<Input, ServiceError> {
        let whole = self.hop(&kept.position.to_string()).await?;
        let hop = &whole.hop;
        let arn: Arn = hop.resource.parse().map_err(|_| not_replayable(kept))?;
        if hop.payload.is_empty() {
            return Err(ServiceError::new(&errors::NOT_FOUND, "what went in there is not kept"));
        }
        match (hop.kind, arn.service()) {
            (HopKind::Send, "sqs") => {
                let message = self.ports.queues()?.open(&hop.payload)?;
                Ok(Input::Message(arn, message))
            }
            (HopKind::Send | HopKind::Invoke, "lambda") => Ok(Input::Event(arn, hop.form.body(&hop.payload))),
            (HopKind::Publish, "sns") => {
                let message = TopicMessage {
                    message: String::from_utf8_lossy(&hop.payload).into_owned(),
                    subject: hop.note("subject").map(str::to_owned),
                    attributes: hop.note("attributes").map(attributes).unwrap_or_default(),
                    group: hop.note("group").map(str::to_owned),
                };
                Ok(Input::Publish { topic: arn, message, only })
            }
            _ => Err(not_replayable(kept)),
        }
    }

    /// When a hop was replayed in a run, if it was.
    pub(crate) async fn replayed(
        &self,
        run: &str,
        origin: Link,
    ) -> Result<Option<ReplayRecord>, ServiceError> {
        let record = self.engine.get(&key(run, origin)).await?;
        Ok(record.and_then(|record| serde_json::from_slice(&record.value).ok()))
    }

    /// Forgets replays of long ago.
    pub(crate) async fn forget_old_replays(&self) -> Result<(), ServiceError> {
        let now = self.clock.now();
        for record in self.engine.list(REPLAYS, None, LOOKED_AT_MAX).await? {
            let replay: Option<ReplayRecord> = serde_json::from_slice(&record.value).ok();
            if replay.is_none_or(|replay| now.since(Timestamp(replay.at)) > REMEMBERED) {
                self.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        Ok(())
    }

    /// Gives the step its input again, unless that was done in this run.
    pub(crate) async fn replay(
        &self,
        context: &Context,
        origin: &KeptHop,
        input: Input,
        run: &str,
    ) -> Result<Replayed, ServiceError> {
        let link = Link { trace: origin.hop.trace, span: origin.hop.span };
        let id = self.ids.uuid().as_u128();
        let trace = TraceId::begun(context.now, id);
        let record = ReplayRecord { version: 1, at: context.now.0, trace: aws::trace_id(trace.0) };
        let value = serde_json::to_vec(&record).expect("text keys and plain values");
        // Before it is done: after a crash in between it is told to be done, and not done twice.
        match self.engine.put(key(run, link), value.into(), Expect::Absent).await {
            Ok(_) => {}
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                let before = self.replayed(run, link).await?;
                return Ok(Replayed::Before(before.unwrap_or(record)));
            }
            Err(error) => return Err(error.into()),
        }
        let message = if origin.hop.kind == HopKind::Send { origin.hop.id } else { 0 };
        let told = Told { action: "replay", links: vec![link], run: Some(run.to_owned()), message };
        match self.start(context, id, input, told).await {
            Ok(trace) => Ok(Replayed::Now(trace)),
            Err(error) => {
                // It did not come about: another try may.
                self.engine.delete(key(run, link), Expect::Anything).await?;
                Err(error)
            }
        }
    }
}

fn not_replayable(kept: &KeptHop) -> ServiceError {
    let text = format!("hop {} is no input of a function, queue or topic", kept.position);
    ServiceError::new(&errors::VALIDATION, text)
}

/// Attributes as a publish's hop notes them.
fn attributes(text: &str) -> BTreeMap<String, MessageAttribute> {
    let Ok(Json::Object(all)) = serde_json::from_str(text) else { return BTreeMap::new() };
    let one = |(name, attribute): (String, Json)| {
        let data_type = attribute["Type"].as_str()?.to_owned();
        let value = attribute["Value"].as_str()?;
        let value = if data_type.starts_with("Binary") {
            MessageAttributeValue::Binary(serde_json::from_value::<Blob>(attribute["Value"].clone()).ok()?)
        } else {
            MessageAttributeValue::Text(value.to_owned())
        };
        Some((name, MessageAttribute { data_type, value }))
    };
    all.into_iter().filter_map(one).collect()
}
