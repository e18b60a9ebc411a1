//! `--history`: how much of what happened is kept.

use std::str::FromStr;
use std::time::Duration;

use local::HistoryLimits;
use serde::Deserialize;

/// `off`, an age, a size, or both: `24h,1GiB`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct HistorySetting(Option<HistoryLimits>);

impl Default for HistorySetting {
    fn default() -> Self {
        Self(Some(HistoryLimits::default()))
    }
}

impl HistorySetting {
    /// The limits; `None`: nothing is kept.
    pub(crate) fn limits(self) -> Option<HistoryLimits> {
        self.0
    }

    /// The same with business keys.
    pub(crate) fn with_keys(self, keys: &[KeySetting]) -> Self {
        let words = keys.iter().map(|key| (key.resource.clone(), key.path.clone())).collect();
        Self(self.0.map(|limits| HistoryLimits { words, ..limits }))
    }
}

/// `--key`: where messages have a key by which journeys are found: `order.id`, or of one queue or topic
/// `orders=order.id`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct KeySetting {
    resource: Option<String>,
    path: Vec<String>,
}

impl FromStr for KeySetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (resource, path) = match text.split_once('=') {
            Some((resource, path)) => (Some(resource.to_owned()), path),
            None => (None, text),
        };
        let path = service::business_key::path(path).map_err(|error| error.to_string())?;
        Ok(Self { resource, path })
    }
}

impl TryFrom<String> for KeySetting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Less than this holds nothing worth having.
const BYTES_MIN: u64 = 1 << 20;

impl FromStr for HistorySetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let mut limits = HistoryLimits::default();
        for part in text.split(',').map(str::trim) {
            let end = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
            let (number, unit) = part.split_at(end);
            let wrong = || format!("{part:?} is neither an age (90m, 24h, 7d) nor a size (512MiB, 1GiB)");
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let seconds = |each: u64| Duration::from_secs(number.saturating_mul(each));
            match unit.trim() {
                "s" => limits.age = seconds(1),
                "m" => limits.age = seconds(60),
                "h" => limits.age = seconds(3600),
                "d" => limits.age = seconds(86_400),
                "MiB" => limits.bytes = number.saturating_mul(1 << 20),
                "GiB" => limits.bytes = number.saturating_mul(1 << 30),
                _ => return Err(wrong()),
            }
        }
        if limits.bytes < BYTES_MIN {
            return Err("a history of less than 1 MiB keeps nothing; say off to keep none".to_owned());
        }
        Ok(Self(Some(limits)))
    }
}

impl TryFrom<String> for HistorySetting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_paths_of_all_messages_or_of_one_resource() {
        let key = |text: &str| text.parse::<KeySetting>().unwrap();
        assert_eq!(key("$.order.id").path, ["order", "id"]);
        assert_eq!((key("orders=id").resource, key("id").resource), (Some("orders".to_owned()), None));
        assert!("orders=".parse::<KeySetting>().is_err());
        let with = HistorySetting::default().with_keys(&[key("orders=id")]).limits().unwrap();
        assert_eq!(with.words, [(Some("orders".to_owned()), vec!["id".to_owned()])]);
    }

    #[test]
    fn an_age_a_size_or_both() {
        let limits = |text: &str| text.parse::<HistorySetting>().unwrap().limits();
        let default = HistoryLimits::default();
        assert_eq!(limits("off"), None);
        assert_eq!(limits("90m"), Some(HistoryLimits { age: Duration::from_mins(90), ..default.clone() }));
        assert_eq!(limits("512MiB"), Some(HistoryLimits { bytes: 512 << 20, ..default }));
        assert_eq!(limits("7d, 2GiB").unwrap().bytes, 2 << 30);
        for wrong in ["", "24", "1h,x", "0GiB", "1 TB"] {
            assert!(wrong.parse::<HistorySetting>().is_err(), "{wrong}");
        }
    }
}
