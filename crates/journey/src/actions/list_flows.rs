//! `GET /_konekuta/api/flows`: what brought what about in the last minutes, and how much of it failed.

use engine::{Flow, FlowKind};
use serde::{Deserialize, Serialize};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Journeys;
use crate::limits::{FLOWS_DEFAULT, FLOWS_MAX};

#[derive(Deserialize)]
pub(crate) struct Input {
    limit: Option<usize>,
}

#[derive(Serialize)]
pub(crate) struct Output {
    minutes: u32,
    flows: Vec<Told>,
}

#[derive(Serialize)]
pub(crate) struct Told {
    #[serde(skip_serializing_if = "String::is_empty")]
    from: String,
    to: String,
    kind: &'static str,
    count: u64,
    failed: u64,
}

impl Told {
    fn of(flow: &Flow) -> Self {
        let kind = match flow.kind {
            FlowKind::Message => "message",
            FlowKind::Invocation => "invocation",
            FlowKind::Mapping => "mapping",
            FlowKind::Read => "read",
            FlowKind::Write => "write",
            FlowKind::DeadLetter => "deadLetter",
            FlowKind::Delivery => "delivery",
        };
        let (from, to) = (flow.from.to_string(), flow.to.to_string());
        Self { from, to, kind, count: flow.count, failed: flow.failed }
    }
}

pub(crate) struct ListFlows;

impl Action for ListFlows {
    const NAME: &'static str = "ListFlows";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "limit", name: "limit" }],
        ..Rest::new(Method::Get, "/_konekuta/api/flows", 200)
    });
    type Service = Journeys;
    type Input = Input;
    type Output = Output;

    async fn run(journeys: &Journeys, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.limit.unwrap_or(FLOWS_DEFAULT).clamp(1, FLOWS_MAX);
        let flows = journeys.engine.flows(limit).await?;
        Ok(Output { minutes: 5, flows: flows.iter().map(Told::of).collect() })
    }
}
