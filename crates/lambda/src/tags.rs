//! Tags of functions, event source mappings and code signing configurations.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use std::collections::BTreeMap;

use aws::Arn;
use engine::Expect;
use service::{Context, ServiceError};

use crate::Lambda;
use crate::code_signing::{CodeSigningRecord, MISSING, config_key};
use crate::errors::{constraint, invalid, not_supported};
use crate::function_name::{qualifier_of, unqualified};
use crate::functions::Stored;
use crate::limits::TAGS_MAX;
use crate::records::{self, MappingRecord};

const KEY_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

/// Refuses what cannot be a set of tags. `InvalidParameterValueException`.
pub(crate) fn check_tags(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ServiceError> {
    if tags.len() > TAGS_MAX {
        return Err(invalid(format!("Number of tags exceeds function tag limit: {TAGS_MAX}")));
    }
    for (key, value) in &tags {
        if key.is_empty() || key.chars().count() > KEY_CHARACTERS_MAX {
            return Err(invalid("Tag keys must be between 1 and 128 characters in length."));
        }
        if value.chars().count() > VALUE_CHARACTERS_MAX {
            return Err(invalid("Tag values must be between 0 and 256 characters in length."));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("Tag keys must not start with \"aws:\"; it is reserved for AWS use."));
        }
    }
    Ok(tags)
}

/// What can have tags.
pub(crate) enum Tagged {
    Function(Box<Stored>),
    Mapping(Box<MappingRecord>, u64),
    CodeSigning(Box<CodeSigningRecord>, u64),
}

impl Tagged {
    pub(crate) fn tags(&mut self) -> &mut BTreeMap<String, String> {
        match self {
            Self::Function(stored) => &mut stored.record.tags,
            Self::Mapping(record, _) => &mut record.tags,
            Self::CodeSigning(record, _) => &mut record.tags,
        }
    }
}

impl Lambda {
    /// What a tag action is about. `ResourceNotFoundException`.
    pub(crate) async fn tagged(&self, resource: &str, context: &Context) -> Result<Tagged, ServiceError> {
        let arn: Arn = resource.parse().map_err(|_| {
            let rule = "Member must satisfy regular expression pattern: \
                        arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:\
                        (function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|\
                        layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|\
                        event-source-mapping:[a-f0-9-]+)";
            constraint(resource, "resource", rule)
        })?;
        if let Some(uuid) = arn.resource().strip_prefix("event-source-mapping:") {
            let (record, revision) = self.mapping(uuid, context).await?;
            return Ok(Tagged::Mapping(Box::new(record), revision));
        }
        if arn.resource().starts_with("code-signing-config:") {
            let (record, revision) = self.code_signing_config(resource, context, MISSING).await?;
            return Ok(Tagged::CodeSigning(Box::new(record), revision));
        }
        match unqualified(&arn) {
            Some(_) if qualifier_of(&arn).is_some() => Err(invalid(
                "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            )),
            Some(function) => {
                Ok(Tagged::Function(Box::new(self.unqualified_function(function.as_str(), context).await?)))
            }
            None => Err(not_supported("Tagging a resource of this kind")),
        }
    }

    /// Stores what was tagged.
    pub(crate) async fn store_tagged(&self, tagged: Tagged) -> Result<(), ServiceError> {
        match tagged {
            Tagged::Function(stored) => {
                self.replace_function(&stored.record, stored.revision).await.map(drop)
            }
            Tagged::Mapping(record, revision) => {
                self.replace_mapping(&record, revision, "tag").await.map(drop)
            }
            Tagged::CodeSigning(record, revision) => {
                let (key, value) = (config_key(&record.arn), records::encode(&*record));
                Ok(self.engine.put(key, value, Expect::Revision(revision)).await.map(drop)?)
            }
        }
    }
}
