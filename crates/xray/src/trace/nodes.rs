//! The services of a trace, and who called whom: segments by their parents, and what subsegments called that told
//! nothing itself.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::Trace;
use crate::document::Document;

/// A node of the service graph: AWS's `ServiceId`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) names: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) r#type: Option<String>,
}

/// The type of who called from outside.
const CLIENT: &str = "client";

impl Service {
    fn new(name: &str, kind: Option<&str>, account: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            names: vec![name.to_owned()],
            account_id: account.map(str::to_owned),
            r#type: kind.map(str::to_owned),
        }
    }

    /// Of a segment.
    pub(crate) fn of(segment: &Document) -> Self {
        Self::new(segment.name(), segment.origin.as_deref(), segment.aws_text("account_id"))
    }

    /// Whoever called a service from outside.
    pub(crate) fn client_of(service: &Self) -> Self {
        Self { r#type: Some(CLIENT.to_owned()), account_id: None, ..service.clone() }
    }

    /// What a subsegment called that tells nothing itself.
    fn called_by(subsegment: &Document) -> Self {
        if subsegment.namespace.as_deref() != Some("aws") {
            return Self::new(subsegment.name(), Some("remote"), None);
        }
        let last =
            |name: &str, separator| Some(subsegment.aws_text(name)?.rsplit(separator).next()?.to_owned());
        let known = [
            (last("bucket_name", '/'), "AWS::S3::Bucket"),
            (last("queue_url", '/'), "AWS::SQS::Queue"),
            (last("topic_arn", ':'), "AWS::SNS::Topic"),
            (last("table_name", '/'), "AWS::DynamoDB::Table"),
            (last("function_name", ':'), "AWS::Lambda"),
        ];
        let account = subsegment.aws_text("account_id");
        match known.into_iter().find_map(|(name, kind)| Some((name?, kind))) {
            Some((name, kind)) => Self::new(&name, Some(kind), account),
            None => Self::new(subsegment.name(), Some(&format!("AWS::{}", subsegment.name())), account),
        }
    }
}

/// What a service did in a trace.
#[derive(Clone, Debug)]
pub(crate) struct Served<'a> {
    pub(crate) service: Service,
    pub(crate) document: &'a Document,
    /// It tells nothing itself: its caller does.
    pub(crate) inferred: bool,
    /// Nothing in the trace brought it about.
    pub(crate) root: bool,
}

/// A call from one service to another; by whom from outside without `from`.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) from: Option<Service>,
    pub(crate) to: Service,
    pub(crate) document: &'a Document,
}

/// The services of a trace and their calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Nodes<'a> {
    pub(crate) served: Vec<Served<'a>>,
    pub(crate) calls: Vec<Call<'a>>,
    /// Which segment an id lies within.
    owners: HashMap<&'a str, usize>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn of(trace: &'a Trace) -> Self {
        let mut nodes = Self::default();
        for (index, segment) in trace.segments.iter().enumerate() {
            segment.document.walk(&mut |document| {
                nodes.owners.insert(document.id(), index);
            });
        }
        let told: HashSet<&str> =
            trace.segments.iter().filter_map(|segment| segment.document.parent_id.as_deref()).collect();
        for (index, segment) in trace.segments.iter().enumerate() {
            nodes.add(trace, index, &segment.document, &told);
        }
        nodes
    }

    fn add(&mut self, trace: &'a Trace, index: usize, segment: &'a Document, told: &HashSet<&str>) {
        let service = Service::of(segment);
        let parent = self.parent_of(segment, index);
        let root = parent.is_none();
        if parent.is_some() || segment.links.is_none() {
            let from = parent.map(|parent| Service::of(&trace.segments[parent].document));
            self.calls.push(Call { from, to: service.clone(), document: segment });
        }
        self.served.push(Served { service: service.clone(), document: segment, inferred: false, root });
        for subsegment in segment.below() {
            subsegment.walk(&mut |subsegment| {
                if subsegment.namespace.is_none() || told.contains(subsegment.id()) {
                    return;
                }
                let to = Service::called_by(subsegment);
                self.calls.push(Call { from: Some(service.clone()), to: to.clone(), document: subsegment });
                self.served.push(Served { service: to, document: subsegment, inferred: true, root: false });
            });
        }
    }

    /// The segment that brought another about.
    pub(crate) fn parent_of(&self, segment: &Document, own: usize) -> Option<usize> {
        let parent = self.owners.get(segment.parent_id.as_deref()?).copied();
        parent.filter(|parent| *parent != own)
    }

    /// All services, each once.
    pub(crate) fn services(&self) -> Vec<Service> {
        let mut services: Vec<Service> = self.served.iter().map(|served| served.service.clone()).collect();
        services.sort_unstable();
        services.dedup();
        services
    }
}
