//! `POST /_konekuta/api/start`: gives a function, queue or topic a message, wrapped as it would be on its way there.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::gather::{Gathered, gather};
use crate::start::Told;
use crate::{Journeys, errors};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    step: String,
    /// The message: a text as it is, everything else as JSON.
    message: Option<Json>,
    /// Instead of a message: what the step got in the journey that this finds; if it got nothing, its id.
    request: Option<String>,
    /// Where it ends: what this step brings about goes no further.
    to: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    journey: String,
    step: String,
    /// What got it: the step, or the topic or queue before it.
    by: String,
    /// What it may reach, if it is to end somewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    way: Vec<String>,
}

pub(crate) struct StartStep;

impl Action for StartStep {
    const NAME: &'static str = "StartStep";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/_konekuta/api/start", 200));
    const TELLS: bool = true;
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let step = journeys.step(&input.step, context).await?;
        let (started, known) = match (input.message, input.request) {
            (Some(message), None) => (journeys.wrapped(&step, text(message)).await?, None),
            (None, Some(request)) => journeys.input_for(&step, &request).await?,
            _ => {
                let text = "either a message or a request is needed";
                return Err(ServiceError::new(&errors::VALIDATION, text));
            }
        };
        let by = started.resource().clone();
        let way = match input.to.filter(|to| !to.is_empty()) {
            Some(to) => {
                let end = journeys.step(&to, context).await?;
                journeys.way_onward(&by, &step, &end, known.as_ref()).await?
            }
            None => Vec::new(),
        };
        let told = Told {
            action: "start",
            links: Vec::new(),
            run: None,
            message: 0,
            way: way.clone(),
            restored: String::new(),
        };
        let trace = journeys.start(context, context.request_id.0.as_u128(), started, told).await?;
        Ok(Output { journey: aws::trace_id(trace.0), step: step.arn().to_string(), by: by.to_string(), way })
    }
}

/// A text as it is, everything else as JSON.
pub(super) fn text(message: Json) -> String {
    match message {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

impl Journeys {
    /// What a step got for a request, and the journey; or a message with nothing but the request's id.
    async fn input_for(
        &self,
        step: &crate::steps::Step,
        request: &str,
    ) -> Result<(crate::start::Input, Option<Gathered>), ServiceError> {
        if let Some(trace) = self.trace_of(request).await? {
            let gathered = gather(&*self.engine, trace).await?;
            if let Some(kept) = Self::inputs_of(&gathered, step).last() {
                return Ok((self.recorded_input(kept, None).await?, Some(gathered)));
            }
        }
        let input = self.wrapped(step, serde_json::json!({"request_id": request}).to_string()).await?;
        Ok((input, None))
    }
}
