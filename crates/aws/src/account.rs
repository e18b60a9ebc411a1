//! The account a caller belongs to.

use std::fmt;

/// Twelve decimal digits that name an AWS account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// The account of everyone whose access key does not name one.
    pub fn local() -> Self {
        Self(*b"000000000000")
    }

    /// Accepts exactly twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The digits.
    ///
    /// # Panics
    /// Never: digits are text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are text")
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
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
