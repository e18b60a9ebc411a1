//! A trace in a list: AWS's `TraceSummary`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use crate::document::Document;
use crate::limits::ANNOTATIONS_MAX;
use crate::trace::{Nodes, RootCause, Service, Trace, root_causes, round};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_excessive_bools, reason = "AWS's shape")]
pub(crate) struct TraceSummary {
    id: String,
    start_time: f64,
    duration: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_time: Option<f64>,
    has_fault: bool,
    has_error: bool,
    has_throttle: bool,
    is_partial: bool,
    http: Http,
    annotations: BTreeMap<String, Vec<Annotation>>,
    users: Vec<User>,
    service_ids: Vec<Service>,
    #[serde(rename = "ResourceARNs")]
    resource_arns: Vec<Resource>,
    instance_ids: Vec<Instance>,
    availability_zones: Vec<Zone>,
    entry_point: Service,
    fault_root_causes: Vec<RootCause>,
    error_root_causes: Vec<RootCause>,
    response_time_root_causes: Vec<RootCause>,
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_event_time: Option<f64>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Http {
    #[serde(rename = "HttpURL", skip_serializing_if = "Option::is_none")]
    http_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip: Option<String>,
}

/// One value of an annotation, and who told it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Annotation {
    annotation_value: Json,
    service_ids: Vec<Service>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct User {
    user_name: String,
    service_ids: Vec<Service>,
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Resource {
    #[serde(rename = "ARN")]
    arn: String,
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    id: String,
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase")]
struct Zone {
    name: String,
}

impl TraceSummary {
    /// Of a trace; with the time of its last change where it was found by that.
    pub(crate) fn of(trace: &Trace, by_event: bool) -> Self {
        let (root, nodes) = (trace.root(), Nodes::of(trace));
        let documents = || trace.segments.iter().map(|segment| &segment.document);
        let ec2 = |name: &str| {
            let found =
                documents().filter_map(|document| document.aws.as_ref()?.get("ec2")?.get(name)?.as_str());
            unique(found.map(str::to_owned))
        };
        Self {
            id: aws::trace_id(trace.id.0),
            start_time: trace.start(),
            duration: trace.duration(),
            response_time: root.end_time.map(|_| round(root.end() - root.start())),
            has_fault: root.is_fault(),
            has_error: root.is_error(),
            has_throttle: documents().any(Document::is_throttle),
            is_partial: trace.is_partial(),
            http: http(root),
            annotations: annotations(trace),
            users: users(trace),
            service_ids: nodes.services(),
            resource_arns: unique(
                documents().filter_map(|document| document.resource_arn.clone()).map(|arn| Resource { arn }),
            ),
            instance_ids: ec2("instance_id").into_iter().map(|id| Instance { id }).collect(),
            availability_zones: ec2("availability_zone").into_iter().map(|name| Zone { name }).collect(),
            entry_point: Service::of(root),
            fault_root_causes: root_causes(trace, &nodes, Document::is_fault),
            error_root_causes: root_causes(trace, &nodes, Document::is_error),
            response_time_root_causes: Vec::new(),
            revision: trace.revision,
            matched_event_time: by_event.then(|| trace.end()),
        }
    }
}

fn unique<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn http(root: &Document) -> Http {
    let request = root.request().cloned().unwrap_or_default();
    Http {
        http_url: request.url,
        http_status: root.status(),
        http_method: request.method,
        user_agent: request.user_agent,
        client_ip: request.client_ip,
    }
}

fn annotations(trace: &Trace) -> BTreeMap<String, Vec<Annotation>> {
    let mut found: BTreeMap<String, Vec<Annotation>> = BTreeMap::new();
    for segment in &trace.segments {
        let service = Service::of(&segment.document);
        segment.document.walk(&mut |document| {
            for (key, value) in document.annotations.iter().flatten() {
                let Some(value) = shown(value) else { continue };
                if found.len() >= ANNOTATIONS_MAX && !found.contains_key(key) {
                    continue;
                }
                let values = found.entry(key.clone()).or_default();
                match values.iter_mut().find(|known| known.annotation_value == value) {
                    Some(known) if known.service_ids.contains(&service) => {}
                    Some(known) => known.service_ids.push(service.clone()),
                    None => values
                        .push(Annotation { annotation_value: value, service_ids: vec![service.clone()] }),
                }
            }
        });
    }
    found
}

/// AWS's `AnnotationValue`.
fn shown(value: &Json) -> Option<Json> {
    let member = match value {
        Json::String(_) => "StringValue",
        Json::Number(_) => "NumberValue",
        Json::Bool(_) => "BooleanValue",
        _ => return None,
    };
    Some(Json::Object([(member.to_owned(), value.clone())].into_iter().collect()))
}

fn users(trace: &Trace) -> Vec<User> {
    let mut users: Vec<User> = Vec::new();
    for document in trace.segments.iter().map(|segment| &segment.document) {
        let Some(name) = &document.user else { continue };
        let service = Service::of(document);
        match users.iter_mut().find(|user| user.user_name == *name) {
            Some(user) if user.service_ids.contains(&service) => {}
            Some(user) => user.service_ids.push(service),
            None => users.push(User { user_name: name.clone(), service_ids: vec![service] }),
        }
    }
    users
}
