//! Bucket notifications: who is told of what, and the events themselves.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use aws::{Arn, timestamp};
use engine::{Commit, Hop, PayloadForm};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use service::ports::{FunctionEvent, PortError, QueueMessage, Sender};
use service::{Context, way};

use crate::S3;
use crate::event_outbox::EventRecord;
use crate::records::{BucketRecord, ObjectRecord};
use crate::version_id::VersionId;

/// As policies call this service.
const PRINCIPAL: &str = "s3.amazonaws.com";
/// The newest version of the event's form.
const EVENT_VERSION: &str = "2.6";
/// Keys are form-encoded: a space is a plus.
const KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// What AWS can be asked to tell of; what cannot happen here never comes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html>
const EVENTS: [&str; 31] = [
    "s3:ObjectCreated:*",
    "s3:ObjectCreated:Put",
    "s3:ObjectCreated:Post",
    "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload",
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
    "s3:ObjectAnnotation:*",
    "s3:ObjectAnnotation:Put",
    "s3:ObjectAnnotation:Delete",
    "s3:ObjectRetention:Put",
];

/// Whether a bucket can be asked to tell of it.
pub(crate) fn is_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

/// Whom to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Function,
    Queue,
    Topic,
}

/// One configuration of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) arn: Arn,
    pub(crate) id: String,
    /// `s3:ObjectCreated:*` and the like.
    pub(crate) events: Vec<String>,
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

/// What happened to an object.
pub(crate) struct Happened {
    /// Without `s3:`.
    pub(crate) event: &'static str,
    pub(crate) key: String,
    pub(crate) size: Option<u64>,
    pub(crate) e_tag: Option<String>,
    /// Where the bucket keeps versions.
    pub(crate) version_id: Option<String>,
}

impl Happened {
    /// An object was written.
    pub(crate) fn created(
        event: &'static str,
        key: &str,
        object: &ObjectRecord,
        version: Option<VersionId>,
    ) -> Self {
        let version_id = version.and_then(|version| version.told());
        let (size, e_tag) = (Some(object.size), Some(object.e_tag.clone()));
        Self { event, key: key.to_owned(), size, e_tag, version_id }
    }
}

impl Target {
    pub(crate) fn wants(&self, happened: &Happened) -> bool {
        let listed = self.events.iter().any(|event| {
            let event = event.trim_start_matches("s3:");
            match event.strip_suffix('*') {
                Some(prefix) => happened.event.starts_with(prefix),
                None => event == happened.event,
            }
        });
        listed && happened.key.starts_with(&self.prefix) && happened.key.ends_with(&self.suffix)
    }
}

/// Two configurations may not want the same event of the same key.
pub(crate) fn check_overlaps(targets: &[Target]) -> S3Result<()> {
    for (index, one) in targets.iter().enumerate() {
        for other in &targets[index + 1..] {
            let starts = one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix);
            let ends = one.suffix.ends_with(&other.suffix) || other.suffix.ends_with(&one.suffix);
            let same_event =
                one.events.iter().any(|event| other.events.iter().any(|another| overlap(event, another)));
            if starts && ends && same_event {
                return Err(s3_error!(
                    InvalidArgument,
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
                ));
            }
        }
    }
    Ok(())
}

fn overlap(one: &str, other: &str) -> bool {
    let stem = |event: &str| event.trim_end_matches('*').to_owned();
    one == other
        || (one.ends_with('*') && other.starts_with(&stem(one)))
        || (other.ends_with('*') && one.starts_with(&stem(other)))
}

impl S3 {
    pub(crate) fn document(
        &self,
        context: &Context,
        bucket: &BucketRecord,
        target: &Target,
        happened: &Happened,
    ) -> Json {
        let now = self.clock.now().0;
        let mut object = json!({
            "key": utf8_percent_encode(&happened.key, KEY).to_string().replace(' ', "+"),
            "sequencer": format!("{:018X}", u128::from(now) << 12),
        });
        if let Some(size) = happened.size {
            object["size"] = json!(size);
        }
        if let Some(e_tag) = &happened.e_tag {
            object["eTag"] = json!(e_tag);
        }
        if let Some(version_id) = &happened.version_id {
            object["versionId"] = json!(version_id);
        }
        json!({"Records": [{
            "eventVersion": EVENT_VERSION,
            "eventSource": "aws:s3",
            "awsRegion": bucket.region,
            "eventTime": timestamp::iso_milliseconds(now),
            "eventName": happened.event,
            "userIdentity": {"principalId": format!("AWS:{}", context.caller.account)},
            "requestParameters": {"sourceIPAddress": context.source_ip},
            "responseElements": {
                "x-amz-request-id": context.request_id.to_string(),
                "x-amz-id-2": context.request_id.to_string(),
            },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": target.id,
                "bucket": {
                    "name": bucket.name,
                    "ownerIdentity": {"principalId": bucket.account},
                    "arn": format!("arn:aws:s3:::{}", bucket.name),
                },
                "object": object,
            },
        }]})
    }

    /// Brings an event to its target. Durable when it answers.
    pub(crate) async fn tell(&self, event: &EventRecord) -> Result<(), PortError> {
        let (context, target) = (event.context(), &event.target);
        let link = context.link();
        let told = self.engine.keeps(link.trace);
        let trace = context.trace.clone().or_else(|| told.then(|| context.trace_onward()));
        let trace = trace.map(|trace| trace.with_parent(link.span.0));
        let (header, to) = (context.trace_text(), target.arn.as_str());
        let goes = if target.kind == Kind::Queue { way::into(header, to) } else { way::to(header, to) };
        let body = event.document.clone();
        let enqueue = match target.kind {
            Kind::Function => {
                let function_event = FunctionEvent { payload: body.into(), trace, sender: sender(event) };
                self.ports.functions()?.prepare(target.arn.clone(), function_event).await?
            }
            Kind::Queue => {
                let message = QueueMessage {
                    body: body.into(),
                    attributes: std::collections::BTreeMap::new(),
                    group: None,
                    deduplication_id: None,
                    trace,
                    sender_id: PRINCIPAL.to_owned(),
                    sender: sender(event),
                };
                self.ports.queues()?.prepare(target.arn.clone(), message).await?
            }
            Kind::Topic => {
                let subject = Some("Amazon S3 Notification".to_owned());
                let topics = self.ports.topics()?;
                return topics.publish(target.arn.clone(), subject, body, trace, sender(event)).await;
            }
        };
        if goes.is_ok() {
            self.engine.commit(Commit { home: None, enqueue: vec![enqueue.clone()] }).await?;
        }
        if told {
            let hop = service::hops::sent(&enqueue, link.trace, link.span, self.clock.now());
            let form = if target.kind == Kind::Function { PayloadForm::Lined } else { PayloadForm::Headed };
            let resource = target.arn.as_str().into();
            let hop = Hop { form, resource, ..hop }.noting("notification", &*target.id);
            self.engine.record(way::told(hop, goes));
        }
        Ok(())
    }

    /// Every target must exist and let the bucket in; queues and topics are sent a test event.
    pub(crate) async fn check_targets(
        &self,
        context: &Context,
        bucket: &BucketRecord,
        targets: &[Target],
    ) -> S3Result<()> {
        for target in targets {
            let test = json!({
                "Service": "Amazon S3",
                "Event": "s3:TestEvent",
                "Time": timestamp::iso_milliseconds(self.clock.now().0),
                "Bucket": bucket.name,
                "RequestId": context.request_id.to_string(),
                "HostId": context.request_id.to_string(),
            });
            let test = EventRecord::new(context, bucket, target.clone(), test.to_string());
            let exists = match target.kind {
                Kind::Function => match self.ports.functions() {
                    Ok(functions) => functions.admits(target.arn.clone(), sender(&test)).await,
                    Err(error) => Err(error),
                },
                Kind::Queue | Kind::Topic => self.tell(&test).await,
            };
            if let Err(error) = exists {
                tracing::warn!(target = %target.arn, %error, "a notification's target cannot be used");
                return Err(s3_error!(
                    InvalidArgument,
                    "Unable to validate the following destination configurations"
                ));
            }
        }
        Ok(())
    }
}

/// A bucket as the policies of queues and functions know it.
fn sender(event: &EventRecord) -> Sender {
    Sender::Service {
        principal: PRINCIPAL,
        source: Arn::new("s3", "", "", &event.bucket),
        account: event.account.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(events: &[&str], prefix: &str, suffix: &str) -> Target {
        Target {
            kind: Kind::Queue,
            arn: "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap(),
            id: "x".into(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            prefix: prefix.into(),
            suffix: suffix.into(),
        }
    }

    #[test]
    fn a_target_wants_events_of_its_names_prefix_and_suffix() {
        let happened = |event, key: &str| Happened {
            event,
            key: key.to_owned(),
            size: None,
            e_tag: None,
            version_id: None,
        };
        let wants = target(&["s3:ObjectCreated:*"], "in/", ".json");
        assert!(wants.wants(&happened("ObjectCreated:Put", "in/a.json")));
        assert!(!wants.wants(&happened("ObjectRemoved:Delete", "in/a.json")));
        assert!(!wants.wants(&happened("ObjectCreated:Put", "out/a.json")));
        assert!(!wants.wants(&happened("ObjectCreated:Put", "in/a.txt")));
        assert!(target(&["s3:ObjectCreated:Put"], "", "").wants(&happened("ObjectCreated:Put", "x")));
    }

    #[test]
    fn overlapping_configurations_are_refused() {
        let all = target(&["s3:ObjectCreated:*"], "", "");
        assert!(check_overlaps(&[all.clone(), target(&["s3:ObjectCreated:Put"], "a/", "")]).is_err());
        assert!(check_overlaps(&[all, target(&["s3:ObjectRemoved:*"], "", "")]).is_ok());
        let (a, b) = (target(&["s3:ObjectCreated:*"], "a/", ""), target(&["s3:ObjectCreated:*"], "b/", ""));
        assert!(check_overlaps(&[a, b]).is_ok());
    }
}
