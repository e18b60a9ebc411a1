//! The objects that a step read, whether they are still what they were, and making them so again.

use std::collections::{BTreeMap, HashSet};

use engine::{Hop, HopKind, HopOutcome, KeptHop};
use serde::Serialize;
use service::ServiceError;
use service::ports::{NotRestorable, ObjectSince, ObjectThen};

use crate::gather::{Gathered, Name, name};
use crate::limits::OBJECTS_MAX;
use crate::{Journeys, errors, tree};

/// An object that a step read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReadObject {
    bucket: String,
    key: String,
    /// As it was read.
    e_tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    /// As it is; absent if there is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    e_tag_now: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id_now: Option<String>,
    state: State,
    /// Of one that is not what it was: whether it can be again.
    #[serde(skip_serializing_if = "Option::is_none")]
    restore: Option<Restore>,
    /// Why not, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// The version that is to be current again.
    #[serde(skip)]
    kept: Option<String>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    Unchanged,
    Changed,
    Gone,
    /// It had changed or was gone, and is what it was again.
    Restored,
}

/// Whether an object can be what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Restore {
    Possible,
    NoBucket,
    NoVersions,
    VersionGone,
    WouldLose,
    /// Messages of this step read different contents.
    Ambiguous,
}

impl Restore {
    fn of(hindrance: NotRestorable) -> Self {
        match hindrance {
            NotRestorable::NoBucket => Self::NoBucket,
            NotRestorable::NoVersions => Self::NoVersions,
            NotRestorable::VersionGone => Self::VersionGone,
            NotRestorable::WouldLose => Self::WouldLose,
        }
    }

    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Possible => None,
            Self::NoBucket => Some("the bucket is gone"),
            Self::NoVersions => Some("the bucket keeps no versions"),
            Self::VersionGone => Some("the version of then is not kept (any more)"),
            Self::WouldLose => Some("versioning is suspended, and the object as it is now would be lost"),
            Self::Ambiguous => {
                Some("messages of this step read different versions of it; replay them one by one")
            }
        }
    }
}

/// An object as calls of a journey read it.
#[derive(Clone, Debug)]
struct Read<'a> {
    e_tag: &'a str,
    version_id: Option<&'a str>,
    /// It was asked for by this version.
    by_version: bool,
    /// Different calls read different contents.
    ambiguous: bool,
}

impl<'a> Read<'a> {
    fn of(hop: &'a Hop) -> Option<Self> {
        Some(Self {
            e_tag: hop.note("eTag")?,
            version_id: hop.note("versionId"),
            by_version: hop.note("askedVersion").is_some(),
            ambiguous: false,
        })
    }
}

impl Journeys {
    /// The objects that were read by what these hops brought about, but for those that it had written itself: it will
    /// write them again.
    pub(crate) async fn read_objects(
        &self,
        gathered: &Gathered,
        origins: &[KeptHop],
    ) -> Result<Vec<ReadObject>, ServiceError> {
        let calls = calls_below(gathered, origins);
        let mut written: HashSet<(&str, &str)> = HashSet::new();
        let mut read: BTreeMap<(&str, &str, Option<&str>), Read<'_>> = BTreeMap::new();
        for kept in &calls {
            let hop = &kept.hop;
            let bucket = hop.resource.trim_start_matches("arn:aws:s3:::");
            let (Some(action), Some(key)) = (hop.note("action"), hop.note("key")) else { continue };
            match (action, Read::of(hop)) {
                ("GetObject", Some(now)) if !written.contains(&(bucket, key)) => {
                    let place = (bucket, key, hop.note("askedVersion"));
                    let differs = |before: &Read<'_>| before.ambiguous || before.e_tag != now.e_tag;
                    let ambiguous = origins.len() > 1 && read.get(&place).is_some_and(differs);
                    read.insert(place, Read { ambiguous, ..now });
                }
                ("PutObject" | "CopyObject" | "CompleteMultipartUpload", _) => {
                    written.insert((bucket, key));
                }
                _ => {}
            }
        }
        let mut objects = Vec::new();
        for ((bucket, key, _), read) in read.into_iter().take(OBJECTS_MAX) {
            objects.push(self.read_object(bucket, key, &read).await?);
        }
        Ok(objects)
    }

    async fn read_object(
        &self,
        bucket: &str,
        key: &str,
        read: &Read<'_>,
    ) -> Result<ReadObject, ServiceError> {
        let then = ObjectThen {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            e_tag: read.e_tag.to_owned(),
            version_id: read.version_id.map(str::to_owned),
        };
        let ObjectSince { e_tag, version_id, then, hindrance } = self.ports.objects()?.since(then).await?;
        // By its version it is read again as it was, whatever is current.
        let same = if read.by_version {
            then.is_some() && then.as_deref() == read.version_id
        } else {
            e_tag.as_deref() == Some(read.e_tag)
        };
        let (state, restore) = match (same, hindrance) {
            (true, _) => (State::Unchanged, None),
            _ if read.by_version => (State::Gone, Some(Restore::VersionGone)),
            (_, hindrance) => {
                let open = if read.ambiguous { Restore::Ambiguous } else { Restore::Possible };
                let state = if e_tag.is_some() { State::Changed } else { State::Gone };
                (state, Some(hindrance.map_or(open, Restore::of)))
            }
        };
        Ok(ReadObject {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            e_tag: read.e_tag.to_owned(),
            version_id: read.version_id.map(str::to_owned),
            e_tag_now: e_tag,
            version_id_now: version_id,
            state,
            restore,
            reason: restore.and_then(Restore::reason),
            kept: then.filter(|_| restore == Some(Restore::Possible)),
        })
    }

    /// Makes all of them what they were; where one cannot be, it makes none, and says which and why.
    pub(crate) async fn restore_objects(&self, objects: &mut [ReadObject]) -> Result<(), ServiceError> {
        let refusals: Vec<String> = objects.iter().filter_map(ReadObject::refusal).collect();
        if !refusals.is_empty() {
            let text = format!("{}; nothing was restored or replayed", refusals.join("; "));
            return Err(ServiceError::new(&errors::VALIDATION, text));
        }
        for object in objects {
            let Some(version) = object.kept.take() else { continue };
            let (bucket, key) = (object.bucket.clone(), object.key.clone());
            let restored = self.ports.objects()?.restore(bucket, key, version).await?;
            (object.state, object.restore) = (State::Restored, None);
            (object.e_tag_now, object.version_id_now) = (Some(object.e_tag.clone()), Some(restored));
        }
        Ok(())
    }
}

impl ReadObject {
    /// Its place and new version, if it was restored.
    pub(crate) fn restored(&self) -> Option<String> {
        let version = self.version_id_now.as_deref().filter(|_| self.state == State::Restored)?;
        Some(format!("{} version {version}", self.place()))
    }

    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    fn refusal(&self) -> Option<String> {
        Some(format!("{} cannot be restored: {}", self.place(), self.reason?))
    }
}

/// The successful calls that these hops brought about, in the order of time.
fn calls_below(gathered: &Gathered, origins: &[KeptHop]) -> Vec<KeptHop> {
    let mut below: HashSet<Name> = origins.iter().map(name).collect();
    let mut calls = Vec::new();
    for placed in tree::place(gathered) {
        // An earlier replay is not what happened then.
        if placed.kept.hop.kind == HopKind::Start
            || !placed.parent.is_some_and(|above| below.contains(&above))
        {
            continue;
        }
        below.insert(name(&placed.kept));
        if placed.kept.hop.kind == HopKind::Call && placed.kept.hop.outcome == HopOutcome::Ok {
            calls.push(placed.kept);
        }
    }
    calls.sort_by_key(|kept| (kept.hop.at, kept.position));
    calls
}
