//! The Region a request is for.

use std::fmt;
use std::sync::Arc;

/// The name of a Region, such as `us-east-1`. Any name of that alphabet is served: one server is every Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Arc<str>);

impl Region {
    /// `us-east-1`, where AWS's own tools go when nothing is configured.
    pub fn default_region() -> Self {
        Self("us-east-1".into())
    }

    /// Accepts 1 to 32 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
