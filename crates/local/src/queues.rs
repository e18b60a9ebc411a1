//! The queue half of the engine: each call goes to the partition of its queue.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use engine::{
    Activity, Commit, Delivery, EngineError, Error, Moved, Moving, Peeked, Queue, QueueCounts, QueueKey,
    QueueSettings, Queues, Receive, Refusal, Sent, SettingsChange, Settle, Settlement,
};
use futures_util::future::BoxFuture;
use partition::{Ask, Glimpse, Location, Receipt, Taken, partition_of};

use crate::Local;
use crate::cell::Cell;
use crate::untold::Untold;

impl Local {
    fn home(&self, queue: &QueueKey) -> Result<&Arc<Cell>, Refusal> {
        let number = self.partition_of(queue).ok_or_else(|| Refusal::NoSuchQueue(queue.clone()))?;
        self.cells.get(usize::from(number)).ok_or_else(|| Refusal::NoSuchQueue(queue.clone()))
    }

    fn cell_of(&self, key: &str) -> &Arc<Cell> {
        let partitions = u16::try_from(self.cells.len()).unwrap_or(u16::MAX);
        &self.cells[usize::from(partition_of(key, partitions))]
    }

    /// Messages with their contents. One whose record is damaged is never served: it stays in flight, and the log names
    /// where it lies.
    fn deliveries(&self, cell: &Cell, taken: Vec<Taken>) -> Vec<Delivery> {
        let locations: Vec<Location> = taken.iter().map(|taken| taken.content).collect();
        let contents = cell.contents(&locations);
        let whole = taken.into_iter().zip(contents).filter_map(|(taken, content)| match content {
            Ok(content) => Some(self.delivery(cell, taken, content)),
            Err(error) => {
                tracing::error!(message = ?taken.message_id, %error, "a stored message cannot be read");
                None
            }
        });
        whole.collect()
    }

    fn delivery(&self, cell: &Cell, taken: Taken, content: Bytes) -> Delivery {
        Delivery {
            message_id: taken.message_id,
            content,
            sent_at: taken.sent_at,
            first_received_at: taken.first_received_at,
            receive_count: taken.receive_count,
            sequence_number: taken.sequence_number,
            group: taken.group,
            dead_letter_source: taken.dead_letter_source,
            receipt_handle: self.sealer.seal(cell.number, taken.receipt),
        }
    }

    /// One try; empty ones take a place in line if the caller wants to wait.
    async fn receive_waiting(&self, receive: Receive) -> Result<Vec<Delivery>, Error> {
        let until = self.clock.now().plus(receive.wait);
        let ask = Ask {
            max_messages: receive.max_messages,
            visibility_timeout_seconds: receive.visibility_timeout_seconds,
            attempt: receive.attempt_id,
        };
        let waits = !receive.wait.is_zero();
        loop {
            let cell = self.home(&receive.queue)?;
            let peers = |queue: &QueueKey| self.partition_of(queue);
            let mut moved = Vec::new();
            let decide = |partition: &partition::Partition, now| {
                let decision = partition.receive(&receive.queue, &ask, cell.number, &peers, now)?;
                moved = partition.dead_letters(&decision.operations);
                Ok(decision)
            };
            let found =
                if waits { cell.run_or_park(&receive.queue, decide) } else { cell.run(decide).map(Ok) };
            if found.is_ok() {
                self.tell_moved(&receive.queue, &moved);
            }
            let mut place = match found {
                Ok(Ok(done)) => {
                    let untold = done.map(|taken| Untold::new(cell, &receive.queue, taken)).told().await?;
                    cell.sent_for_sure(&untold.taken).await?;
                    return Ok(self.deliveries(cell, untold.told()));
                }
                Ok(Err(place)) => place,
                Err(error) => return Err(error),
            };
            tokio::select! {
                biased;
                () = place.woken() => {}
                () = self.clock.sleep_until(until) => return Ok(Vec::new()),
                () = self.stopped() => return Err(EngineError::Stopped.into()),
            }
        }
    }

    fn check_all_exist(&self, commit: &Commit) -> Result<(), Refusal> {
        let missing = commit.enqueue.iter().find(|enqueue| self.partition_of(&enqueue.queue).is_none());
        missing.map_or(Ok(()), |enqueue| Err(Refusal::NoSuchQueue(enqueue.queue.clone())))
    }
}

/// Glimpses with their contents; one whose record is damaged, or gone by now, is left out.
fn peeked(cell: &Cell, glimpses: Vec<Glimpse>) -> Vec<Peeked> {
    let locations: Vec<Location> = glimpses.iter().map(|glimpse| glimpse.content).collect();
    let with_content = glimpses.into_iter().zip(cell.contents(&locations));
    let whole = with_content.filter_map(|(glimpse, content)| {
        Some(Peeked {
            number: glimpse.number,
            message_id: glimpse.message_id,
            content: content.ok()?,
            sent_at: glimpse.sent_at,
            standing: glimpse.standing,
            visible_at: glimpse.visible_at,
            receive_count: glimpse.receive_count,
            group: glimpse.group,
            dead_letter_source: glimpse.dead_letter_source,
        })
    });
    whole.collect()
}

impl Queues for Local {
    fn create_queue(
        &self,
        key: QueueKey,
        settings: QueueSettings,
        record: Bytes,
    ) -> BoxFuture<'_, Result<Arc<Queue>, Error>> {
        Box::pin(async move {
            let cell = self.cell_of(key.as_str());
            let done =
                cell.run(|partition, now| partition.create(key.clone(), settings, record.into(), now))?;
            self.directory.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), cell.number);
            done.told().await?;
            Ok(cell.state().partition.queue(&key)?)
        })
    }

    fn change_queue(
        &self,
        key: QueueKey,
        change: SettingsChange,
    ) -> BoxFuture<'_, Result<Arc<Queue>, Error>> {
        Box::pin(async move {
            let cell = self.home(&key)?;
            cell.run(|partition, now| partition.change(&key, change, now))?.told().await?;
            Ok(cell.state().partition.queue(&key)?)
        })
    }

    fn delete_queue(&self, key: QueueKey) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let cell = self.home(&key)?;
            let number = cell.state().partition.number(&key);
            let done = cell.run(|partition, _| partition.delete(&key))?;
            self.directory.write().unwrap_or_else(PoisonError::into_inner).remove(&key);
            if let Some(number) = number {
                cell.state().lines.wake_all(number);
            }
            done.told().await
        })
    }

    fn purge_queue(&self, key: QueueKey) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(
            async move { self.home(&key)?.run(|partition, now| partition.purge(&key, now))?.told().await },
        )
    }

    fn queue(&self, key: &QueueKey) -> BoxFuture<'_, Result<Arc<Queue>, Error>> {
        let found = self.home(key).and_then(|cell| cell.state().partition.queue(key));
        Box::pin(std::future::ready(found.map_err(Error::from)))
    }

    fn counts(&self, key: &QueueKey) -> BoxFuture<'_, Result<QueueCounts, Error>> {
        let counted = self.home(key).and_then(|cell| {
            cell.advance();
            cell.state().partition.counts(key)
        });
        Box::pin(std::future::ready(counted.map_err(Error::from)))
    }

    fn list_queues(
        &self,
        prefix: &str,
        after: Option<&QueueKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Arc<Queue>>, Error>> {
        let mut queues: Vec<Arc<Queue>> =
            self.cells.iter().flat_map(|cell| cell.state().partition.list(prefix, after, limit)).collect();
        queues.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        queues.truncate(limit);
        Box::pin(std::future::ready(Ok(queues)))
    }

    fn activities(&self, prefix: &str) -> BoxFuture<'_, Result<Vec<Activity>, Error>> {
        let all = |cell: &Arc<Cell>| {
            cell.advance();
            cell.state().partition.activities(prefix)
        };
        let mut activities: Vec<Activity> = self.cells.iter().flat_map(all).collect();
        activities.sort_unstable_by(|left, right| left.key.cmp(&right.key));
        Box::pin(std::future::ready(Ok(activities)))
    }

    fn stirred(&self) -> u64 {
        let of = |cell: &Arc<Cell>| {
            cell.advance();
            cell.state().stirred
        };
        self.cells.iter().map(of).sum()
    }

    fn peek(&self, key: &QueueKey, after: u64, limit: usize) -> BoxFuture<'_, Result<Vec<Peeked>, Error>> {
        let peeked = self.home(key).and_then(|cell| {
            cell.advance();
            let glimpses = cell.state().partition.peek(key, after, limit)?;
            Ok(peeked(cell, glimpses))
        });
        Box::pin(std::future::ready(peeked.map_err(Error::from)))
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Vec<Sent>, Error>> {
        Box::pin(async move {
            self.check_all_exist(&commit)?;
            let Some(first) = commit.enqueue.first() else { return Ok(Vec::new()) };
            let cell = match &commit.home {
                Some(home) => self.cell_of(home),
                None => self.home(&first.queue)?,
            };
            let peers = |queue: &QueueKey| self.partition_of(queue);
            let done =
                cell.run(|partition, now| partition.commit(commit.enqueue, cell.number, &peers, now))?;
            done.told().await
        })
    }

    fn receive(&self, receive: Receive) -> BoxFuture<'_, Result<Vec<Delivery>, Error>> {
        Box::pin(self.receive_waiting(receive))
    }

    fn settle(
        &self,
        queue: QueueKey,
        settlements: Vec<Settlement>,
    ) -> BoxFuture<'_, Result<Vec<Result<(), Refusal>>, Error>> {
        Box::pin(async move {
            let cell = self.home(&queue)?;
            let mut results = vec![Err(Refusal::InvalidReceiptHandle); settlements.len()];
            let mut known: Vec<(Receipt, Settle)> = Vec::with_capacity(settlements.len());
            let mut places = Vec::with_capacity(settlements.len());
            for (index, settlement) in settlements.iter().enumerate() {
                match self.sealer.open(&settlement.receipt_handle) {
                    Some((partition, receipt)) if partition == cell.number => {
                        places.push(index);
                        known.push((receipt, settlement.settle));
                    }
                    _ => {}
                }
            }
            let done = cell.run(|partition, now| partition.settle(&queue, &known, now))?;
            for (index, result) in places.into_iter().zip(done.told().await?) {
                results[index] = result;
            }
            Ok(results)
        })
    }

    fn move_messages(&self, moving: Moving) -> BoxFuture<'_, Result<Moved, Error>> {
        Box::pin(async move {
            let cell = self.home(&moving.queue)?;
            let peers = |queue: &QueueKey| self.partition_of(queue);
            let done =
                cell.run(|partition, now| partition.move_messages(&moving, cell.number, &peers, now))?;
            let moved = done.told().await?;
            self.tell_redriven(&moving.queue, &moved.messages);
            Ok(moved)
        })
    }
}
