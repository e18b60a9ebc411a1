//! GetServiceGraph: who called whom in some time, of all traces or those of a group.
//!
//! Differs from AWS: of more than 2,000 traces, the newest are looked at.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::graph::{Graph, Node};
use crate::groups::GroupId;
use crate::limits::GRAPH_TRACES_MAX;
use crate::search::{TimeRangeType, expression};
use crate::times::TimeRange;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    start_time: f64,
    end_time: f64,
    group_name: Option<String>,
    #[serde(rename = "GroupARN")]
    group_arn: Option<String>,
    #[serde(rename = "NextToken")]
    _next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    start_time: f64,
    end_time: f64,
    services: Vec<Node>,
    contains_old_group_versions: bool,
}

pub(crate) struct GetServiceGraph;

impl Action for GetServiceGraph {
    const NAME: &'static str = "GetServiceGraph";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/ServiceGraph", 200));
    type Service = Xray;
    type Input = Input;
    type Output = Output;

    async fn run(xray: &Xray, _: &Context, input: Input) -> Result<Output, ServiceError> {
        let range = TimeRange::of(input.start_time, input.end_time)?;
        let group = GroupId { group_name: input.group_name, group_arn: input.group_arn };
        let filter = match &group {
            GroupId { group_name: None, group_arn: None } => None,
            group => expression(Some(&xray.group(group).await?.filter))?,
        };
        let (mut graph, mut processed, mut before) = (Graph::default(), 0, None);
        loop {
            let found = xray.search(range, TimeRangeType::TraceId, filter.as_ref(), before).await?;
            found.traces.iter().for_each(|trace| graph.add(trace));
            processed += found.processed;
            before = found.next;
            if before.is_none() || processed >= GRAPH_TRACES_MAX {
                break;
            }
        }
        Ok(Output {
            start_time: range.start,
            end_time: range.end,
            services: graph.told(),
            contains_old_group_versions: false,
        })
    }
}
