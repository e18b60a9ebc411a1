//! `GET /_konekuta/api/failures`: messages and events that failed for good, for who wants to replay them.

use engine::{HopKey, HopKind, Timestamp};
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
        let mut failures = Vec::new();
        for kept in journeys.engine.find(HopKey::Failures, None, LOOKED_AT_MAX).await? {
            let from = kept.hop.note("from").unwrap_or_default().to_owned();
            let meant = sources.as_ref().is_none_or(|sources| sources.contains(&from));
            if kept.hop.kind != HopKind::DeadLetter || kept.hop.at < since || from.is_empty() || !meant {
                continue;
            }
            // What it is about is the send: that is what is replayed, and remembered.
            let Ok(origins) = journeys.origins_of(kept.clone()).await else { continue };
            let Some(origin) = origins.first() else { continue };
            let link = engine::Link { trace: origin.hop.trace, span: origin.hop.span };
            failures.push(Failure {
                hop: origin.position.to_string(),
                journey: trace_text(kept.hop.trace),
                at: kept.hop.at.0,
                from,
                to: kept.hop.resource.to_string(),
                reason: kept.hop.note("reason").map(str::to_owned),
                replayed: journeys.replayed(&run, link).await?.is_some(),
            });
        }
        failures.sort_by_key(|failure| failure.at);
        let mut seen = std::collections::HashSet::new();
        failures.retain(|failure| seen.insert(failure.hop.clone()));
        Ok(Output { failures })
    }
}

impl Journeys {
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
