//! The Region a request is for.

use std::fmt;

const LENGTH_MAX: usize = 32;

/// The name of a Region, such as `us-east-1`. Any name of that alphabet is served: one server is every Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region {
    /// Filled up with zeros.
    name: [u8; LENGTH_MAX],
    length: usize,
}

impl Region {
    /// `us-east-1`, where AWS's own tools go when nothing is configured.
    pub fn default_region() -> Self {
        Self::of("us-east-1")
    }

    fn of(text: &str) -> Self {
        let mut name = [0; LENGTH_MAX];
        name[..text.len()].copy_from_slice(text.as_bytes());
        Self { name, length: text.len() }
    }

    /// Accepts 1 to 32 lower-case letters, digits and hyphens.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Self::of(text))
    }

    /// The name.
    ///
    /// # Panics
    /// Never: the letters are ASCII.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.name[..self.length]).expect("the letters are ASCII")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}
