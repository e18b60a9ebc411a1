//! One file for each action.

mod add_permission;
mod cancel_message_move_task;
mod change_message_visibility;
mod change_message_visibility_batch;
mod create_queue;
mod delete_message;
mod delete_message_batch;
mod delete_queue;
mod get_queue_attributes;
mod get_queue_url;
mod list_dead_letter_source_queues;
mod list_message_move_tasks;
mod list_queue_tags;
mod list_queues;
mod purge_queue;
mod receive_message;
mod remove_permission;
mod send_message;
mod send_message_batch;
mod set_queue_attributes;
mod start_message_move_task;
mod tag_queue;
mod untag_queue;

pub(crate) use add_permission::AddPermission;
pub(crate) use cancel_message_move_task::CancelMessageMoveTask;
pub(crate) use change_message_visibility::ChangeMessageVisibility;
pub(crate) use change_message_visibility_batch::ChangeMessageVisibilityBatch;
pub(crate) use create_queue::CreateQueue;
pub(crate) use delete_message::DeleteMessage;
pub(crate) use delete_message_batch::DeleteMessageBatch;
pub(crate) use delete_queue::DeleteQueue;
pub(crate) use get_queue_attributes::GetQueueAttributes;
pub(crate) use get_queue_url::GetQueueUrl;
pub(crate) use list_dead_letter_source_queues::ListDeadLetterSourceQueues;
pub(crate) use list_message_move_tasks::ListMessageMoveTasks;
pub(crate) use list_queue_tags::ListQueueTags;
pub(crate) use list_queues::ListQueues;
pub(crate) use purge_queue::PurgeQueue;
pub(crate) use receive_message::ReceiveMessage;
pub(crate) use remove_permission::RemovePermission;
pub(crate) use send_message::SendMessage;
pub(crate) use send_message_batch::SendMessageBatch;
pub(crate) use set_queue_attributes::SetQueueAttributes;
pub(crate) use start_message_move_task::StartMessageMoveTask;
pub(crate) use tag_queue::TagQueue;
pub(crate) use untag_queue::UntagQueue;

use engine::{QueueKey, Settle, Settlement, SpanId};
use service::ServiceError;

use crate::batch::{Failed, Outcome, Succeeded};
use crate::{Sqs, errors};

/// Settles the entries of a batch that are well-formed; each answers for itself.
async fn settle_batch(
    sqs: &Sqs,
    key: &QueueKey,
    entries: Vec<(String, String, Result<Settle, ServiceError>)>,
) -> Result<Outcome<Succeeded>, ServiceError> {
    let mut outcome = Outcome::new();
    let mut known = Vec::new();
    let mut settlements = Vec::new();
    for (id, receipt_handle, settle) in entries {
        match settle {
            Ok(settle) => {
                known.push((id, receipt_handle.clone(), settle));
                settlements.push(Settlement { receipt_handle, settle });
            }
            Err(error) => outcome.failed.push(Failed::new(id, error)),
        }
    }
    let results = sqs.engine.settle(key.clone(), settlements).await.map_err(errors::of_queue)?;
    for ((id, handle, settle), result) in known.into_iter().zip(results) {
        match result {
            Ok(()) => {
                sqs.tell_settled(key, SpanId::of_receipt(&handle), settle);
                outcome.successful.push(Succeeded { id });
            }
            Err(refusal) => {
                outcome.failed.push(Failed::new(id, errors::of_handle(&refusal, &handle, settle)));
            }
        }
    }
    Ok(outcome)
}
