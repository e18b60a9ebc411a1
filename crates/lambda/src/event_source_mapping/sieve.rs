//! What is taken out of received messages before a function is called: those that its filters do not let through, and
//! those that would go on with a recursive loop.

use std::sync::Arc;

use engine::Commit;
use service::ports::{PortError, QueueMessage, QueueRecord, Sender};
use service::way;

use super::figures::Event;
use super::filter::Pattern;
use super::record;
use crate::Lambda;
use crate::records::MappingRecord;
use crate::recursion::{Lineage, is_loop};

/// A mapping's filters, read once.
pub(super) struct Sieve {
    lambda: Arc<Lambda>,
    mapping: Arc<MappingRecord>,
    patterns: Vec<Pattern>,
}

impl Sieve {
    pub(super) fn new(lambda: Arc<Lambda>, mapping: Arc<MappingRecord>) -> Self {
        // They were read when they were given.
        let patterns = mapping.filters.iter().filter_map(|pattern| Pattern::parse(pattern)).collect();
        Self { lambda, mapping, patterns }
    }

    /// The messages that the function is to be called with. Others are deleted; those of a loop go to the queue's
    /// dead-letter queue, if it has one.
    pub(super) async fn sift(&self, messages: Vec<QueueRecord>) -> Result<Vec<QueueRecord>, PortError> {
        self.lambda.figures.count(&self.mapping, Event::Polled, messages.len());
        let wanted = self.let_through(messages).await?;
        let wanted = self.on_the_way(wanted).await?;
        self.without_loops(wanted).await
    }

    async fn let_through(&self, messages: Vec<QueueRecord>) -> Result<Vec<QueueRecord>, PortError> {
        if self.patterns.is_empty() {
            return Ok(messages);
        }
        let matches = |message: &QueueRecord| {
            self.patterns.iter().any(|pattern| pattern.matches(&self.mapping.queue, message))
        };
        let (wanted, filtered): (Vec<_>, Vec<_>) = messages.into_iter().partition(matches);
        if !filtered.is_empty() {
            self.lambda.figures.count(&self.mapping, Event::FilteredOut, filtered.len());
            self.delete(&filtered).await?;
        }
        Ok(wanted)
    }

    /// Without what a replay brought here that does not lead to the function.
    async fn on_the_way(&self, messages: Vec<QueueRecord>) -> Result<Vec<QueueRecord>, PortError> {
        let function = self.mapping.function.as_str();
        let may = |message: &QueueRecord| {
            way::to(message.attributes.get("AWSTraceHeader").map(String::as_str), function)
        };
        if messages.iter().all(|message| may(message).is_ok()) {
            return Ok(messages);
        }
        let (wanted, held_back): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| may(message).is_ok());
        for message in &held_back {
            if let Err(why) = may(message) {
                self.lambda.tell_held_back(&self.mapping, message, why);
            }
        }
        self.delete(&held_back).await?;
        Ok(wanted)
    }

    async fn without_loops(&self, messages: Vec<QueueRecord>) -> Result<Vec<QueueRecord>, PortError> {
        let lineage = |message: &QueueRecord| Lineage::of(record::trace(message).as_ref());
        if messages.iter().all(|message| lineage(message) == Lineage::default()) {
            return Ok(messages);
        }
        let Some(function) = self.lambda.find_function(&self.mapping.function).await? else {
            return Ok(messages);
        };
        let (looping, wanted): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| is_loop(&function.record, &lineage(message)));
        if !looping.is_empty() {
            tracing::warn!(function = %self.mapping.function, queue = %self.mapping.queue, messages = looping.len(),
                "a recursive loop was ended");
            self.lambda.figures.count(&self.mapping, Event::Dropped, looping.len());
            self.bury(&looping).await?;
            self.delete(&looping).await?;
        }
        Ok(wanted)
    }

    async fn bury(&self, messages: &[QueueRecord]) -> Result<(), PortError> {
        let queues = self.lambda.ports.queues()?;
        let Some(target) = queues.facts(self.mapping.queue.clone()).await?.dead_letter_queue else {
            return Ok(());
        };
        for message in messages {
            let buried = QueueMessage {
                body: message.body.to_string().into(),
                attributes: message.message_attributes.clone(),
                group: message.attributes.get("MessageGroupId").cloned(),
                deduplication_id: message.attributes.get("MessageDeduplicationId").cloned(),
                trace: record::trace(message),
                sender_id: message.attributes.get("SenderId").cloned().unwrap_or_default(),
                sender: Sender::Account(self.mapping.account.clone()),
            };
            let enqueue = queues.prepare(target.clone(), buried).await?;
            self.lambda.engine.commit(Commit { home: None, enqueue: vec![enqueue] }).await?;
        }
        Ok(())
    }

    async fn delete(&self, messages: &[QueueRecord]) -> Result<(), PortError> {
        let handles = messages.iter().map(|message| message.receipt_handle.clone()).collect();
        self.lambda.ports.queues()?.delete(self.mapping.queue.clone(), handles).await
    }
}
