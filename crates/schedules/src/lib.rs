//! EventBridge's rules that run on a schedule, and EventBridge Scheduler: two services over one clock.
//!
//! `rules/` and `schedules/` are their actions, `expression/` says when something is due, `ticker.rs` waits for it,
//! `firing.rs` and `delivery.rs` deliver it. Rules with an event pattern are refused: nothing here sends events to a bus.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html>

mod dead_letter;
mod delivery;
mod errors;
mod event;
mod expression;
mod figures;
mod firing;
mod limits;
mod paging;
mod records;
mod rules;
mod schedules;
#[cfg(test)]
mod tests;
mod ticker;
mod timing;

use std::sync::Arc;

use engine::{Clock, Engine, Error, Record};
use service::{Ids, Ports, Row, Speaks, Tasks, row};
use tokio::sync::Mutex;

/// EventBridge's actions.
pub const RULE_ACTIONS: &[Row<Schedules>] = &[
    row::<rules::DeleteRule>(),
    row::<rules::DescribeRule>(),
    row::<rules::DisableRule>(),
    row::<rules::EnableRule>(),
    row::<rules::ListRules>(),
    row::<rules::ListTargetsByRule>(),
    row::<rules::PutRule>(),
    row::<rules::PutTargets>(),
    row::<rules::RemoveTargets>(),
];

/// EventBridge Scheduler's actions.
pub const SCHEDULE_ACTIONS: &[Row<Schedules>] = &[
    row::<schedules::CreateSchedule>(),
    row::<schedules::DeleteSchedule>(),
    row::<schedules::GetSchedule>(),
    row::<schedules::ListSchedules>(),
    row::<schedules::UpdateSchedule>(),
];

/// The state of both services.
pub struct Schedules {
    engine: Arc<dyn Engine>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    ports: Ports,
    figures: figures::Figures,
    /// Whoever changes a record or fires it has its turn, so that nothing fires twice.
    turn: Mutex<()>,
}

impl Schedules {
    /// Puts the services together; nothing happens before `start`.
    pub fn new(engine: Arc<dyn Engine>, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>, ports: Ports) -> Arc<Self> {
        Arc::new(Self {
            engine,
            ids,
            clock,
            ports,
            figures: figures::Figures::default(),
            turn: Mutex::default(),
        })
    }

    /// Adds its figures to what operators look at.
    pub fn register(&self, registry: &mut prometheus_client::registry::Registry) {
        self.figures.register(registry);
    }

    /// All records whose keys begin so, in their order.
    async fn all(&self, prefix: &str) -> Result<Vec<Record>, Error> {
        let mut all: Vec<Record> = Vec::new();
        loop {
            let after = all.last().map(|record| record.key.as_str());
            let page = self.engine.list(prefix, after, limits::REGISTRY_PAGE).await?;
            let last = page.len() < limits::REGISTRY_PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }
}

/// EventBridge as the server takes it.
pub fn rules_service(state: &Arc<Schedules>) -> service::Service {
    let speaks =
        Speaks { json_target: Some("AWSEvents"), query: None, on_decode_error: errors::on_decode_error };
    service::bind("events", speaks, RULE_ACTIONS, state)
}

/// EventBridge Scheduler as the server takes it.
pub fn schedules_service(state: &Arc<Schedules>) -> service::Service {
    let speaks = Speaks { json_target: None, query: None, on_decode_error: errors::on_decode_error };
    let mut service = service::bind("scheduler", speaks, SCHEDULE_ACTIONS, state);
    // `/schedules` may be a bucket too.
    service.signed_only = true;
    service
}

/// Begins to wait for what is due. Once, after the engine is open and all ports are offered.
pub fn start(state: &Arc<Schedules>, tasks: &Tasks) {
    tasks.spawn("schedules", ticker::run(Arc::clone(state), tasks.stop()));
}
