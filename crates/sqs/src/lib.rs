//! SQS: AWS's rules over the engine's queues.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

mod access;
mod actions;
mod batch;
mod content;
mod deleted_queues;
mod digest;
mod errors;
mod fifo;
mod hops;
mod limits;
mod message;
mod message_attributes;
mod message_move_task;
mod ports;
mod query_names;
mod queue_attributes;
mod queue_name;
mod receive_attributes;
mod records;
mod redrive_policy;
mod tags;
mod tasks;
mod view;

use std::sync::Arc;

use engine::{Clock, Engine};
use service::{DecodeError, Ids, Row, ServiceError, Speaks, Tasks, row};

pub use ports::Queues;

/// The actions.
pub const ACTIONS: &[Row<Sqs>] = &[
    row::<actions::AddPermission>(),
    row::<actions::CancelMessageMoveTask>(),
    row::<actions::ChangeMessageVisibility>(),
    row::<actions::ChangeMessageVisibilityBatch>(),
    row::<actions::CreateQueue>(),
    row::<actions::DeleteMessage>(),
    row::<actions::DeleteMessageBatch>(),
    row::<actions::DeleteQueue>(),
    row::<actions::GetQueueAttributes>(),
    row::<actions::GetQueueUrl>(),
    row::<actions::ListDeadLetterSourceQueues>(),
    row::<actions::ListMessageMoveTasks>(),
    row::<actions::ListQueueTags>(),
    row::<actions::ListQueues>(),
    row::<actions::PurgeQueue>(),
    row::<actions::ReceiveMessage>(),
    row::<actions::RemovePermission>(),
    row::<actions::SendMessage>(),
    row::<actions::SendMessageBatch>(),
    row::<actions::SetQueueAttributes>(),
    row::<actions::StartMessageMoveTask>(),
    row::<actions::TagQueue>(),
    row::<actions::UntagQueue>(),
];

/// The service's state. Queues themselves live in the engine.
pub struct Sqs {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) records: records::RecordCache,
    pub(crate) settings: Settings,
    pub(crate) denied: policy::Denied,
    /// Held while a message move task is started.
    pub(crate) starting_moves: tokio::sync::Mutex<()>,
    /// One was.
    pub(crate) move_started: tokio::sync::Notify,
    pub(crate) digests: digest::Together,
}

/// What can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name of a deleted queue is free again after a minute only, as at AWS.
    pub queue_deleted_recently: bool,
    /// Queues' policies are kept, and turn nobody away.
    pub lenient_policies: bool,
}

impl Sqs {
    /// Over an engine.
    pub fn new(engine: Arc<dyn Engine>, ids: Arc<dyn Ids>, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            records: records::RecordCache::new(Arc::clone(&engine)),
            engine,
            ids,
            settings,
            denied: policy::Denied::default(),
            starting_moves: tokio::sync::Mutex::default(),
            move_started: tokio::sync::Notify::new(),
            digests: digest::Together::default(),
        })
    }

    /// How many messages each queue's policy has turned away since the start: queue, principal, count.
    pub fn denied(&self) -> Vec<(String, String, u64)> {
        self.denied.counts()
    }
}

/// Starts what happens without a request.
pub fn start(sqs: &Arc<Sqs>, clock: &Arc<dyn Clock>, tasks: &Tasks) {
    tasks::message_mover::start(sqs, clock, tasks);
}

/// The service as the server takes it.
pub fn service(state: &Arc<Sqs>) -> service::Service {
    let speaks = Speaks {
        json_target: Some("AmazonSQS"),
        query: Some(&query_names::DIALECT),
        on_decode_error: |error| match error {
            DecodeError::Missing(member) => errors::missing(&member),
            DecodeError::Malformed(text) => ServiceError::new(&errors::SERIALIZATION, text),
        },
    };
    service::bind("sqs", speaks, ACTIONS, state)
}

#[cfg(test)]
mod tests;
