//! Filter patterns: which events FilterLogEvents and live tails show.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod comparison;
mod fields;
mod json;
mod scanner;
mod terms;
#[cfg(test)]
mod tests;

use service::ServiceError;

use crate::errors::{constraint, invalid};
use crate::limits::FILTER_PATTERN_CHARACTERS_MAX;

/// A parsed pattern.
#[derive(Debug, Default)]
pub(crate) enum FilterPattern {
    /// Every event.
    #[default]
    All,
    /// Words in a line.
    Terms(terms::Terms),
    /// Members of a JSON document.
    Json(json::Expression),
    /// Fields between spaces.
    Fields(fields::Fields),
}

/// What is wrong with a pattern.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Invalid filter pattern: {0}")]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl FilterPattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text.trim();
        match text.chars().next() {
            None => Ok(Self::All),
            Some('{') => json::parse(text).map(Self::Json),
            Some('[') => fields::parse(text).map(Self::Fields),
            Some(_) => terms::parse(text).map(Self::Terms),
        }
    }

    /// Reads a member of a request.
    pub(crate) fn member(member: &str, text: Option<&str>) -> Result<Self, ServiceError> {
        let text = text.unwrap_or_default();
        if text.chars().count() > FILTER_PATTERN_CHARACTERS_MAX {
            return Err(constraint(text, member, "have length less than or equal to 1024"));
        }
        Self::parse(text).map_err(|malformed| invalid(malformed.to_string()))
    }

    /// Whether an event is wanted.
    pub(crate) fn matches(&self, message: &str) -> bool {
        match self {
            Self::All => true,
            Self::Terms(terms) => terms.matches(message),
            Self::Json(expression) => json::matches(expression, message),
            Self::Fields(fields) => fields.matches(message),
        }
    }
}
