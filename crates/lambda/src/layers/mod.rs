//! Layers: packages that functions share. A version of one never changes, and its number never comes back.
//!
//! A version that is deleted while functions use it is hidden; its package goes when nobody uses it any more, at a
//! start of the program at the latest.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>

mod for_functions;
mod shown;

use std::collections::BTreeMap;

use aws::Arn;
use engine::{Error, Expect, RecordKey, Refusal, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Caller, Context, ServiceError};

use crate::Lambda;
use crate::errors::{self, constraint, invalid};
use crate::records::{self, Code};

pub(crate) use for_functions::check_size;
pub(crate) use shown::{LayerVersion, ListedVersion};

/// All layers' records begin so.
pub(crate) const LAYERS: &str = "lambda/layer/";
/// All layer versions' records begin so.
pub(crate) const LAYER_VERSIONS: &str = "lambda/layer-version/";
const NAME_CHARACTERS_MAX: usize = 140;

/// A layer: what numbers its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerRecord {
    pub(crate) arn: Arn,
    /// The number of the last version, be it deleted or not.
    pub(crate) last_version: u64,
}

/// A version of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LayerVersionRecord {
    /// The layer's, without the number.
    pub(crate) layer: Arn,
    pub(crate) version: u64,
    pub(crate) description: String,
    pub(crate) license: Option<String>,
    pub(crate) architectures: Vec<String>,
    pub(crate) runtimes: Vec<String>,
    pub(crate) code: Code,
    pub(crate) created: Timestamp,
    /// The statements of its policy, by their ids.
    pub(crate) policy: BTreeMap<String, Json>,
    /// Changes with the policy.
    pub(crate) revision_id: String,
    /// Nobody sees it any more, but functions use it.
    pub(crate) deleted: bool,
}

impl LayerVersionRecord {
    /// Its ARN, with its number.
    pub(crate) fn arn(&self) -> Arn {
        version_arn(&self.layer, self.version)
    }

    pub(crate) fn key(&self) -> RecordKey {
        version_key(&self.layer, self.version)
    }

    /// Whether it may be used with that runtime and architecture.
    pub(crate) fn suits(&self, runtime: Option<&str>, architecture: Option<&str>) -> bool {
        let suits = |all: &Vec<String>, asked: Option<&str>| {
            asked.is_none_or(|asked| all.iter().any(|one| one == asked))
        };
        suits(&self.runtimes, runtime) && suits(&self.architectures, architecture)
    }
}

pub(crate) fn layer_key(layer: &Arn) -> RecordKey {
    RecordKey::new(format!("{LAYERS}{layer}"))
}

/// All versions of a layer begin so.
pub(crate) fn versions_of(layer: &Arn) -> String {
    format!("{LAYER_VERSIONS}{layer}/")
}

pub(crate) fn version_key(layer: &Arn, version: u64) -> RecordKey {
    RecordKey::new(format!("{}{version:020}", versions_of(layer)))
}

fn version_arn(layer: &Arn, version: u64) -> Arn {
    Arn::new("lambda", layer.region(), layer.account(), &format!("{}:{version}", layer.resource()))
}

/// The layer that a name or an ARN means. `InvalidParameterValueException`, `ValidationException`.
pub(crate) fn layer_arn(text: &str, caller: &Caller) -> Result<Arn, ServiceError> {
    let is_name = |name: &str| {
        (1..=NAME_CHARACTERS_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if is_name(text) {
        let (region, account) = (caller.region.as_str(), caller.account.as_str());
        return Ok(Arn::new("lambda", region, account, &format!("layer:{text}")));
    }
    let arn = text.parse::<Arn>().ok().filter(|arn| {
        arn.service() == "lambda" && arn.resource().strip_prefix("layer:").is_some_and(is_name)
    });
    arn.ok_or_else(|| {
        let rule = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}\
                    ((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+";
        constraint(text, "layerName", rule)
    })
}

/// Layer and number of a layer version's ARN.
pub(crate) fn split_version(arn: &str) -> Option<(Arn, u64)> {
    let (layer, number) = arn.rsplit_once(':')?;
    let layer: Arn = layer.parse().ok()?;
    let name = layer.resource().strip_prefix("layer:")?;
    let fits = layer.service() == "lambda" && !name.is_empty() && !name.contains(':');
    Some((layer, number.parse().ok()?)).filter(|_| fits)
}

/// There is no such version, or none that can be seen.
pub(crate) fn version_not_found() -> ServiceError {
    ServiceError::new(&errors::RESOURCE_NOT_FOUND, "The resource you requested does not exist.")
}

impl Lambda {
    /// The version with its registry revision, deleted or not.
    pub(crate) async fn find_layer_version(
        &self,
        layer: &Arn,
        version: u64,
    ) -> Result<Option<(LayerVersionRecord, u64)>, Error> {
        let Some(found) = self.engine.get(&version_key(layer, version)).await? else { return Ok(None) };
        Ok(Some((records::decode(&found)?, found.revision)))
    }

    /// The version that a caller names. `ResourceNotFoundException`.
    pub(crate) async fn layer_version(
        &self,
        name: &str,
        version: i64,
        context: &Context,
    ) -> Result<(LayerVersionRecord, u64), ServiceError> {
        let layer = layer_arn(name, &context.caller)?;
        let number = u64::try_from(version).ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| invalid("Layer Version Cannot be less than 1."))?;
        let found = self.find_layer_version(&layer, number).await?;
        found.filter(|(record, _)| !record.deleted).ok_or_else(version_not_found)
    }

    /// The versions of a layer that can be seen, the latest first.
    pub(crate) async fn layer_versions(&self, layer: &Arn) -> Result<Vec<LayerVersionRecord>, Error> {
        let mut versions = Vec::new();
        for record in self.all_records(&versions_of(layer)).await?.iter().rev() {
            let version: LayerVersionRecord = records::decode(record)?;
            if !version.deleted {
                versions.push(version);
            }
        }
        Ok(versions)
    }

    /// The next number of a layer, taken for good.
    pub(crate) async fn next_layer_version(&self, layer: &Arn) -> Result<u64, Error> {
        loop {
            let found = self.engine.get(&layer_key(layer)).await?;
            let (mut record, expect) = match &found {
                Some(found) => (records::decode(found)?, Expect::Revision(found.revision)),
                None => (LayerRecord { arn: layer.clone(), last_version: 0 }, Expect::Absent),
            };
            record.last_version += 1;
            match self.engine.put(layer_key(layer), records::encode(&record), expect).await {
                Ok(_) => return Ok(record.last_version),
                // Somebody else has taken it; there are as many turns as publishers.
                Err(Error::Refused(Refusal::RecordChanged(_))) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Stores a changed version over the one that was read. `ResourceConflictException`.
    pub(crate) async fn replace_layer_version(
        &self,
        record: &LayerVersionRecord,
        revision: u64,
    ) -> Result<(), ServiceError> {
        let put = self.engine.put(record.key(), records::encode(record), Expect::Revision(revision)).await;
        put.map(drop).map_err(|error| crate::functions::changed_meanwhile(error, &record.arn()))
    }
}

#[cfg(test)]
mod tests {
    use aws::{AccountId, Region};

    use super::*;

    #[test]
    fn layers_are_named_or_given_by_arn() {
        let caller = Caller {
            account: AccountId::local(),
            region: Region::default_region(),
            access_key_id: String::new(),
        };
        let arn = "arn:aws:lambda:us-east-1:000000000000:layer:tools";
        for text in ["tools", arn] {
            assert_eq!(layer_arn(text, &caller).unwrap().as_str(), arn);
        }
        for wrong in ["", "a b", "arn:aws:lambda:us-east-1:000000000000:function:f", "arn:aws:s3:::b"] {
            assert!(layer_arn(wrong, &caller).is_err(), "{wrong}");
        }
        assert_eq!(split_version(&format!("{arn}:7")), Some((arn.parse().unwrap(), 7)));
        assert_eq!(split_version(arn), None);
    }
}
