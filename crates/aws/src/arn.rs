//! Amazon Resource Names.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `arn:partition:service:region:account:resource`. Region and account may be empty (S3 buckets); the resource may
/// itself contain colons. Copies share the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    text: Arc<str>,
    ends: [usize; 5],
}

/// Why a text is no ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// Fewer than six parts between colons; how many there are.
    #[error("An ARN must have at least 6 elements, not {0}")]
    TooFewElements(usize),
    /// The first part is not `arn`.
    #[error("An ARN must start with \"arn:\"")]
    NoPrefix,
    /// Partition, service or resource is empty.
    #[error("An ARN must name a partition, a service and a resource")]
    EmptyElement,
}

impl Arn {
    /// Puts an ARN of the `aws` partition together.
    ///
    /// # Panics
    /// If `service` or `resource` is empty: both are named by the program, never by a caller.
    pub fn new(service: &str, region: &str, account: &str, resource: &str) -> Self {
        let text = format!("arn:aws:{service}:{region}:{account}:{resource}");
        Self::from_str(&text).expect("parts of an ARN that the program itself names are not empty")
    }

    fn part(&self, index: usize) -> &str {
        let from = if index == 0 { 0 } else { self.ends[index - 1] + 1 };
        let to = self.ends.get(index).copied().unwrap_or(self.text.len());
        &self.text[from..to]
    }

    /// `aws`, `aws-cn`, ….
    pub fn partition(&self) -> &str {
        self.part(1)
    }
    /// `sqs`, `sns`, `lambda`, ….
    pub fn service(&self) -> &str {
        self.part(2)
    }
    /// The Region's name, empty for global resources.
    pub fn region(&self) -> &str {
        self.part(3)
    }
    /// The account's digits, empty for S3 buckets.
    pub fn account(&self) -> &str {
        self.part(4)
    }
    /// All that follows the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(5)
    }
    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let mut ends = [0; 5];
        let mut colons = text.match_indices(':');
        for (index, end) in ends.iter_mut().enumerate() {
            *end = colons.next().ok_or(ArnError::TooFewElements(index + 1))?.0;
        }
        let arn = Self { text: text.into(), ends };
        if arn.part(0) != "arn" {
            return Err(ArnError::NoPrefix);
        }
        if arn.partition().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return Err(ArnError::EmptyElement);
        }
        Ok(arn)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Serialize for Arn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_and_the_resource_keeps_its_colons() {
        let arn: Arn = "arn:aws:lambda:eu-west-1:123456789012:function:f:live".parse().unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            ("aws", "lambda", "eu-west-1", "123456789012", "function:f:live")
        );
    }

    #[test]
    fn what_is_no_arn_is_refused_with_the_reason() {
        assert_eq!("junk".parse::<Arn>(), Err(ArnError::TooFewElements(1)));
        assert_eq!("a:b:c:d:e:f".parse::<Arn>(), Err(ArnError::NoPrefix));
        assert_eq!("arn:aws:sqs:r:a:".parse::<Arn>(), Err(ArnError::EmptyElement));
    }
}
