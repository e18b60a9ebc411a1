//! Replays: what a step got, once more, to that step alone; and never twice by accident.

use std::time::Duration;

use engine::{Error, Expect, HopKind, KeptHop, Link, RecordKey, Refusal, Timestamp, TraceId};
use serde::{Deserialize, Serialize};
use service::{Context, ServiceError};

use crate::start::{Input, Told};
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

/// How a replay is given.
pub(crate) struct Given<'a> {
    pub(crate) run: &'a str,
    /// The resources that it may reach, its end last; empty: all.
    pub(crate) way: &'a [String],
    /// Objects that were made what they were, each with its new version.
    pub(crate) restored: Vec<String>,
}

impl Journeys {
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
        given: &Given<'_>,
    ) -> Result<Replayed, ServiceError> {
        let run = given.run;
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
        let is_message = matches!(origin.hop.kind, HopKind::Send | HopKind::DeadLetter);
        let message = if is_message { origin.hop.id } else { 0 };
        let told = Told {
            action: "replay",
            links: vec![link],
            run: Some(run.to_owned()),
            message,
            way: given.way.to_vec(),
            restored: given.restored.join(", "),
        };
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
