//! The way of a replay that is to end at a step: what lay between, as the journey tells it.

use std::collections::{HashMap, HashSet};

use engine::{HopKind, KeptHop};
use service::ServiceError;

use crate::gather::{Gathered, Name, name};
use crate::steps::Step;
use crate::tree::{self, Placed};
use crate::{Journeys, errors};

/// The hops that some of a journey's hops brought about, in the order of their causes.
pub(crate) struct Below(Vec<Placed>);

impl Below {
    pub(crate) fn of(gathered: &Gathered, origins: &[KeptHop]) -> Self {
        let mut below: HashSet<Name> = origins.iter().map(name).collect();
        let mut placed = tree::place(gathered);
        placed.retain(|placed| {
            let own = name(&placed.kept);
            let is_in = below.contains(&own) || placed.parent.is_some_and(|above| below.contains(&above));
            if is_in {
                below.insert(own);
            }
            is_in
        });
        Self(placed)
    }

    /// The steps that got something, each once, in the order in which they did.
    pub(crate) fn steps(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let steps = self.0.iter().filter(|placed| is_step(placed));
        let resources = steps.map(|placed| placed.kept.hop.resource.to_string());
        resources.filter(|resource| seen.insert(resource.clone())).collect()
    }

    /// The resources between the beginning and a step, that step last. Empty: it got nothing.
    fn way_to(&self, end: &str) -> Vec<String> {
        let by_name: HashMap<Name, &Placed> =
            self.0.iter().map(|placed| (name(&placed.kept), placed)).collect();
        let mut way: Vec<&str> = Vec::new();
        for placed in self.0.iter().filter(|placed| is_step(placed) && *placed.kept.hop.resource == *end) {
            let above = |placed: &&Placed| placed.parent.and_then(|above| by_name.get(&above).copied());
            let mut chain: Vec<&Placed> = std::iter::successors(Some(placed), above).collect();
            chain.retain(|placed| is_step(placed) && *placed.kept.hop.resource != *end);
            for resource in chain.iter().rev().map(|placed| &*placed.kept.hop.resource) {
                if !way.contains(&resource) {
                    way.push(resource);
                }
            }
        }
        let mut way: Vec<String> = way.into_iter().map(str::to_owned).collect();
        let passed = self.0.iter().any(|placed| is_step(placed) && *placed.kept.hop.resource == *end);
        way.extend(passed.then(|| end.to_owned()));
        way
    }
}

/// The steps from which something came to a resource in a journey.
pub(crate) fn steps_before(gathered: &Gathered, resource: &str) -> HashSet<String> {
    let placed = tree::place(gathered);
    let by_name: HashMap<Name, &Placed> = placed.iter().map(|placed| (name(&placed.kept), placed)).collect();
    let there = placed.iter().filter(|placed| is_step(placed) && *placed.kept.hop.resource == *resource);
    let before = there.filter_map(|placed| {
        let above = |placed: &&Placed| placed.parent.and_then(|above| by_name.get(&above).copied());
        std::iter::successors(above(&placed), above)
            .find(|placed| is_step(placed) && *placed.kept.hop.resource != *resource)
    });
    before.map(|placed| placed.kept.hop.resource.to_string()).collect()
}

/// Something got a message or an event there.
fn is_step(placed: &Placed) -> bool {
    let hop = &placed.kept.hop;
    matches!(hop.kind, HopKind::Publish | HopKind::Send | HopKind::Receive | HopKind::Invoke)
        && hop.resource.starts_with("arn:")
}

impl Journeys {
    /// What a replay may reach that ends at a step.
    pub(crate) fn way(below: &Below, to: &Step) -> Result<Vec<String>, ServiceError> {
        let way = below.way_to(to.arn().as_str());
        if way.is_empty() {
            let text = format!(
                "{} got nothing from there in this journey: what lies between is not known",
                to.arn()
            );
            return Err(ServiceError::new(&errors::NOT_FOUND, text));
        }
        Ok(way)
    }
}
