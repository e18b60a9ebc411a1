//! Functions, mappings and logs as the console sees them.

use std::sync::Arc;

use aws::Arn;
use engine::{Expect, RecordKey};
use service::ports::{LogEvent, LogStream, PortError};
use service::views::{FunctionGlance, FunctionView, LogLine, MappingGlance, Seen, TestEvent};

use crate::Lambda;
use crate::execution_environment::Executor;
use crate::logging_config::LoggingConfig;
use crate::records::{self, FUNCTIONS, FunctionRecord, MAPPINGS, MappingRecord, State};

/// Records that are looked through at most.
const RECORDS_MAX: usize = 100_000;

/// Events that are saved for one function.
const TEST_EVENTS_MAX: usize = 50;
/// Bytes of the name of one.
const NAME_BYTES_MAX: usize = 80;

fn test_events_of(function: &Arn) -> String {
    format!("lambda/test-event/{function}/")
}

/// Lambda as the console sees it.
pub struct View {
    /// The service.
    pub lambda: Arc<Lambda>,
    /// What runs its functions.
    pub executor: Arc<Executor>,
}

impl View {
    async fn all(&self) -> Result<Vec<FunctionRecord>, PortError> {
        let found = self.lambda.engine.list(FUNCTIONS, None, RECORDS_MAX).await?;
        found.iter().map(|record| records::decode(record).map_err(PortError::from)).collect()
    }

    fn glance(&self, record: FunctionRecord) -> FunctionGlance {
        let (busy, warm, invocations) = self.executor.figures(&record.arn);
        FunctionGlance {
            arn: record.arn,
            name: record.name,
            runtime: record.runtime,
            state: match record.state {
                State::Pending => "Pending",
                State::Active => "Active",
                State::Failed { .. } => "Failed",
            },
            environment: record.environment.unwrap_or_default(),
            busy,
            warm,
            invocations,
        }
    }
}

impl FunctionView for View {
    fn functions(&self) -> Seen<'_, Vec<FunctionGlance>> {
        Box::pin(async move { Ok(self.all().await?.into_iter().map(|record| self.glance(record)).collect()) })
    }

    fn mappings(&self) -> Seen<'_, Vec<MappingGlance>> {
        Box::pin(async move {
            let found = self.lambda.engine.list(MAPPINGS, None, RECORDS_MAX).await?;
            let glance = |record: &engine::Record| {
                let record: MappingRecord = records::decode(record)?;
                Ok(MappingGlance {
                    uuid: record.uuid,
                    queue: record.queue,
                    function: record.function,
                    state: record.state.as_str(),
                    batch_size: record.batch_size,
                })
            };
            found.iter().map(glance).collect()
        })
    }

    fn failure_targets(&self) -> Seen<'_, Vec<(Arn, String, &'static str)>> {
        Box::pin(async move {
            let functions = self.all().await?.into_iter();
            let targets = functions
                .filter_map(|record| Some((record.arn, record.dead_letter_target?, "DeadLetterConfig")));
            Ok(targets.collect())
        })
    }

    fn test_events(&self, function: Arn) -> Seen<'_, Vec<TestEvent>> {
        Box::pin(async move {
            let prefix = test_events_of(&function);
            let found = self.lambda.engine.list(&prefix, None, TEST_EVENTS_MAX).await?;
            let event = |record: engine::Record| TestEvent {
                name: record.key.as_str()[prefix.len()..].to_owned(),
                document: String::from_utf8_lossy(&record.value).into_owned(),
            };
            Ok(found.into_iter().map(event).collect())
        })
    }

    fn save_test_event(&self, function: Arn, event: TestEvent) -> Seen<'_, ()> {
        Box::pin(async move {
            let fits =
                |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | ' ' | '.');
            if event.name.trim().is_empty()
                || event.name.len() > NAME_BYTES_MAX
                || !event.name.chars().all(fits)
            {
                return Err(PortError::Refused(format!(
                    "The name of a test event has 1 to {NAME_BYTES_MAX} bytes: letters, digits, spaces, '-', '_', '.'"
                )));
            }
            let known = self.test_events(function.clone()).await?;
            if known.len() >= TEST_EVENTS_MAX && known.iter().all(|one| one.name != event.name) {
                return Err(PortError::Refused(format!(
                    "A function has at most {TEST_EVENTS_MAX} test events"
                )));
            }
            let key = RecordKey::new(test_events_of(&function) + &event.name);
            self.lambda.engine.put(key, event.document.into(), Expect::Anything).await?;
            Ok(())
        })
    }

    fn delete_test_event(&self, function: Arn, name: String) -> Seen<'_, ()> {
        Box::pin(async move {
            let key = RecordKey::new(test_events_of(&function) + &name);
            Ok(self.lambda.engine.delete(key, Expect::Anything).await?)
        })
    }

    fn log_tail(&self, function: String, limit: usize) -> Seen<'_, Vec<LogLine>> {
        Box::pin(async move {
            let Some(record) = self.all().await?.into_iter().find(|record| record.name == function) else {
                return Ok(Vec::new());
            };
            let group = LogStream {
                account: record.arn.account().to_owned(),
                region: record.arn.region().to_owned(),
                group: LoggingConfig::of(record.logging_config.as_ref()).group_of(&record.name),
                stream: String::new(),
            };
            let lines = self.lambda.ports.logs()?.tail(group, limit).await?;
            let shown = |line: LogEvent| LogLine {
                timestamp: line.timestamp,
                request_id: line.request_id,
                message: line.message,
            };
            Ok(lines.into_iter().map(shown).collect())
        })
    }
}
