//! What happens without a request: whatever is due is fired, then waits for its next time.
//!
//! An event is committed before the record moves on to the next time. A crash in between fires twice, as EventBridge
//! says that it may; nothing is lost. What came due while the server was down is made up for once
//! (docs/decisions/0019-missed-schedules.md).

use std::sync::Arc;

use engine::{Error, Expect, Record, RecordKey, Refusal, Timestamp};
use service::Stop;

use crate::Schedules;
use crate::firing::Firing;
use crate::limits::RETRY;
use crate::records::{ALL, RETRIES, Timed};

pub(crate) async fn run(schedules: Arc<Schedules>, mut stop: Stop) {
    let mut watch = schedules.engine.watch(ALL);
    while !stop.is_requested() {
        let next = match schedules.fire_all_due().await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "scheduled events could not be stored, trying again");
                Some(schedules.clock.now().plus(RETRY))
            }
        };
        tokio::select! {
            () = schedules.until(next) => {}
            goes_on = watch.changed() => if !goes_on { return },
            () = stop.requested() => return,
        }
    }
}

impl Schedules {
    async fn until(&self, moment: Option<Timestamp>) {
        match moment {
            Some(moment) => self.clock.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    /// Fires what is due. When something is due next.
    async fn fire_all_due(&self) -> Result<Option<Timestamp>, Error> {
        let mut earliest = None;
        for record in self.all(ALL).await? {
            if record.key.as_str().starts_with(RETRIES) {
                let next = self.retry_or_wait(&record).await;
                earliest = [earliest, next].into_iter().flatten().min();
                continue;
            }
            let timed = match Timed::of(&record) {
                Ok(timed) => timed,
                Err(error) => {
                    tracing::error!(%error, "a schedule cannot be read and is passed over");
                    continue;
                }
            };
            let next = match timed.timing().next {
                Some(due) if due <= self.clock.now() => self.fire_due(&record.key).await?,
                next => next,
            };
            earliest = [earliest, next].into_iter().flatten().min();
        }
        Ok(earliest)
    }

    /// Tries again what waits, and once more later if even that could not be stored.
    async fn retry_or_wait(&self, record: &Record) -> Option<Timestamp> {
        let _turn = self.turn.lock().await;
        self.retry(record).await.unwrap_or_else(|error| {
            tracing::error!(key = %record.key, %error, "an attempt to deliver could not be stored, trying again");
            Some(self.clock.now().plus(RETRY))
        })
    }

    /// Fires one, as it stands now, and moves it on. When it is due next.
    async fn fire_due(&self, key: &RecordKey) -> Result<Option<Timestamp>, Error> {
        let _turn = self.turn.lock().await;
        let Some(record) = self.engine.get(key).await? else { return Ok(None) };
        let mut timed = Timed::of(&record)?;
        let Some(due) = timed.timing().next.filter(|due| *due <= self.clock.now()) else {
            return Ok(timed.timing().next);
        };
        let id = aws::RequestId(self.ids.uuid());
        if let Err(error) = self.fire(&Firing { timed: &timed, due, id }).await {
            tracing::error!(source = %timed.arn(), %error, "a scheduled event could not be stored, trying again");
            return Ok(Some(self.clock.now().plus(RETRY)));
        }
        timed.timing_mut().run_from(self.clock.now());
        self.move_on(&record, &timed).await?;
        Ok(timed.timing().next)
    }

    async fn move_on(&self, record: &Record, timed: &Timed) -> Result<(), Error> {
        let expect = Expect::Revision(record.revision);
        let moved = if timed.is_done_for_good() {
            self.figures.forget(timed.arn());
            self.engine.delete(record.key.clone(), expect).await
        } else {
            self.engine.put(record.key.clone(), timed.encode(), expect).await.map(drop)
        };
        match moved {
            // Only by a restored copy: actions wait for their turn.
            Err(Error::Refused(Refusal::RecordChanged(_))) => Ok(()),
            other => other,
        }
    }
}
