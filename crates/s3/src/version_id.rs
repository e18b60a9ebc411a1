//! What names a version of an object. To clients it is opaque: 32 hexadecimal digits, or `null`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html>

use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// The null version, as clients write it.
pub(crate) const NULL: &str = "null";

/// Which version of its key something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionId {
    /// Grows with each version of a key.
    pub(crate) sequence: u64,
    /// Makes the name of a version that is gone never come again. `None`: the null version.
    pub(crate) unique: Option<u64>,
}

/// A version that a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Null,
    Version(VersionId),
}

impl VersionId {
    pub(crate) fn text(&self) -> String {
        match self.unique {
            Some(unique) => format!("{:016x}{unique:016x}", self.sequence),
            None => NULL.to_owned(),
        }
    }

    /// As a writer is told: of the null version nothing.
    pub(crate) fn told(&self) -> Option<String> {
        self.unique.map(|_| self.text())
    }
}

impl Named {
    /// As events tell of it: of the null version nothing.
    pub(crate) fn told(self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Version(id) => id.told(),
        }
    }

    pub(crate) fn parse(text: &str) -> S3Result<Self> {
        if text == NULL {
            return Ok(Self::Null);
        }
        if text.is_empty() {
            return Err(s3_error!(InvalidArgument, "Version id cannot be the empty string"));
        }
        let wrong = || s3_error!(InvalidArgument, "Invalid version id specified");
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let half = |digits: &str| u64::from_str_radix(digits, 16).map_err(|_| wrong());
        let (sequence, unique) = (half(&text[..16])?, half(&text[16..])?);
        Ok(Self::Version(VersionId { sequence, unique: Some(unique) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_was_told_and_nothing_else_is_one() {
        let id = VersionId { sequence: 7, unique: Some(u64::MAX) };
        assert_eq!(Named::parse(&id.text()).unwrap(), Named::Version(id));
        assert_eq!(Named::parse("null").unwrap(), Named::Null);
        for wrong in ["", "x", "+000000000000007ffffffffffffffff", "あああああああああああ", &"0".repeat(33)]
        {
            let refused = Named::parse(wrong).unwrap_err();
            assert_eq!(refused.code().as_str(), "InvalidArgument", "{wrong}");
        }
    }
}
