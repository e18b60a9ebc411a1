//! The account a caller belongs to.

use std::fmt;
use std::sync::Arc;

/// Twelve decimal digits that name an AWS account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// The account of everyone whose access key does not name one.
    pub fn local() -> Self {
        Self("000000000000".into())
    }

    /// Accepts exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::AccountId;

    #[test]
    fn only_twelve_digits_are_an_account() {
        assert!(AccountId::parse("123456789012").is_some());
        for wrong in ["", "12345678901", "1234567890123", "12345678901x"] {
            assert!(AccountId::parse(wrong).is_none(), "{wrong}");
        }
    }
}
