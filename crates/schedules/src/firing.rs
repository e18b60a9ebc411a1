//! Something is due: its targets get their events, in one commit; what has to wait for another attempt is kept.

use aws::Arn;
use engine::{Commit, Enqueue, Expect, Hop, HopKind, Link, PayloadForm, Record, SpanId, Timestamp};
use service::ports::PortError;

use crate::Schedules;
use crate::delivery::{Attempt, Delivery};
use crate::event::payload;
use crate::limits::AGAIN_RECORDS_MAX;
use crate::records::{RETRIES, Target, Timed, decode, encode, retry_key};

/// One time at which something was due.
pub(crate) struct Firing<'a> {
    pub(crate) timed: &'a Timed,
    pub(crate) due: Timestamp,
    /// Of this event.
    pub(crate) id: aws::RequestId,
}

impl Firing<'_> {
    fn delivery(&self, target: &Target) -> Delivery {
        Delivery {
            source: self.timed.arn().clone(),
            target: target.clone(),
            due: self.due,
            id: self.id.to_string(),
            body: payload(self, target),
            attempts: 0,
            next: self.due,
        }
    }
}

impl Schedules {
    /// Delivers to all targets. `Failed`: nothing was delivered, it must be tried again as a whole.
    pub(crate) async fn fire(&self, firing: &Firing<'_>) -> Result<(), PortError> {
        let (mut enqueue, mut link) = (Vec::new(), None);
        for (number, target) in firing.timed.targets().into_iter().enumerate() {
            let delivery = firing.delivery(target);
            link = Some(delivery.link());
            match self.attempt(delivery).await? {
                Attempt::Ended(sent) => enqueue.extend(sent),
                Attempt::Again(again) => self.keep(&again, number).await?,
            }
        }
        if let Some(link) = link {
            self.tell_of_start(firing, link);
            self.tell(link, &enqueue);
        }
        self.commit(firing.timed.arn(), enqueue).await
    }

    /// Tries again what waits. When it is due next, if it waits on.
    pub(crate) async fn retry(&self, record: &Record) -> Result<Option<Timestamp>, PortError> {
        let delivery: Delivery = decode(record)?;
        if delivery.next > self.clock.now() {
            return Ok(Some(delivery.next));
        }
        let (source, link) = (delivery.source.clone(), delivery.link());
        let expect = Expect::Revision(record.revision);
        match self.attempt(delivery).await? {
            Attempt::Again(again) => {
                self.engine.put(record.key.clone(), encode(&*again), expect).await?;
                Ok(Some(again.next))
            }
            Attempt::Ended(sent) => {
                let sent: Vec<Enqueue> = sent.into_iter().collect();
                self.tell(link, &sent);
                self.commit(&source, sent).await?;
                self.engine.delete(record.key.clone(), expect).await?;
                Ok(None)
            }
        }
    }

    /// Keeps an event for its next attempt.
    async fn keep(&self, delivery: &Delivery, target: usize) -> Result<(), PortError> {
        if self.all(RETRIES).await?.len() >= AGAIN_RECORDS_MAX {
            return Err(PortError::Failed(format!("{AGAIN_RECORDS_MAX} events wait for another attempt")));
        }
        let key = retry_key(&delivery.id, target);
        self.engine.put(key, encode(delivery), Expect::Absent).await?;
        Ok(())
    }

    async fn commit(&self, source: &Arn, enqueue: Vec<Enqueue>) -> Result<(), PortError> {
        if enqueue.is_empty() {
            return Ok(());
        }
        self.engine.commit(Commit { home: Some(source.as_str().into()), enqueue }).await?;
        Ok(())
    }

    fn tell_of_start(&self, firing: &Firing<'_>, link: Link) {
        if self.engine.keeps(link.trace) {
            let resource = firing.timed.arn().as_str().into();
            let hop = Hop::new(HopKind::Start, link, SpanId(0), self.clock.now(), resource);
            self.engine.record(Hop { id: firing.id.0.as_u128(), ..hop }.noting("action", "Scheduled Event"));
        }
    }

    fn tell(&self, link: Link, sent: &[Enqueue]) {
        if !self.engine.keeps(link.trace) {
            return;
        }
        for enqueue in sent {
            let hop = service::hops::sent(enqueue, link.trace, link.span, self.clock.now());
            // Functions' event queues are called otherwise than queues.
            let of_function = !enqueue.queue.as_str().starts_with("arn:");
            let form = if of_function { PayloadForm::Lined } else { PayloadForm::Headed };
            self.engine.record(Hop { form, ..hop });
        }
    }
}

/// Whether something can be called at its time. The message says what can.
pub(crate) fn check_target(arn: &Arn) -> Result<(), String> {
    match arn.service() {
        "lambda" | "sqs" | "sns" => Ok(()),
        other => Err(format!(
            "targets of the service {other} are not supported by Konekuta; functions, queues and topics are"
        )),
    }
}
