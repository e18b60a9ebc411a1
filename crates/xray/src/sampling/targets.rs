//! Targets: a rule's reservoir, shared among those who reported lately; and what was reported.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{QUOTA_TTL, SUMMARIES_KEPT, TARGETS_INTERVAL_S};
use crate::records::RuleRecord;
use crate::times::seconds;

/// AWS's `SamplingStatisticsDocument`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Report {
    pub(crate) rule_name: String,
    #[serde(rename = "ClientID")]
    pub(crate) client_id: String,
    pub(crate) timestamp: f64,
    pub(crate) request_count: u64,
    pub(crate) sampled_count: u64,
    #[serde(default)]
    pub(crate) borrow_count: Option<u64>,
}

/// AWS's `SamplingTargetDocument`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    rule_name: String,
    fixed_rate: f64,
    reservoir_quota: u32,
    #[serde(rename = "ReservoirQuotaTTL")]
    reservoir_quota_ttl: f64,
    interval: u32,
}

/// AWS's `SamplingStatisticSummary`: a rule's reports of a minute.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Summary {
    rule_name: String,
    timestamp: f64,
    request_count: u64,
    borrow_count: u64,
    sampled_count: u64,
}

/// Who reported when, and what; for as long as the program runs.
#[derive(Default)]
pub(crate) struct Statistics(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By rule: who shares it, and when each was heard of.
    clients: HashMap<String, BTreeMap<String, Timestamp>>,
    /// The oldest first.
    summaries: VecDeque<Summary>,
}

/// Those who share a rule at the most; beyond, the quota is the least there is.
const CLIENTS_MAX: usize = 1_000;
const MINUTE_S: f64 = 60.0;

impl Statistics {
    /// Notes a report and answers what its sender may do next.
    pub(crate) fn report(&self, rule: &RuleRecord, report: &Report, now: Timestamp) -> Target {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.sum(report);
        let clients = kept.clients.entry(rule.name.clone()).or_default();
        clients.retain(|_, heard| heard.plus(QUOTA_TTL) > now);
        if clients.len() < CLIENTS_MAX {
            clients.insert(report.client_id.clone(), now);
        }
        let sharing = u32::try_from(clients.len()).unwrap_or(u32::MAX).max(1);
        let least = rule.reservoir_size.min(1);
        Target {
            rule_name: rule.name.clone(),
            fixed_rate: rule.fixed_rate,
            reservoir_quota: (rule.reservoir_size / sharing).max(least),
            reservoir_quota_ttl: seconds(now.plus(QUOTA_TTL)),
            interval: TARGETS_INTERVAL_S,
        }
    }

    /// What was reported, the newest first.
    pub(crate) fn summaries(&self) -> Vec<Summary> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.summaries.iter().rev().cloned().collect()
    }
}

impl Kept {
    #[allow(clippy::float_cmp, reason = "whole minutes")]
    fn sum(&mut self, report: &Report) {
        let minute = (report.timestamp / MINUTE_S).floor() * MINUTE_S;
        let known = self
            .summaries
            .iter_mut()
            .rev()
            .find(|summary| summary.rule_name == report.rule_name && summary.timestamp == minute);
        let summary = match known {
            Some(summary) => summary,
            None => {
                if self.summaries.len() >= SUMMARIES_KEPT {
                    self.summaries.pop_front();
                }
                let rule_name = report.rule_name.clone();
                let empty = Summary {
                    rule_name,
                    timestamp: minute,
                    request_count: 0,
                    borrow_count: 0,
                    sampled_count: 0,
                };
                self.summaries.push_back(empty);
                let last = self.summaries.len() - 1;
                &mut self.summaries[last]
            }
        };
        summary.request_count = summary.request_count.saturating_add(report.request_count);
        summary.sampled_count = summary.sampled_count.saturating_add(report.sampled_count);
        summary.borrow_count = summary.borrow_count.saturating_add(report.borrow_count.unwrap_or_default());
    }
}
