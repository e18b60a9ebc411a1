//! `GET /_konekuta/api/journeys`: journeys, the newest first, by what they have to do with.

use std::collections::HashSet;

use engine::{HopKey, Timestamp, TraceId};
use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::gather::{Gathered, gather};
use crate::limits::{LISTED_DEFAULT, LISTED_MAX, TRACES_MAX};
use crate::outcome::Standing;
use crate::view::Summary;
use crate::{Journeys, errors, search, tree};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    /// Any id, object key or word of a message; `name=word` too.
    q: Option<String>,
    /// A function, queue, topic or bucket: its ARN, or its name.
    resource: Option<String>,
    /// `ok`, `running`, `failed`.
    outcome: Option<String>,
    /// Begun at or after, milliseconds since 1970.
    since: Option<u64>,
    /// Begun before, likewise.
    until: Option<u64>,
    /// Where an earlier answer ended.
    before: Option<u64>,
    limit: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    journeys: Vec<Summary>,
    /// Where to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(crate) struct ListJourneys;

impl Action for ListJourneys {
    const NAME: &'static str = "ListJourneys";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "q", name: "q" },
            Binding { member: "resource", name: "resource" },
            Binding { member: "outcome", name: "outcome" },
            Binding { member: "since", name: "since" },
            Binding { member: "until", name: "until" },
            Binding { member: "before", name: "before" },
            Binding { member: "limit", name: "limit" },
        ],
        ..Rest::new(Method::Get, "/_konekuta/api/journeys", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.limit.unwrap_or(LISTED_DEFAULT).clamp(1, LISTED_MAX);
        let wanted = Wanted::of(&input, context)?;
        let found = search::traces(&*journeys.engine, &wanted.keys, input.before, limit).await?;
        let mut listed = Vec::new();
        let mut within = HashSet::new();
        // Oldest first: what grew out of an older one belongs to it.
        for trace in found.traces.iter().rev() {
            if within.contains(&trace.unique()) || journeys.goes_on(*trace, &wanted.keys, found.last).await? {
                continue;
            }
            let gathered = gather(&*journeys.engine, *trace).await?;
            if journeys.belongs_to_another(*trace, &gathered, &wanted.keys).await? {
                continue;
            }
            within.extend(gathered.hops.keys().map(|(trace, _)| *trace));
            let placed = tree::place(&gathered);
            listed.extend(
                Summary::of(*trace, &placed, gathered.cut_short).filter(|summary| wanted.fits(summary)),
            );
        }
        listed.sort_by_key(|summary| std::cmp::Reverse(summary.started_at));
        let next = found.last.filter(|_| found.more).map(|last| last.to_string());
        Ok(Output { journeys: listed, next })
    }
}

/// A journey is listed once, on the page where the oldest hop of it lies that was looked for.
impl Journeys {
    /// Whether a trace will be found on a later page, too.
    async fn goes_on(
        &self,
        trace: TraceId,
        keys: &[HopKey],
        last: Option<u64>,
    ) -> Result<bool, ServiceError> {
        let oldest = self.engine.oldest(trace, keys.to_vec()).await?;
        Ok(oldest.zip(last).is_some_and(|(oldest, last)| oldest < last))
    }

    /// Whether a trace grew out of another one that is listed on a page of its own.
    async fn belongs_to_another(
        &self,
        trace: TraceId,
        gathered: &Gathered,
        keys: &[HopKey],
    ) -> Result<bool, ServiceError> {
        let mut seen = HashSet::from([trace.unique()]);
        let mut left = gathered.grew_out_of(trace);
        while let Some(above) = left.pop().filter(|_| seen.len() <= TRACES_MAX) {
            if !seen.insert(above.unique()) {
                continue;
            }
            let older = gather(&*self.engine, above).await?;
            let has_it = older.hops.keys().any(|(name, _)| *name == trace.unique());
            if has_it && self.engine.oldest(above, keys.to_vec()).await?.is_some() {
                return Ok(true);
            }
            left.extend(older.grew_out_of(above));
        }
        Ok(false)
    }
}

/// What is looked for.
struct Wanted {
    keys: Vec<HopKey>,
    resources: Option<Vec<String>>,
    outcome: Option<Standing>,
    since: Timestamp,
    until: Timestamp,
}

impl Wanted {
    fn of(input: &Input, context: &Context) -> Result<Self, ServiceError> {
        let outcome = match input.outcome.as_deref() {
            None | Some("") => None,
            Some("ok") => Some(Standing::Ok),
            Some("running") => Some(Standing::Running),
            Some("failed") => Some(Standing::Failed),
            Some(other) => {
                let text = format!("outcome {other:?} is none of ok, running, failed");
                return Err(ServiceError::new(&errors::VALIDATION, text));
            }
        };
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let resources = given(&input.resource).map(|name| search::resources_of(&name, context));
        let keys = match (given(&input.q), &resources) {
            (Some(text), _) => search::keys_of(&text),
            (None, Some(resources)) => resources.iter().cloned().map(HopKey::Resource).collect(),
            (None, None) if outcome == Some(Standing::Failed) => vec![HopKey::Failures],
            (None, None) => vec![HopKey::Beginnings],
        };
        Ok(Self {
            keys,
            resources,
            outcome,
            since: Timestamp(input.since.unwrap_or(0)),
            until: Timestamp(input.until.unwrap_or(u64::MAX)),
        })
    }

    fn fits(&self, summary: &Summary) -> bool {
        let passes =
            |resources: &Vec<String>| resources.iter().any(|resource| summary.resources.contains(resource));
        self.outcome.is_none_or(|outcome| outcome == summary.outcome)
            && self.resources.as_ref().is_none_or(passes)
            && (self.since.0..self.until.0).contains(&summary.started_at)
    }
}
