//! CloudWatch Logs: log groups, their streams and events, filter patterns, live tails.
//!
//! `store/` keeps events on the disk, `groups.rs` the groups they belong to, `filter_pattern/` decides which are shown;
//! `ports.rs` takes what functions and topics write, `page.rs` is what `konekuta logs` reads.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>

mod actions;
mod errors;
mod filter_pattern;
mod groups;
mod limits;
mod live_tail;
mod names;
mod page;
mod ports;
mod records;
mod store;
mod tags;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine::{Clock, Engine, Timestamp};
use service::{Ids, Row, ServiceError, Speaks, Stop, Tasks, row, streaming_row};
use tokio::sync::Semaphore;

use groups::{Group, Groups};
use names::GroupKey;

pub use ports::LogsPort;

/// The actions.
pub const ACTIONS: &[Row<Logs>] = &[
    row::<actions::CreateLogGroup>(),
    row::<actions::CreateLogStream>(),
    row::<actions::DeleteLogGroup>(),
    row::<actions::DeleteLogStream>(),
    row::<actions::DeleteRetentionPolicy>(),
    row::<actions::DescribeLogGroups>(),
    row::<actions::DescribeLogStreams>(),
    row::<actions::FilterLogEvents>(),
    row::<actions::GetLogEvents>(),
    row::<actions::ListTagsForResource>(),
    row::<actions::ListTagsLogGroup>(),
    row::<actions::PutLogEvents>(),
    row::<actions::PutRetentionPolicy>(),
    streaming_row::<actions::StartLiveTail>(),
    row::<actions::TagLogGroup>(),
    row::<actions::TagResource>(),
    row::<actions::UntagLogGroup>(),
    row::<actions::UntagResource>(),
];

/// What has expired is looked for so often.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// What CloudWatch Logs is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where logs are kept.
    pub folder: PathBuf,
    /// Events of PutLogEvents are on the disk when it answers.
    pub sync: bool,
}

/// The service's state.
pub struct Logs {
    engine: Arc<dyn Engine>,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
    groups: Groups,
    sync: bool,
    room: Arc<Semaphore>,
    /// From then on nothing waits to be written together with what comes later.
    stopping: AtomicBool,
    tails: Arc<Semaphore>,
}

impl Logs {
    /// Over an engine; logs are read when they are first asked for.
    pub fn new(
        engine: Arc<dyn Engine>,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            groups: Groups::new(Arc::clone(&engine), settings.folder),
            engine,
            ids,
            clock,
            sync: settings.sync,
            room: Arc::new(Semaphore::new(limits::WAITING_KIB_MAX as usize)),
            stopping: AtomicBool::new(false),
            tails: Arc::new(Semaphore::new(limits::LIVE_TAILS_MAX)),
        })
    }

    /// The group, or AWS's fault.
    async fn group(&self, key: &GroupKey) -> Result<Arc<Group>, ServiceError> {
        self.groups.find(key).await?.ok_or_else(errors::no_such_group)
    }

    /// A record for a group that is to be made.
    fn new_record(&self, key: &GroupKey, now: Timestamp) -> records::GroupRecord {
        records::GroupRecord {
            id: self.ids.uuid().as_simple().to_string(),
            account: key.account.clone(),
            region: key.region.clone(),
            name: key.name.clone(),
            created: now,
            class: "STANDARD".to_owned(),
            kms_key_id: None,
            retention_days: None,
            tags: std::collections::BTreeMap::new(),
        }
    }

    async fn sweep(self: Arc<Self>, mut stop: Stop) {
        loop {
            let now = self.clock.now();
            if let Err(error) = self.groups.sweep(now).await {
                tracing::warn!(%error, "looking for expired logs");
            }
            tokio::select! {
                () = self.clock.sleep_until(now.plus(SWEEP_EVERY)) => {}
                () = stop.requested() => break,
            }
        }
        self.stopping.store(true, Ordering::Relaxed);
        self.groups.write_what_waits().await;
    }

    /// How long lines of functions wait for others.
    fn write_delay(&self) -> Duration {
        if self.stopping.load(Ordering::Relaxed) { Duration::ZERO } else { limits::WRITE_DELAY }
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Logs>) -> service::Service {
    let speaks =
        Speaks { json_target: Some("Logs_20140328"), query: None, on_decode_error: errors::on_decode_error };
    let mut service = service::bind("logs", speaks, ACTIONS, state);
    service.pages.push(page::page(state));
    service
}

/// Lets go of expired logs from time to time.
pub fn start(state: &Arc<Logs>, tasks: &Tasks) {
    tasks.spawn("log-retention", Arc::clone(state).sweep(tasks.stop()));
}
