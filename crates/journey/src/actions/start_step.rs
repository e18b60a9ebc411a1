//! `POST /_konekuta/api/start`: gives a function, queue or topic a message, wrapped as it would be on its way there.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::gather::gather;
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
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    journey: String,
    step: String,
    /// What got it: the step, or the topic or queue before it.
    by: String,
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
        let started = match (input.message, input.request) {
            (Some(message), None) => journeys.wrapped(&step, text(message)).await?,
            (None, Some(request)) => journeys.input_for(&step, &request).await?,
            _ => {
                let text = "either a message or a request is needed";
                return Err(ServiceError::new(&errors::VALIDATION, text));
            }
        };
        let by = started.resource().to_string();
        let told = Told { action: "start", links: Vec::new(), run: None, message: 0, way: Vec::new() };
        let trace = journeys.start(context, context.request_id.0.as_u128(), started, told).await?;
        Ok(Output { journey: aws::trace_id(trace.0), step: step.arn().to_string(), by })
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
    /// What a step got for a request, or a message with nothing but the request's id.
    async fn input_for(
        &self,
        step: &crate::steps::Step,
        request: &str,
    ) -> Result<crate::start::Input, ServiceError> {
        if let Some(trace) = self.trace_of(request).await? {
            let gathered = gather(&*self.engine, trace).await?;
            if let Some(kept) = Self::inputs_of(&gathered, step).last() {
                return self.recorded_input(kept, None).await;
            }
        }
        self.wrapped(step, serde_json::json!({"request_id": request}).to_string()).await
    }
}
