//! Writing, reading and forgetting segments.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws::Arn;
use bytes::{Bytes, BytesMut};
use engine::{Delivery, Expect, Record, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use service::ServiceError;

use super::policy;
use super::segment::{self, Archived, SegmentRecord};
use crate::records::{self, TopicRecord};
use crate::{Sns, limits};

/// In which segment each message lies, by its sequence number.
pub(crate) type Places = HashMap<u64, u64>;

/// How far each topic's archive goes: messages beyond are new, and nothing need be read to know it.
#[derive(Default)]
pub(crate) struct Ends(Mutex<HashMap<Arn, End>>);

#[derive(Clone, Copy, Default)]
struct End {
    /// The highest sequence number.
    sequence: u64,
    /// The last segment's number.
    segment: u64,
}

impl Ends {
    fn of(&self, topic: &Arn) -> Option<End> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(topic).copied()
    }

    fn set(&self, topic: &Arn, end: End) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.clone(), end);
    }
}

impl Sns {
    /// Keeps messages that are not kept yet, in one new segment; durable when it answers. A crash in between leaves a
    /// blob that nobody names. Nothing is kept for topics without a policy.
    pub(crate) async fn archive(
        &self,
        topic: &TopicRecord,
        deliveries: &[(Timestamp, &Delivery)],
    ) -> Result<Places, ServiceError> {
        if policy::beginning(topic, self.clock.now()).is_none() {
            return Ok(Places::new());
        }
        let messages: Vec<Archived> =
            deliveries.iter().filter_map(|(at, delivery)| Archived::of(delivery, *at)).collect();
        let (mut places, end) = self.places(&topic.arn, &messages).await?;
        let new: Vec<Archived> =
            messages.into_iter().filter(|message| !places.contains_key(&message.sequence_number)).collect();
        let numbers = || new.iter().map(|message| message.sequence_number);
        if let (Some(first), Some(last)) = (numbers().min(), numbers().max()) {
            let newest = new.iter().map(|message| message.published_at).max().unwrap_or_default();
            let content = segment::encode(&new);
            let (blob, _) = self.engine.put_blob(stream::iter([Ok(content)]).boxed()).await?;
            let record = SegmentRecord { version: 1, blob, first, last, newest };
            // Numbers grow with time, so that they go on growing when all segments were forgotten.
            let number = self.clock.now().0.max(end.segment + 1);
            self.engine
                .put(segment::key(&topic.arn, number), records::encode(&record), Expect::Absent)
                .await?;
            places.extend(numbers().map(|one| (one, number)));
            self.archives.set(&topic.arn, End { sequence: end.sequence.max(last), segment: number });
        }
        Ok(places)
    }

    /// Where those messages lie that are kept already, because handing them on failed after that, and how far the archive
    /// goes.
    async fn places(&self, topic: &Arn, messages: &[Archived]) -> Result<(Places, End), ServiceError> {
        let wanted: HashSet<u64> = messages.iter().map(|message| message.sequence_number).collect();
        if let Some(end) = self.archives.of(topic).filter(|end| wanted.iter().all(|one| *one > end.sequence))
        {
            return Ok((Places::new(), end));
        }
        let (mut places, mut end) = (Places::new(), End::default());
        for record in self.segments(topic, None).await? {
            let Some(number) = segment::number(&record.key) else { continue };
            let kept: SegmentRecord = records::decode(&record.value)?;
            end = End { sequence: end.sequence.max(kept.last), segment: number };
            if !wanted.iter().any(|wanted| (kept.first..=kept.last).contains(wanted)) {
                continue;
            }
            let found = self.messages(&kept).await?;
            let found = found.iter().map(|message| message.sequence_number);
            places.extend(found.filter(|one| wanted.contains(one)).map(|one| (one, number)));
        }
        Ok((places, end))
    }

    /// The records of a topic's segments, from a number on.
    pub(crate) async fn segments(&self, topic: &Arn, from: Option<u64>) -> Result<Vec<Record>, ServiceError> {
        let after = from.and_then(|from| from.checked_sub(1)).map(|before| segment::key(topic, before));
        let after = after.as_ref().map(engine::RecordKey::as_str);
        Ok(self.engine.list(&segment::segments_of(topic), after, limits::SEGMENTS_MAX).await?)
    }

    /// The messages of a segment, in order.
    pub(crate) async fn messages(&self, record: &SegmentRecord) -> Result<Vec<Archived>, ServiceError> {
        let pieces = self.engine.read_blob(&record.blob, None).await?;
        let content: BytesMut = pieces
            .try_fold(BytesMut::new(), |mut content, piece: Bytes| async move {
                content.extend_from_slice(&piece);
                Ok(content)
            })
            .await
            .map_err(|error| ServiceError::internal(format!("a segment of an archive: {error}")))?;
        segment::decode(&content)
    }

    /// Forgets what is older than a topic's policy keeps; everything, if it has none any more.
    pub(crate) async fn forget_archived(
        &self,
        topic: &Arn,
        before: Option<Timestamp>,
    ) -> Result<(), ServiceError> {
        for record in self.segments(topic, None).await? {
            let kept: SegmentRecord = records::decode(&record.value)?;
            if before.is_some_and(|before| kept.newest >= before) {
                break;
            }
            self.engine.delete(record.key, Expect::Anything).await?;
            self.engine.delete_blob(&kept.blob).await?;
        }
        Ok(())
    }
}
