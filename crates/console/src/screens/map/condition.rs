//! How nodes of the map do: backlog, rates and errors in one line.

use std::collections::{HashMap, HashSet};

use service::Timestamp;
use service::views::{FunctionGlance, QueueGlance};

use crate::history::rate;
use crate::texts::Texts;
use crate::topology::flows::Flows;
use crate::topology::{Kind, Link, Node, Topology};
use crate::{Console, figures};

/// How a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Quiet,
    Busy,
    Waiting,
    Failing,
}

impl Condition {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
        }
    }
}

/// What is told of a node.
pub(super) struct Told {
    pub(super) condition: Condition,
    pub(super) line: String,
}

/// What the nodes are told from.
pub(super) struct Picture<'a> {
    console: &'a Console,
    pub(super) texts: &'static Texts,
    queues: HashMap<&'a str, &'a QueueGlance>,
    functions: HashMap<&'a str, &'a FunctionGlance>,
    dead_letter_queues: HashSet<&'a str>,
    pub(super) flows: &'a Flows,
    now: Timestamp,
}

impl<'a> Picture<'a> {
    pub(super) fn of(console: &'a Console, texts: &'static Texts, topology: &'a Topology) -> Self {
        let snapshot = &topology.snapshot;
        let dead = topology.edges.iter().filter(|edge| edge.2 == Link::DeadLetter);
        Self {
            console,
            texts,
            queues: snapshot.queues.iter().map(|queue| (queue.arn.as_str(), queue)).collect(),
            functions: snapshot.functions.iter().map(|one| (one.arn.as_str(), one)).collect(),
            dead_letter_queues: dead.map(|edge| topology.nodes[edge.1].id.as_str()).collect(),
            flows: &topology.flows,
            now: console.parts.clock.now(),
        }
    }

    /// What failed there in the last minutes comes first.
    fn with_errors(&self, node: &Node, told: Told) -> Told {
        match self.flows.failed(&node.id) {
            0 => told,
            failed => {
                let line =
                    format!("{} {} · {}", figures::number(failed), self.texts.failed_lately, told.line);
                Told { condition: Condition::Failing, line }
            }
        }
    }

    pub(super) fn told(&self, node: &Node) -> Told {
        if let Some(queue) = self.queues.get(node.id.as_str()) {
            return self.with_errors(node, self.queue(node, queue));
        }
        if let Some(function) = self.functions.get(node.id.as_str()) {
            return self.with_errors(node, self.function(function));
        }
        let line = match node.kind {
            Kind::Topic => self.texts.topic,
            Kind::Bucket => self.texts.bucket,
            Kind::Mail => self.texts.mailbox,
            Kind::Http => self.texts.http_endpoint,
            _ => self.texts.device,
        };
        let rate = self.flows.arriving(&node.id);
        let condition = if rate > 0.0 { Condition::Busy } else { Condition::Quiet };
        let mut line = line.to_owned();
        if rate > 0.0 {
            line.extend([format!(" · {}", figures::per_minute(rate))]);
        }
        self.with_errors(node, Told { condition, line })
    }

    fn queue(&self, node: &Node, queue: &QueueGlance) -> Told {
        let rate = rate(&self.console.history.of(&node.id), 3, self.now);
        let (waits, in_flight) = (queue.counts.visible + queue.counts.delayed, queue.counts.not_visible);
        let condition = match (waits, in_flight) {
            (1.., _) if self.dead_letter_queues.contains(node.id.as_str()) => Condition::Failing,
            (1.., _) => Condition::Waiting,
            (0, 1..) => Condition::Busy,
            _ if rate > 0.0 => Condition::Busy,
            _ => Condition::Quiet,
        };
        let (waiting, flying) = (self.texts.waiting, self.texts.in_flight_short);
        let mut parts = Vec::new();
        if waits > 0 || in_flight == 0 {
            parts.push(format!("{} {waiting}", figures::number(waits)));
        }
        if in_flight > 0 {
            parts.push(format!("{} {flying}", figures::number(in_flight)));
        }
        if rate > 0.0 {
            parts.push(figures::rate(rate));
        }
        Told { condition, line: parts.join(" · ") }
    }

    fn function(&self, function: &FunctionGlance) -> Told {
        let series = self.console.history.of(function.arn.as_str());
        let (rate, failing) = (rate(&series, 2, self.now), rate(&series, 3, self.now));
        let condition = match () {
            () if failing > 0.0 || function.state == "Failed" => Condition::Failing,
            () if function.busy > 0 || rate > 0.0 => Condition::Busy,
            () => Condition::Quiet,
        };
        let mut line = if function.busy + function.warm == 0 {
            self.texts.asleep.to_owned()
        } else {
            format!("{} {} · {} {}", function.busy, self.texts.busy, function.warm, self.texts.warm)
        };
        if failing > 0.0 {
            line = format!("{} {}", figures::rate(failing), self.texts.failing);
        } else if rate > 0.0 {
            line.extend([format!(" · {}", figures::rate(rate))]);
        }
        Told { condition, line }
    }
}
