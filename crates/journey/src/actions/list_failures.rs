//! `GET /_konekuta/api/failures`: messages and events that failed for good, for who wants to replay them: dead letters,
//! what was given up, and what a function failed on and that is nowhere any more.

use engine::{HopKey, HopKind, KeptHop, Timestamp};
use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Journeys;
use crate::limits::LOOKED_AT_MAX;
use crate::replay::{RUN, check_run};
use crate::steps::Step;
use crate::view::trace_text;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    /// Only those of this function or queue.
    from: Option<String>,
    /// At or after, milliseconds since 1970.
    since: Option<u64>,
    /// Tells which were replayed in this run.
    run: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Output {
    failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    hop: String,
    journey: String,
    at: u64,
    from: String,
    /// The dead-letter queue; empty if the event was dropped.
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    replayed: bool,
}

pub(crate) struct ListFailures;

impl Action for ListFailures {
    const NAME: &'static str = "ListFailures";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "from", name: "from" },
            Binding { member: "since", name: "since" },
            Binding { member: "run", name: "run" },
        ],
        ..Rest::new(Method::Get, "/_konekuta/api/failures", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let run = input.run.unwrap_or_else(|| RUN.to_owned());
        check_run(&run)?;
        journeys.forget_old_replays().await?;
        let sources = match &input.from {
            Some(from) => Some(journeys.sources_of(from, context).await?),
            None => None,
        };
        let since = Timestamp(input.since.unwrap_or(0));
        let all = journeys.engine.find(HopKey::Failures, None, LOOKED_AT_MAX).await?;
        let recent: Vec<KeptHop> = all.into_iter().filter(|kept| kept.hop.at >= since).collect();
        let mut failures = Vec::new();
        for kept in recent.iter().filter(|kept| kept.hop.kind == HopKind::DeadLetter) {
            let to = kept.hop.resource.to_string();
            failures.extend(journeys.failure(kept, ("from", to), sources.as_deref(), &run).await?);
        }
        for lost in journeys.lost(&recent).await? {
            let listed = journeys.failure(&lost.failure, ("", String::new()), sources.as_deref(), &run);
            failures.extend(listed.await?);
        }
        failures.sort_by_key(|failure| failure.at);
        let mut seen = std::collections::HashSet::new();
        failures.retain(|failure| seen.insert(failure.hop.clone()));
        Ok(Output { failures })
    }
}

impl Journeys {
    /// A failure as it is listed, if it is of one of the sources and what the step got is still kept. `from`: the note
    /// that names where it failed; empty: its resource does.
    async fn failure(
        &self,
        kept: &KeptHop,
        (from, to): (&str, String),
        sources: Option<&[String]>,
        run: &str,
    ) -> Result<Option<Failure>, ServiceError> {
        let hop = &kept.hop;
        let from = if from.is_empty() { &hop.resource } else { hop.note(from).unwrap_or_default() };
        let places = [Some(from), hop.note("function"), hop.note("endpoint")];
        let is_meant = |sources: &[String]| {
            places.iter().flatten().any(|place| sources.iter().any(|source| source == place))
        };
        if from.is_empty() || !sources.is_none_or(is_meant) {
            return Ok(None);
        }
        // What it is about is the send: that is what is replayed, and remembered.
        let Ok(origins) = self.origins_of(kept.clone()).await else { return Ok(None) };
        let Some(origin) = origins.first() else { return Ok(None) };
        let link = engine::Link { trace: origin.hop.trace, span: origin.hop.span };
        Ok(Some(Failure {
            hop: origin.position.to_string(),
            journey: trace_text(hop.trace),
            at: hop.at.0,
            from: from.to_owned(),
            to,
            reason: hop.note("reason").map(str::to_owned),
            replayed: self.replayed(run, link).await?.is_some(),
        }))
    }

    /// From where messages of a step go to dead letters: the step itself and the queues of a function.
    async fn sources_of(&self, from: &str, context: &Context) -> Result<Vec<String>, ServiceError> {
        let step = self.step(from, context).await?;
        let mut sources = vec![step.arn().to_string()];
        if let Step::Function(function) = &step {
            let queues = self.ports.functions()?.queues_of(function.clone()).await?;
            sources.extend(queues.iter().map(ToString::to_string));
        }
        Ok(sources)
    }
}
