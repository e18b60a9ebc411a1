//! GetTraceGraph: the service graph of some traces.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_GetTraceGraph.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::batch_get_traces::ids;
use crate::Xray;
use crate::graph::{Graph, Node};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    trace_ids: Vec<String>,
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    services: Vec<Node>,
}

pub(crate) struct GetTraceGraph;

impl Action for GetTraceGraph {
    const NAME: &'static str = "GetTraceGraph";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/TraceGraph", 200));
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let mut graph = Graph::default();
        for id in ids(&input.trace_ids)? {
            if let Some(trace) = xray.trace(id).await? {
                graph.add(&trace);
            }
        }
        Ok(Output { services: graph.told() })
    }
}
