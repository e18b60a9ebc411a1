//! Tags of functions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html>

use std::collections::BTreeMap;

use aws::Arn;
use service::{Context, ServiceError};

use crate::Lambda;
use crate::errors::{constraint, invalid, not_supported};
use crate::function_name::unqualified;
use crate::functions::Stored;
use crate::limits::TAGS_MAX;

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

impl Lambda {
    /// The function that a tag action is about.
    pub(crate) async fn tagged(&self, resource: &str, context: &Context) -> Result<Stored, ServiceError> {
        let arn: Arn = resource.parse().map_err(|_| {
            let rule = "Member must satisfy regular expression pattern: \
                        arn:(aws[a-zA-Z-]*):lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:\
                        (function:[a-zA-Z0-9-_]+(:(\\$LATEST|[a-zA-Z0-9-_]+))?|\
                        layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|\
                        event-source-mapping:[a-f0-9-]+)";
            constraint(resource, "resource", rule)
        })?;
        match unqualified(&arn) {
            Some(function) => self.unqualified_function(function.as_str(), context).await,
            None => Err(not_supported("Tagging a resource other than a function")),
        }
    }
}
