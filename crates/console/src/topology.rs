//! What is connected with what: nodes and edges from subscriptions, mappings, notifications, redrive policies, dead-letter
//! targets, the variables of functions, and the journeys of the last minutes.

pub(crate) mod flows;
pub(crate) mod layout;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use service::Context;

use crate::Console;
use crate::history::Snapshot;
use crate::services::name;
use crate::topology::flows::Flows;
use crate::trouble::Trouble;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Function,
    Topic,
    Queue,
    Bucket,
    Mail,
    Http,
    Sms,
}

impl Kind {
    /// Its icon, and the class of its colour.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Function => "lambda",
            Self::Topic => "sns",
            Self::Queue => "sqs",
            Self::Bucket => "s3",
            Self::Mail => "email",
            Self::Http => "http",
            Self::Sms => "sms",
        }
    }
}

/// Why two nodes are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Link {
    Subscription {
        filtered: bool,
        pending: bool,
    },
    Mapping {
        enabled: bool,
    },
    Notification,
    DeadLetter,
    /// Journeys of the last minutes went that way.
    Seen,
    /// A variable of the function names it: it may read there, or write.
    Variable,
}

/// Something that messages go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its ARN; an endpoint's address; a bucket's name after `arn:aws:s3:::`.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// The whole picture.
pub(crate) struct Topology {
    pub(crate) nodes: Vec<Node>,
    /// By the nodes' places.
    pub(crate) edges: Vec<(usize, usize, Link)>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) flows: Flows,
}

#[derive(Default)]
struct Collected {
    nodes: BTreeMap<String, (Kind, String)>,
    edges: BTreeSet<(String, String, Link)>,
}

impl Collected {
    fn node(&mut self, id: &str, kind: Kind, name: &str) {
        self.nodes.entry(id.to_owned()).or_insert_with(|| (kind, name.to_owned()));
    }

    fn edge(&mut self, from: &str, to: &str, link: Link) {
        self.edges.insert((from.to_owned(), to.to_owned(), link));
    }
}

pub(crate) fn bucket_id(name: &str) -> String {
    format!("arn:aws:s3:::{name}")
}

impl Console {
    /// As it is now.
    pub(crate) async fn topology(&self, context: &Context) -> Result<Topology, Trouble> {
        let mut all = Collected::default();
        let snapshot = self.snapshot().await?;
        for queue in &*snapshot.queues {
            all.node(queue.arn.as_str(), Kind::Queue, name(&queue.arn));
            if let Some(target) = &queue.dead_letter {
                all.edge(queue.arn.as_str(), target, Link::DeadLetter);
            }
        }
        for topic in self.parts.topics.topics().await? {
            all.node(topic.arn.as_str(), Kind::Topic, name(&topic.arn));
        }
        let buckets = self.parts.buckets.buckets().await?;
        for bucket in &buckets {
            let id = bucket_id(&bucket.name);
            all.node(&id, Kind::Bucket, &bucket.name);
            for (target, _) in &bucket.notifications {
                all.edge(&id, target, Link::Notification);
            }
        }
        for function in &snapshot.functions {
            all.node(function.arn.as_str(), Kind::Function, &function.name);
        }
        self.subscriptions(&mut all).await?;
        for mapping in self.parts.functions.mappings().await? {
            let link = Link::Mapping { enabled: mapping.state == "Enabled" };
            all.edge(mapping.queue.as_str(), mapping.function.as_str(), link);
        }
        for (function, target, _) in self.parts.functions.failure_targets().await? {
            all.edge(function.as_str(), &target, Link::DeadLetter);
        }
        variables(&mut all, &snapshot);
        let flows = self.flows(context).await;
        for (from, to) in flows.pairs() {
            all.edge(from, to, Link::Seen);
        }
        Ok(Topology { flows, ..all.topology(snapshot) })
    }

    async fn subscriptions(&self, all: &mut Collected) -> Result<(), Trouble> {
        for subscription in self.parts.topics.subscriptions(None).await? {
            let kind = match subscription.protocol.as_str() {
                "email" | "email-json" => Some(Kind::Mail),
                "http" | "https" => Some(Kind::Http),
                "sms" | "application" => Some(Kind::Sms),
                _ => None,
            };
            if let Some(kind) = kind {
                all.node(&subscription.endpoint, kind, &subscription.endpoint);
            }
            let filtered = subscription.filter_policy.is_some();
            let link = Link::Subscription { filtered, pending: subscription.pending };
            all.edge(subscription.topic.as_str(), &subscription.endpoint, link);
            if let Some(target) = &subscription.dead_letter {
                all.edge(subscription.topic.as_str(), target, Link::DeadLetter);
            }
        }
        Ok(())
    }
}

/// A function whose variables name a topic, a queue, a function or a bucket works with it, as far as one can tell.
fn variables(all: &mut Collected, snapshot: &Snapshot) {
    for function in &snapshot.functions {
        for value in function.environment.values() {
            let bucket = bucket_id(value);
            let target = [value, &bucket].into_iter().find(|id| all.nodes.contains_key(*id)).cloned();
            if let Some(target) = target.filter(|target| target != function.arn.as_str()) {
                all.edge(function.arn.as_str(), &target, Link::Variable);
            }
        }
    }
}

impl Collected {
    /// Edges to what is gone are left out, and a variable says nothing where another edge does.
    fn topology(self, snapshot: Arc<Snapshot>) -> Topology {
        let places: BTreeMap<&String, usize> = self.nodes.keys().zip(0..).collect();
        let mut edges: BTreeMap<(usize, usize), Link> = BTreeMap::new();
        for (from, to, link) in &self.edges {
            let (Some(from), Some(to)) = (places.get(from), places.get(to)) else { continue };
            edges.entry((*from, *to)).and_modify(|known| *known = (*known).min(*link)).or_insert(*link);
        }
        let edges: Vec<(usize, usize, Link)> =
            edges.into_iter().map(|((from, to), link)| (from, to, link)).collect();
        let edges = without_circles(&edges);
        let nodes = self.nodes.into_iter().map(|(id, (kind, name))| Node { id, kind, name }).collect();
        Topology { nodes, edges, snapshot, flows: Flows::default() }
    }
}

/// A variable that names where messages come from closes a circle: the function only knows its source.
fn without_circles(edges: &[(usize, usize, Link)]) -> Vec<(usize, usize, Link)> {
    let mut certain: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to, _) in edges.iter().filter(|edge| edge.2 != Link::Variable) {
        certain.entry(*from).or_default().push(*to);
    }
    let reaches = |from: usize, to: usize| {
        let (mut seen, mut next) = (BTreeSet::from([from]), vec![from]);
        while let Some(node) = next.pop() {
            let targets = certain.get(&node).into_iter().flatten();
            next.extend(targets.copied().filter(|target| seen.insert(*target)));
        }
        seen.contains(&to)
    };
    let kept = |&(from, to, link): &(usize, usize, Link)| link != Link::Variable || !reaches(to, from);
    edges.iter().copied().filter(kept).collect()
}

/// The first of a node's group.
fn root(group: &mut [usize], mut at: usize) -> usize {
    while group[at] != at {
        group[at] = group[group[at]];
        at = group[at];
    }
    at
}

impl Topology {
    /// The parts that are connected with each other, largest first, then what stands alone.
    pub(crate) fn groups(&self) -> Vec<Vec<usize>> {
        let mut group: Vec<usize> = (0..self.nodes.len()).collect();
        for (from, to, _) in &self.edges {
            let (from, to) = (root(&mut group, *from), root(&mut group, *to));
            group[from.max(to)] = from.min(to);
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for node in 0..self.nodes.len() {
            groups.entry(root(&mut group, node)).or_default().push(node);
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_connected_is_one_group_and_edges_to_nothing_are_left_out() {
        let mut all = Collected::default();
        for id in ["a", "b", "c", "alone"] {
            all.node(id, Kind::Queue, id);
        }
        all.edge("a", "b", Link::Variable);
        all.edge("a", "b", Link::Seen);
        all.edge("a", "b", Link::Mapping { enabled: true });
        all.edge("c", "b", Link::DeadLetter);
        all.edge("c", "gone", Link::DeadLetter);
        let topology = all.topology(Arc::default());
        assert_eq!(topology.edges.len(), 2);
        assert!(topology.edges.contains(&(0, 2, Link::Mapping { enabled: true })), "{:?}", topology.edges);
        assert_eq!(topology.groups(), [vec![0, 2, 3], vec![1]]);
    }

    #[test]
    fn a_variable_that_names_a_functions_own_source_is_no_edge() {
        let subscription = Link::Subscription { filtered: false, pending: false };
        let certain = [(0, 1, subscription), (1, 2, Link::Mapping { enabled: true })];
        let guesses = [(2, 0, Link::Variable), (2, 3, Link::Variable)];
        let kept = without_circles(&[certain, guesses].concat());
        assert_eq!(kept, [certain.as_slice(), &guesses[1..]].concat());
    }
}
