//! What CloudWatch Logs offers other services: a place for lines.

use std::sync::Arc;

use engine::Timestamp;
use futures_util::future::BoxFuture;
use service::ports::{LogEvent, LogPort, LogStream, PortError};

use crate::Logs;
use crate::groups::{Group, LogError};
use crate::limits::{LINE_BYTES_MAX, WAITING_KIB_MAX};
use crate::names::{GroupKey, check_group_name, check_stream_name};
use crate::store::{Append, Event, NewEvent, Order, Selection};

/// A group that is deleted while it is written to is made again, as AWS does it; so often at most.
const TRIES: usize = 3;

/// CloudWatch Logs as other services see it.
pub struct LogsPort(pub Arc<Logs>);

impl LogPort for LogsPort {
    fn write(&self, stream: Arc<LogStream>, events: Vec<LogEvent>) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move { write(&self.0, &stream, events).await })
    }

    fn tail(&self, group: LogStream, limit: usize) -> BoxFuture<'_, Result<Vec<LogEvent>, PortError>> {
        Box::pin(async move {
            let LogStream { account, region, group: name, .. } = group;
            let Some(group) = self.0.groups.find(&GroupKey { account, region, name }).await? else {
                return Ok(Vec::new());
            };
            let last = Selection { limit, order: Order::LatestFirst, ..Selection::default() };
            let page = group.select(last, self.0.clock.now()).await;
            let page = page.map_err(|error| PortError::Failed(error.to_string()))?;
            Ok(page.events.into_iter().map(shown).collect())
        })
    }
}

fn shown(event: Event) -> LogEvent {
    let Event { timestamp, request_id, message, .. } = event;
    LogEvent { timestamp: Timestamp(timestamp), message, request_id }
}

async fn write(logs: &Logs, stream: &LogStream, events: Vec<LogEvent>) -> Result<(), PortError> {
    let refused = |error: service::ServiceError| PortError::Refused(error.message.into_owned());
    check_group_name(&stream.group).map_err(refused)?;
    check_stream_name(&stream.stream).map_err(refused)?;
    let key = GroupKey {
        account: stream.account.clone(),
        region: stream.region.clone(),
        name: stream.group.clone(),
    };
    let events: Vec<NewEvent> = events.into_iter().map(shortened).collect();
    let bytes: usize = events.iter().map(|event| event.message.len()).sum();
    let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX).min(WAITING_KIB_MAX);
    let failed = |error: &dyn std::fmt::Display| PortError::Failed(error.to_string());
    let mut append = Append { stream: stream.stream.as_str().into(), events, now: logs.clock.now().0 };
    let mut tries = TRIES;
    loop {
        let room = Arc::clone(&logs.room).acquire_many_owned(kib).await.map_err(|error| failed(&error))?;
        let group = ensured(logs, &key).await?;
        match group.append_soon(append, room, logs.write_delay()) {
            Ok(()) => return Ok(()),
            Err(_) if tries == 0 => return Err(failed(&LogError::Gone)),
            Err(given_back) => append = given_back,
        }
        tries -= 1;
    }
}

async fn ensured(logs: &Logs, key: &GroupKey) -> Result<Arc<Group>, PortError> {
    if let Some(group) = logs.groups.find(key).await? {
        return Ok(group);
    }
    let record = logs.new_record(key, logs.clock.now());
    match logs.groups.create(record).await? {
        Some(group) => Ok(group),
        // Another has made it.
        None => logs.groups.find(key).await?.ok_or_else(|| PortError::NotFound(key.arn())),
    }
}

fn shortened(event: LogEvent) -> NewEvent {
    let LogEvent { timestamp, mut message, request_id } = event;
    if message.len() > LINE_BYTES_MAX {
        let mut end = LINE_BYTES_MAX;
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
    }
    NewEvent { timestamp: timestamp.0, request_id, message }
}
