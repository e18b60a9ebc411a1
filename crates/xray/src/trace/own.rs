//! Our hops as segment documents: what X-Ray would have been told of them. Hops of one queue lie within each other, a
//! function's invocation is a segment of Lambda and one of the function, as at AWS.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use aws::Arn;
use engine::{Hop, HopKind, HopOutcome, KeptHop, SpanId, Timestamp, TraceId};
use serde_json::{Value as Json, json};

use crate::document::{Cause, Document, Exception, Http, HttpRequest, HttpResponse};

/// What a hop's resource is called in X-Ray.
struct Named {
    name: String,
    origin: Option<&'static str>,
    account: Option<String>,
}

/// The documents of all hops that are no segments themselves.
pub(super) fn documents(trace: TraceId, hops: &HashMap<SpanId, KeptHop>) -> Vec<Json> {
    let mut children: HashMap<SpanId, Vec<&Hop>> = HashMap::new();
    let own = || hops.values().map(|kept| &kept.hop).filter(|hop| hop.kind != HopKind::Segment);
    for hop in own() {
        children.entry(hop.parent).or_default().push(hop);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|hop| (hop.at, hop.span));
    }
    let mut writer = Writer { trace, hops, children, written: HashSet::new() };
    let mut tops: Vec<&Hop> = own().filter(|hop| !writer.lies_within(hop)).collect();
    // Reported parents may go in a circle: what no top leads to is a top.
    tops.extend(own());
    let mut documents = Vec::new();
    for hop in tops {
        writer.segment(hop, &mut documents);
    }
    documents
}

struct Writer<'a> {
    trace: TraceId,
    hops: &'a HashMap<SpanId, KeptHop>,
    children: HashMap<SpanId, Vec<&'a Hop>>,
    written: HashSet<SpanId>,
}

impl<'a> Writer<'a> {
    /// What brought a hop about, if it is a hop of ours.
    fn parent(&self, hop: &Hop) -> Option<&'a Hop> {
        self.hops.get(&hop.parent).map(|kept| &kept.hop).filter(|parent| parent.kind != HopKind::Segment)
    }

    /// Whether it is part of what its parent does.
    fn lies_within(&self, hop: &Hop) -> bool {
        let Some(parent) = self.parent(hop) else { return false };
        match hop.kind {
            HopKind::Invoke | HopKind::Send => false,
            HopKind::Filter => true,
            _ => parent.resource == hop.resource && parent.kind != HopKind::Invoke,
        }
    }

    fn segment(&mut self, hop: &'a Hop, documents: &mut Vec<Json>) {
        if self.written.contains(&hop.span) {
            return;
        }
        let trace_id = Some(aws::trace_id(self.trace.0));
        let mut document = Document { trace_id, ..self.document(hop) };
        if hop.parent != SpanId(0) {
            document.parent_id = Some(id(hop.parent));
        }
        let named = named(hop);
        document.origin = named.origin.map(str::to_owned);
        if hop.resource.starts_with("arn:") {
            document.resource_arn = Some(hop.resource.to_string());
        }
        let account = named.account.map(|account| ("account_id".to_owned(), Json::from(account)));
        let aws: BTreeMap<String, Json> = account.into_iter().chain(details(hop)).collect();
        document.aws = (!aws.is_empty()).then_some(aws);
        if hop.kind == HopKind::Invoke && !self.is_accepted(hop) {
            let service = of_lambda(&document, hop);
            document.parent_id.clone_from(&service.id);
            documents.extend(serde_json::to_value(&service));
        }
        documents.extend(serde_json::to_value(&document));
    }

    /// Whether the invocation's event came through the function's queue: a segment of Lambda tells of that.
    fn is_accepted(&self, hop: &Hop) -> bool {
        self.parent(hop).is_some_and(|parent| parent.kind == HopKind::Send && parent.resource == hop.resource)
    }

    /// A hop and what lies within it.
    fn document(&mut self, hop: &'a Hop) -> Document {
        self.written.insert(hop.span);
        let mut subsegments = own_parts(hop);
        for child in self.children.get(&hop.span).cloned().unwrap_or_default() {
            if self.lies_within(child) && !self.written.contains(&child.span) {
                subsegments.push(self.document(child));
            }
        }
        let running = hop.outcome == HopOutcome::Running;
        Document {
            id: Some(id(hop.span)),
            name: Some(if self.lies_within(hop) { part(hop) } else { named(hop).name }),
            start_time: Some(seconds(hop.at)),
            end_time: (!running).then(|| after(hop)),
            in_progress: running.then_some(true),
            fault: (hop.outcome == HopOutcome::Failed).then_some(true),
            error: (hop.outcome == HopOutcome::Refused).then_some(true),
            throttle: (hop.kind == HopKind::Call && hop.count == 429).then_some(true),
            http: http(hop),
            cause: cause(hop),
            links: links(hop),
            subsegments: (!subsegments.is_empty()).then_some(subsegments),
            ..Document::default()
        }
    }
}

fn id(span: SpanId) -> String {
    format!("{:016x}", span.0)
}

fn seconds(moment: Timestamp) -> f64 {
    Duration::from_millis(moment.0).as_secs_f64()
}

/// The end to the microsecond: moments are of milliseconds.
fn after(hop: &Hop) -> f64 {
    (Duration::from_millis(hop.at.0) + Duration::from_micros(hop.took_us)).as_secs_f64()
}

/// Lambda's own segment of an invocation: between who invokes and the function.
fn of_lambda(function: &Document, hop: &Hop) -> Document {
    let mut aws = function.aws.clone().unwrap_or_default();
    aws.remove("function_arn");
    let status = match hop.outcome {
        HopOutcome::Refused => 429,
        _ => 200,
    };
    Document {
        id: Some(id(SpanId(hop.span.0 ^ LAMBDA))),
        origin: Some("AWS::Lambda".to_owned()),
        aws: Some(aws),
        http: Some(Http { request: None, response: Some(HttpResponse { status: Some(status) }) }),
        cause: None,
        links: None,
        subsegments: None,
        ..function.clone()
    }
}

/// Tells Lambda's segment from the function's.
const LAMBDA: u64 = 0x4c41_4d42_4441_0000;
/// Tells the start of an execution environment from what it was started for.
const INITIALIZATION: u64 = 0x494e_4954_0000_0000;

/// What of a hop is a subsegment by itself: the start of an execution environment.
fn own_parts(hop: &Hop) -> Vec<Document> {
    let milliseconds = hop.note("initMs").and_then(|text| text.parse::<f64>().ok());
    let initialization = milliseconds.filter(|_| hop.kind == HopKind::Invoke).map(|milliseconds| Document {
        id: Some(id(SpanId(hop.span.0 ^ INITIALIZATION))),
        name: Some("Initialization".to_owned()),
        start_time: Some(seconds(hop.at)),
        end_time: Some(seconds(hop.at) + milliseconds / 1000.0),
        ..Document::default()
    });
    initialization.into_iter().collect()
}

/// The name of something that lies within a segment.
fn part(hop: &Hop) -> String {
    match hop.kind {
        HopKind::Receive => "receive".to_owned(),
        HopKind::Delete => "delete".to_owned(),
        HopKind::Return => "return".to_owned(),
        HopKind::DeadLetter => "dead letter".to_owned(),
        HopKind::Filter => format!("filter {}", last(&hop.resource)),
        HopKind::Deliver => format!("deliver {}", hop.note("protocol").unwrap_or_default()),
        _ => hop.note("action").unwrap_or(last(&hop.resource)).to_owned(),
    }
}

fn last(resource: &str) -> &str {
    resource.rsplit(':').next().unwrap_or(resource)
}

fn named(hop: &Hop) -> Named {
    let plain = |name: &str, origin| Named { name: name.to_owned(), origin, account: None };
    let Ok(arn) = hop.resource.parse::<Arn>() else {
        if let Some(action) = hop.note("action") {
            let (service, _) = hop.resource.split_once(':').unwrap_or((&hop.resource, ""));
            return match service {
                "sqs" => plain("SQS", Some("AWS::SQS")),
                "sns" => plain("SNS", Some("AWS::SNS")),
                "lambda" => plain("Lambda", Some("AWS::Lambda")),
                "logs" => plain("CloudWatch Logs", Some("AWS::Logs")),
                "sts" => plain("STS", Some("AWS::STS")),
                "" => plain(action, None),
                other => plain(other, None),
            };
        }
        // A mailbox, a phone, an endpoint.
        let host = hop.resource.split_once("://").map_or(&*hop.resource, |(_, rest)| rest);
        return plain(host.split('/').next().unwrap_or(host), None);
    };
    let account = Some(arn.account().to_owned()).filter(|account| !account.is_empty());
    let (name, origin) = match (arn.service(), hop.kind) {
        ("lambda", kind) => {
            let name = arn.resource().split(':').nth(1).unwrap_or(arn.resource());
            (name, Some(if kind == HopKind::Invoke { "AWS::Lambda::Function" } else { "AWS::Lambda" }))
        }
        ("sqs", _) => (arn.resource(), Some("AWS::SQS::Queue")),
        ("sns", _) => (arn.resource().split(':').next().unwrap_or_default(), Some("AWS::SNS::Topic")),
        ("s3", _) => (arn.resource(), Some("AWS::S3::Bucket")),
        _ => (last(arn.resource()), None),
    };
    Named { name: name.to_owned(), origin, account }
}

/// What AWS's segments have in their `aws` block.
fn details(hop: &Hop) -> Vec<(String, Json)> {
    let mut details = Vec::new();
    let mut add = |name: &str, value: Json| details.push((name.to_owned(), value));
    let uuid = || id_text(hop.id);
    match hop.kind {
        HopKind::Invoke => {
            add("function_arn", hop.resource.to_string().into());
            add("request_id", uuid().into());
        }
        HopKind::Call | HopKind::Start => add("request_id", uuid().into()),
        _ if hop.id != 0 => add("message_id", uuid().into()),
        _ => {}
    }
    for (name, note) in [("operation", "action"), ("key", "key"), ("subscription_arn", "subscription")] {
        if let Some(value) = hop.note(note) {
            add(name, value.into());
        }
    }
    details
}

/// An id in AWS's form.
fn id_text(id: u128) -> String {
    let digits = format!("{id:032x}");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

fn http(hop: &Hop) -> Option<Http> {
    let status = u16::try_from(hop.count).ok().filter(|status| (100..600).contains(status));
    match hop.kind {
        HopKind::Call => Some(Http { request: None, response: Some(HttpResponse { status }) }),
        HopKind::Deliver if hop.resource.contains("://") => {
            let request = HttpRequest {
                method: Some("POST".to_owned()),
                url: Some(hop.resource.to_string()),
                ..HttpRequest::default()
            };
            Some(Http { request: Some(request), response: None })
        }
        _ => None,
    }
}

fn cause(hop: &Hop) -> Option<Cause> {
    if !matches!(hop.outcome, HopOutcome::Failed | HopOutcome::Refused) {
        return None;
    }
    let message = hop.note("message").or_else(|| hop.note("reason")).or_else(|| hop.note("answer"));
    let kind = hop.note("error");
    if message.is_none() && kind.is_none() {
        return None;
    }
    let exception = Exception {
        id: Some(id(SpanId(hop.span.0 ^ 1))),
        kind: kind.map(str::to_owned),
        message: message.map(str::to_owned),
        remote: None,
    };
    Some(Cause::Here { exceptions: vec![exception] })
}

/// The messages that an invocation of a batch is for.
fn links(hop: &Hop) -> Option<Json> {
    let links: Vec<Json> = hop
        .links
        .iter()
        .map(|link| json!({"trace_id": aws::trace_id(link.trace.0), "id": id(link.span)}))
        .collect();
    (!links.is_empty()).then_some(Json::Array(links))
}
