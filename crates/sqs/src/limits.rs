//! SQS's quotas.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>

/// Entries of a batch.
pub(crate) const BATCH_ENTRIES_MAX: usize = 10;
/// Bodies and attributes of a batch together, bytes.
pub(crate) const BATCH_BYTES_MAX: usize = 1_048_576;
/// Attributes of a message.
pub(crate) const MESSAGE_ATTRIBUTES_MAX: usize = 10;
/// An attribute's name or type, bytes.
pub(crate) const ATTRIBUTE_NAME_BYTES_MAX: usize = 256;
/// Messages of one receive.
pub(crate) const RECEIVE_MESSAGES_MAX: i64 = 10;
/// A long poll, seconds.
pub(crate) const WAIT_SECONDS_MAX: i64 = 20;
/// A visibility timeout, seconds.
pub(crate) const VISIBILITY_SECONDS_MAX: i64 = 43_200;
/// A message's own delay, seconds.
pub(crate) const DELAY_SECONDS_MAX: i64 = 900;
/// Messages in flight.
pub(crate) const IN_FLIGHT_MAX: u32 = 120_000;
/// A queue's name, characters.
pub(crate) const QUEUE_NAME_MAX: usize = 80;
/// A group or deduplication id, characters.
pub(crate) const FIFO_ID_MAX: usize = 128;
/// Message move tasks of a queue that are kept, ended ones too.
pub(crate) const MOVE_TASKS_KEPT: usize = 10;
/// Message move tasks of an account that run at once.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>
pub(crate) const MOVE_TASKS_ACTIVE_MAX: usize = 100;
/// A message move task ends after so many seconds, whatever is left: 36 hours.
pub(crate) const MOVE_TASK_SECONDS_MAX: u32 = 129_600;
/// The highest rate of a message move task.
pub(crate) const MOVED_PER_SECOND_MAX: i64 = 500;
/// Messages that a task without a rate moves at once.
pub(crate) const MOVED_AT_ONCE_MAX: u32 = 100;
/// Steps a second that a task with a high rate takes.
pub(crate) const MOVES_PER_SECOND: u32 = 10;
/// Somebody else may change the same record at the same time; each try reads it anew.
pub(crate) const CHANGES_TRIED_MAX: usize = 10;
/// A policy, bytes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html>
pub(crate) const POLICY_BYTES_MAX: usize = 8192;
/// Statements of a policy.
pub(crate) const POLICY_STATEMENTS_MAX: usize = 20;
/// Actions of a statement.
pub(crate) const POLICY_ACTIONS_MAX: usize = 7;
/// Principals of a statement.
pub(crate) const POLICY_PRINCIPALS_MAX: usize = 50;
/// Conditions of a statement.
pub(crate) const POLICY_CONDITIONS_MAX: usize = 10;
/// Names of deleted queues that are looked through when another one is deleted.
pub(crate) const NAMES_FREED_MAX: usize = 1000;
/// Queues on one page of a list.
pub(crate) const LIST_MAX: i64 = 1000;
/// Tags of a queue.
pub(crate) const TAGS_MAX: usize = 50;
