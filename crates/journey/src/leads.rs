//! The way of a start that is to end at a step. No journey tells yet what will lie between; subscriptions and mappings do,
//! and what journeys of late went through.

use std::collections::{HashMap, HashSet, VecDeque};

use aws::Arn;
use engine::HopKey;
use service::ServiceError;

use crate::gather::{Gathered, gather};
use crate::limits::{JOURNEYS_LEARNT_FROM, RESOURCES_LED_MAX};
use crate::steps::Step;
use crate::{Journeys, errors, search, way};

impl Journeys {
    /// What a start may reach: from what gets the message to the step that is started, and on to the end, which is last.
    /// `known`: a journey that went there before.
    pub(crate) async fn way_onward(
        &self,
        by: &Arn,
        step: &Step,
        end: &Step,
        known: Option<&Gathered>,
    ) -> Result<Vec<String>, ServiceError> {
        let mut resources = self.way_between(by.as_str(), step.arn().as_str(), known).await?;
        resources.extend(self.way_between(step.arn().as_str(), end.arn().as_str(), known).await?);
        let mut seen = HashSet::from([end.arn().to_string()]);
        resources.retain(|resource| seen.insert(resource.clone()));
        resources.push(end.arn().to_string());
        Ok(resources)
    }

    /// All that lies between two resources, both included, in the order from the first on.
    async fn way_between(
        &self,
        begin: &str,
        end: &str,
        known: Option<&Gathered>,
    ) -> Result<Vec<String>, ServiceError> {
        let mut onward: HashMap<String, Vec<String>> = HashMap::new();
        let (mut seen, mut left) = (HashSet::from([end.to_owned()]), VecDeque::from([end.to_owned()]));
        while let Some(resource) = left.pop_front() {
            // What leads to the beginning is not on the way.
            if resource == begin || seen.len() > RESOURCES_LED_MAX {
                continue;
            }
            for before in self.leads_to(&resource, known).await? {
                onward.entry(before.clone()).or_default().push(resource.clone());
                if seen.insert(before.clone()) {
                    left.push_back(before);
                }
            }
        }
        if !seen.contains(begin) {
            let text = format!(
                "what lies between {begin} and {end} is not known: no subscription or mapping leads there, and no journey of late went there"
            );
            return Err(ServiceError::new(&errors::NOT_FOUND, text));
        }
        let (mut way, mut at) = (vec![begin.to_owned()], 0);
        while let Some(resource) = way.get(at).cloned() {
            at += 1;
            for next in onward.get(&resource).into_iter().flatten().filter(|_| resource != end) {
                if !way.contains(next) {
                    way.push(next.clone());
                }
            }
        }
        Ok(way)
    }

    /// The resources from which something comes to one.
    async fn leads_to(
        &self,
        resource: &str,
        known: Option<&Gathered>,
    ) -> Result<HashSet<String>, ServiceError> {
        let mut before = HashSet::new();
        let arn = resource.parse::<Arn>().ok().filter(|arn| matches!(arn.service(), "lambda" | "sqs"));
        if let Some(arn) = arn {
            if arn.service() == "lambda" {
                let queues = self.ports.functions()?.queues_of(arn.clone()).await?;
                before.extend(queues.iter().map(ToString::to_string));
            }
            let topics = self.ports.topics()?.subscriptions_of(arn).await?;
            before.extend(topics.into_iter().map(|(topic, _)| topic.to_string()));
        }
        before.extend(known.into_iter().flat_map(|known| way::steps_before(known, resource)));
        let keys = [HopKey::Resource(resource.to_owned())];
        let found = search::traces(&*self.engine, &keys, None, JOURNEYS_LEARNT_FROM).await?;
        for trace in found.traces {
            before.extend(way::steps_before(&gather(&*self.engine, trace).await?, resource));
        }
        before.remove(resource);
        Ok(before)
    }
}
