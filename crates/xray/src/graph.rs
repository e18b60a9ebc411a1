//! The service graph of many traces: who was called how often, how it went, how long it took, and by whom.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_Service.html>

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::document::{Document, span};
use crate::trace::{Nodes, Service, Trace};

/// A node as it is told: AWS's `Service`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Node {
    reference_id: usize,
    #[serde(flatten)]
    service: Service,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<bool>,
    state: &'static str,
    start_time: f64,
    end_time: f64,
    edges: Vec<Edge>,
    summary_statistics: Statistics,
    duration_histogram: Vec<HistogramEntry>,
    response_time_histogram: Vec<HistogramEntry>,
}

/// AWS's `Edge`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Edge {
    reference_id: usize,
    start_time: f64,
    end_time: f64,
    summary_statistics: Statistics,
    response_time_histogram: Vec<HistogramEntry>,
    aliases: Vec<Json>,
    /// `link`: through messages of other traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    edge_type: Option<&'static str>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statistics {
    ok_count: u64,
    error_statistics: Errors,
    fault_statistics: Faults,
    total_count: u64,
    total_response_time: f64,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Errors {
    throttle_count: u64,
    other_count: u64,
    total_count: u64,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Faults {
    other_count: u64,
    total_count: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct HistogramEntry {
    value: f64,
    count: u64,
}

/// What is counted of a node or an edge.
#[derive(Debug, Default)]
struct Tally {
    start: Option<f64>,
    end: f64,
    statistics: Statistics,
    /// By microseconds, to two digits.
    times: BTreeMap<u64, u64>,
    root: bool,
}

impl Tally {
    fn add(&mut self, document: &Document) {
        self.start = Some(self.start.map_or(document.start(), |start| start.min(document.start())));
        self.end = self.end.max(document.end());
        if document.is_in_progress() {
            return;
        }
        let (statistics, took) = (&mut self.statistics, document.end() - document.start());
        statistics.total_count += 1;
        statistics.total_response_time = crate::trace::round(statistics.total_response_time + took);
        if document.is_fault() {
            statistics.fault_statistics.total_count += 1;
            statistics.fault_statistics.other_count += 1;
        } else if document.is_error() {
            statistics.error_statistics.total_count += 1;
            if document.is_throttle() {
                statistics.error_statistics.throttle_count += 1;
            } else {
                statistics.error_statistics.other_count += 1;
            }
        } else {
            statistics.ok_count += 1;
        }
        *self.times.entry(coarse(took)).or_default() += 1;
    }

    fn histogram(&self) -> Vec<HistogramEntry> {
        let entry = |(value, count): (&u64, &u64)| HistogramEntry {
            value: std::time::Duration::from_micros(*value).as_secs_f64(),
            count: *count,
        };
        self.times.iter().map(entry).collect()
    }
}

/// Seconds as microseconds of two digits, so that a histogram stays short.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
fn coarse(seconds: f64) -> u64 {
    let whole = (seconds * 1e6).round() as u64;
    let step = 10_u64.pow(whole.checked_ilog10().unwrap_or(0).saturating_sub(1));
    whole / step * step
}

/// Nodes and edges of traces.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: BTreeMap<Service, Tally>,
    edges: BTreeMap<(Service, Service, bool), Tally>,
    /// Whose a span is, for links from other traces.
    owners: BTreeMap<(u128, u64), Service>,
    links: Vec<(Service, (u128, u64), Document)>,
}

impl Graph {
    /// Adds a trace.
    pub(crate) fn add(&mut self, trace: &Trace) {
        let nodes = Nodes::of(trace);
        for served in &nodes.served {
            let tally = self.nodes.entry(served.service.clone()).or_default();
            tally.add(served.document);
            tally.root |= served.root;
        }
        for call in &nodes.calls {
            let from = call.from.clone().unwrap_or_else(|| {
                let client = Service::client_of(&call.to);
                let tally = self.nodes.entry(client.clone()).or_default();
                tally.add(call.document);
                tally.root = true;
                client
            });
            self.edges.entry((from, call.to.clone(), false)).or_default().add(call.document);
        }
        for segment in &trace.segments {
            let service = Service::of(&segment.document);
            segment.document.walk(&mut |document| {
                self.owners.insert((trace.id.unique(), span(document.id()).0), service.clone());
            });
            self.add_links(&service, &segment.document);
        }
    }

    fn add_links(&mut self, service: &Service, document: &Document) {
        for link in document.links.as_ref().and_then(Json::as_array).into_iter().flatten() {
            let trace = link["trace_id"].as_str().and_then(aws::parse_trace_id);
            let (Some(trace), Some(id)) = (trace, link["id"].as_str()) else { continue };
            let name = (engine::TraceId(trace).unique(), span(id).0);
            let plain = Document { subsegments: None, links: None, ..document.clone() };
            self.links.push((service.clone(), name, plain));
        }
    }

    /// The nodes, each with the edges that leave it.
    pub(crate) fn told(mut self) -> Vec<Node> {
        for (to, name, document) in std::mem::take(&mut self.links) {
            if let Some(from) = self.owners.get(&name) {
                self.edges.entry((from.clone(), to, true)).or_default().add(&document);
            }
        }
        let numbers: BTreeMap<&Service, usize> =
            self.nodes.keys().enumerate().map(|(number, service)| (service, number)).collect();
        let edges_of = |service: &Service| -> Vec<Edge> {
            let from_here = self.edges.iter().filter(|((from, ..), _)| from == service);
            from_here
                .filter_map(|((_, to, link), tally)| Some(edge(*numbers.get(to)?, *link, tally)))
                .collect()
        };
        let node = |(number, (service, tally)): (usize, (&Service, &Tally))| Node {
            reference_id: number,
            service: service.clone(),
            root: tally.root.then_some(true),
            state: "active",
            start_time: tally.start.unwrap_or_default(),
            end_time: tally.end,
            edges: edges_of(service),
            summary_statistics: tally.statistics.clone(),
            duration_histogram: tally.histogram(),
            response_time_histogram: tally.histogram(),
        };
        self.nodes.iter().enumerate().map(node).collect()
    }
}

fn edge(to: usize, link: bool, tally: &Tally) -> Edge {
    Edge {
        reference_id: to,
        start_time: tally.start.unwrap_or_default(),
        end_time: tally.end,
        summary_statistics: tally.statistics.clone(),
        response_time_histogram: if link { Vec::new() } else { tally.histogram() },
        aliases: Vec::new(),
        edge_type: link.then_some("link"),
    }
}
