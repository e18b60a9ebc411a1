//! One task a mapping: takes it through its states as its record says, and polls while it is enabled.

use std::sync::Arc;
use std::time::Duration;

use engine::{Error, Expect, Refusal, Watch};
use service::Stop;
use tokio::sync::watch;

use super::poller::poll;
use crate::Lambda;
use crate::limits::DRAIN;
use crate::records::{self, MappingRecord, MappingState, mapping_key};

/// The registry is asked again after so long if it could not be read.
const RETRY: Duration = Duration::from_secs(5);

impl Lambda {
    /// Sees to a mapping until it is deleted or the program ends.
    pub(crate) fn attend_mapping(&self, uuid: String) {
        self.attend("event source mapping", format!("mapping {uuid}"), move |lambda, stop| {
            // Before the record is read for the first time, so that no change is missed.
            let watch = lambda.engine.watch(mapping_key(&uuid).as_str());
            Attendance { lambda, uuid, watch, stop }.run()
        });
    }
}

struct Attendance {
    lambda: Arc<Lambda>,
    uuid: String,
    watch: Box<dyn Watch>,
    stop: Stop,
}

impl Attendance {
    async fn run(mut self) {
        while !self.stop.is_requested() {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(mapping = self.uuid, %error, "event source mapping fails, trying again");
                    let until = self.lambda.clock.now().plus(RETRY);
                    tokio::select! {
                        () = self.lambda.clock.sleep_until(until) => {}
                        () = self.stop.requested() => return,
                    }
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Option<(MappingRecord, u64)>, Error> {
        let Some(found) = self.lambda.engine.get(&mapping_key(&self.uuid)).await? else { return Ok(None) };
        Ok(Some((records::decode(&found)?, found.revision)))
    }

    /// From one state to the next; `false` when there is nothing left to see to.
    async fn step(&mut self) -> Result<bool, Error> {
        let Some((record, revision)) = self.read().await? else { return Ok(false) };
        match record.state {
            MappingState::Disabled => Ok(self.changed().await),
            MappingState::Enabled => Ok(self.poll(record).await),
            _ => self.arrive(record, revision).await,
        }
    }

    /// Waits for a change of the record; `false` when the program ends.
    async fn changed(&mut self) -> bool {
        tokio::select! {
            more = self.watch.changed() => more,
            () = self.stop.requested() => false,
        }
    }

    /// Nothing runs now, so what the record is on its way to is reached.
    async fn arrive(&mut self, mut record: MappingRecord, revision: u64) -> Result<bool, Error> {
        let key = mapping_key(&record.uuid);
        let stored = match record.state.settled() {
            Some(state) => {
                record.state = state;
                let put = self.lambda.engine.put(key, records::encode(&record), Expect::Revision(revision));
                put.await.map(|_| true)
            }
            None => {
                self.lambda.figures.forget(&record.uuid);
                self.lambda.engine.delete(key, Expect::Revision(revision)).await.map(|()| false)
            }
        };
        match stored {
            // Somebody was quicker; the next step reads what there is now.
            Err(Error::Refused(Refusal::RecordChanged(_))) => Ok(true),
            other => other,
        }
    }

    /// Polls as long as the record stays as it is; `false` when the program ends.
    async fn poll(&mut self, record: MappingRecord) -> bool {
        let mapping = Arc::new(record);
        let (end, ends) = watch::channel(false);
        let mut polling = tokio::spawn(poll(Arc::clone(&self.lambda), Arc::clone(&mapping), ends));
        let goes_on = self.until_changed(&mapping, &mut polling).await;
        end.send_replace(true);
        if polling.is_finished() {
            // Only a panic ends it by itself.
            let until = self.lambda.clock.now().plus(RETRY);
            tokio::select! {
                () = self.lambda.clock.sleep_until(until) => return true,
                () = self.stop.requested() => return false,
            }
        }
        if goes_on {
            tokio::select! {
                _ = &mut polling => return true,
                () = self.stop.requested() => {}
            }
        }
        // The program ends: running batches may end too, for a while. What does not comes back to the queue.
        let until = self.lambda.clock.now().plus(DRAIN);
        tokio::select! {
            _ = &mut polling => {}
            () = self.lambda.clock.sleep_until(until) => polling.abort(),
        }
        false
    }

    /// `true` when the record has changed or the poller has ended, `false` when the program ends.
    async fn until_changed(
        &mut self,
        mapping: &MappingRecord,
        polling: &mut tokio::task::JoinHandle<()>,
    ) -> bool {
        loop {
            tokio::select! {
                changed = self.watch.changed() => {
                    if !changed {
                        return false;
                    }
                }
                () = self.stop.requested() => return false,
                ended = &mut *polling => {
                    if let Err(error) = ended {
                        tracing::error!(mapping = mapping.uuid, %error, "poller ended by a panic");
                    }
                    return true;
                }
            }
            match self.read().await {
                Ok(Some((record, _))) if record == *mapping => {}
                Ok(_) => return true,
                Err(error) => tracing::error!(mapping = mapping.uuid, %error, "mapping could not be read"),
            }
        }
    }
}
