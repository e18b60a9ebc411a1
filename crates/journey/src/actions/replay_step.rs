//! `POST /_konekuta/api/replays`: what a step got in a journey, once more, to that step alone.

use engine::{KeptHop, Link};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Action, Context, Method, Rest, ServiceError};

use super::start_step::text;
use crate::gather::{Gathered, gather};
use crate::read_objects::ReadObject;
use crate::replay::{Given, RUN, Replayed, check_run};
use crate::way::Below;
use crate::{Journeys, errors};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    /// A journey, and the step from which it is to go on …
    journey: Option<String>,
    from: Option<String>,
    /// … or the hop itself, as a list of failures has it.
    hop: Option<String>,
    /// Where it ends: what this step brings about goes no further.
    to: Option<String>,
    /// Of a topic: this subscription alone.
    only: Option<String>,
    /// Another message than the recorded one.
    message: Option<Json>,
    /// A hop is replayed once in a run.
    run: Option<String>,
    /// First make the objects that the step will read what they were then.
    restore: Option<bool>,
    /// Only tell what would be done.
    dry_run: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    run: String,
    replays: Vec<Replay>,
    /// The steps that got something there, from which and up to which it may be replayed.
    steps: Vec<String>,
    /// What the replay may reach, if it is to end somewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    way: Vec<String>,
    /// The objects that the step read, and whether they are still what they were.
    objects: Vec<ReadObject>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replay {
    hop: String,
    to: String,
    message: String,
    /// `replayed`, `wouldReplay`, or `before`: in this run already.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    journey: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
}

pub(crate) struct ReplayStep;

impl Action for ReplayStep {
    const NAME: &'static str = "ReplayStep";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/_konekuta/api/replays", 200));
    const TELLS: bool = true;
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let run = input.run.clone().unwrap_or_else(|| RUN.to_owned());
        check_run(&run)?;
        let (origins, gathered) = journeys.origins(context, &input).await?;
        if input.message.is_some() && origins.len() > 1 {
            let text = format!("the step got {} messages; name one by its hop to change it", origins.len());
            return Err(ServiceError::new(&errors::VALIDATION, text));
        }
        let message = input.message.map(text);
        let below = Below::of(&gathered, &origins);
        let way = match &input.to {
            Some(to) if !to.is_empty() => Journeys::way(&below, &journeys.step(to, context).await?)?,
            _ => Vec::new(),
        };
        let mut objects = journeys.read_objects(&gathered, &origins).await?;
        let dry_run = input.dry_run == Some(true);
        if input.restore == Some(true) && !dry_run && journeys.is_left(&run, &origins).await? {
            journeys.restore_objects(&mut objects).await?;
        }
        let given = Given {
            run: &run,
            way: &way,
            restored: objects.iter().filter_map(ReadObject::restored).collect(),
        };
        let mut replays = Vec::new();
        for origin in &origins {
            let recorded = journeys.recorded_input(origin, input.only.clone()).await?;
            let to_replay = match message.clone() {
                Some(message) => recorded.with_text(message),
                None => recorded,
            };
            let mut replay = Replay {
                hop: origin.position.to_string(),
                to: to_replay.resource().to_string(),
                message: to_replay.text(),
                state: "wouldReplay",
                journey: None,
                at: None,
            };
            if dry_run {
                let link = Link { trace: origin.hop.trace, span: origin.hop.span };
                if let Some(before) = journeys.replayed(&run, link).await? {
                    (replay.state, replay.journey, replay.at) =
                        ("before", Some(before.trace), Some(before.at));
                }
            } else {
                match journeys.replay(context, origin, to_replay, &given).await? {
                    Replayed::Now(trace) => {
                        (replay.state, replay.journey) = ("replayed", Some(aws::trace_id(trace.0)));
                        replay.at = Some(context.now.0);
                    }
                    Replayed::Before(before) => {
                        (replay.state, replay.journey) = ("before", Some(before.trace));
                        replay.at = Some(before.at);
                    }
                }
            }
            replays.push(replay);
        }
        Ok(Output { run, replays, steps: below.steps(), way, objects })
    }
}

impl Journeys {
    /// Whether some of these were not replayed in this run yet.
    async fn is_left(&self, run: &str, origins: &[KeptHop]) -> Result<bool, ServiceError> {
        for origin in origins {
            let link = Link { trace: origin.hop.trace, span: origin.hop.span };
            if self.replayed(run, link).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The hops whose input is to be given again, and the journey.
    async fn origins(
        &self,
        context: &Context,
        input: &Input,
    ) -> Result<(Vec<KeptHop>, Gathered), ServiceError> {
        if let Some(hop) = &input.hop {
            let origins = self.origins_of(self.hop(hop).await?).await?;
            let trace = origins.first().map(|origin| origin.hop.trace).unwrap_or_default();
            return Ok((origins, gather(&*self.engine, trace).await?));
        }
        let (Some(journey), Some(from)) = (&input.journey, &input.from) else {
            let text = "a journey and the step from which it is to go on are needed, or a hop";
            return Err(ServiceError::new(&errors::VALIDATION, text));
        };
        let step = self.step(from, context).await?;
        let not_found = |text: String| ServiceError::new(&errors::NOT_FOUND, text);
        let trace = self.trace_of(journey).await?;
        let trace =
            trace.ok_or_else(|| not_found(format!("no journey is kept that {journey} belongs to")))?;
        let gathered = gather(&*self.engine, trace).await?;
        let origins = Self::inputs_of(&gathered, &step);
        if origins.is_empty() {
            return Err(not_found(format!("{} got nothing in this journey", step.arn())));
        }
        Ok((origins, gathered))
    }
}
