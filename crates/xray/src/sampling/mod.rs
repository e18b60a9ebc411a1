//! Sampling: which requests instrumented code is to trace. `rules.rs` keeps the rules, `targets.rs` shares a rule's
//! reservoir among those who report, `shape.rs` is how a rule is written.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>

mod rules;
mod shape;
mod targets;

pub(crate) use rules::RuleId;
pub(crate) use shape::{NewRule, RuleUpdate, SamplingRuleRecord};
pub(crate) use targets::{Report, Statistics, Summary, Target};
