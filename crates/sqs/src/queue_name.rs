//! A queue's name, its ARN, its URL.

use aws::Arn;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::QueueKey;
use service::{Context, ServiceError};

use crate::{errors, limits};

/// A name that fits AWS's rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueName(String);

impl QueueName {
    /// 1 to 80 letters, digits, hyphens and underscores; a FIFO queue's ends in `.fifo`.
    pub(crate) fn parse(text: &str, fifo: bool) -> Result<Self, ServiceError> {
        let stem = text.strip_suffix(".fifo");
        let plain = stem.unwrap_or(text);
        let fits = !plain.is_empty()
            && text.len() <= limits::QUEUE_NAME_MAX
            && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !fits {
            let reason =
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(errors::invalid(text, "QueueName", reason));
        }
        match (stem.is_some(), fifo) {
            (true, false) | (false, true) => {
                let reason = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or \
                              underscores, must end with .fifo suffix and be 1 to 80 in length.";
                Err(errors::invalid(text, "QueueName", reason))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    pub(crate) fn key(&self, context: &Context) -> QueueKey {
        QueueKey::new(arn(context, context.caller.account.as_str(), &self.0))
    }
}

fn arn(context: &Context, account: &str, name: &str) -> String {
    ["arn:aws:sqs:", context.caller.region.as_str(), ":", account, ":", name].concat()
}

/// The key of a queue that is named by account and name.
pub(crate) fn key_of(context: &Context, account: &str, name: &str) -> QueueKey {
    QueueKey::new(arn(context, account, name))
}

/// The queue that a URL names. Any host will do: only `/<account>/<name>` counts.
pub(crate) fn from_url(context: &Context, url: &str) -> Result<QueueKey, ServiceError> {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    match (parts.next(), parts.next()) {
        (Some(name), Some(account)) if aws::AccountId::parse(account).is_some() && !name.is_empty() => {
            Ok(key_of(context, account, name))
        }
        _ => {
            let text = format!("The address {url} is not valid for this endpoint.");
            Err(ServiceError::new(&errors::INVALID_ADDRESS, text))
        }
    }
}

/// The URL under which the caller reaches a queue.
pub(crate) fn url(context: &Context, key: &QueueKey) -> String {
    let mut parts = key.as_str().rsplit(':');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{}/{account}/{name}", context.endpoint)
}

/// The name at the end of a queue's ARN.
pub(crate) fn name(key: &QueueKey) -> &str {
    key.as_str().rsplit(':').next().unwrap_or_default()
}

/// The token of a page that ends with this queue: opaque text.
pub(crate) fn token(key: &QueueKey) -> String {
    STANDARD.encode(name(key))
}

/// The last queue of the page before. Refuses what is no token.
pub(crate) fn from_token(context: &Context, token: &str) -> Result<QueueKey, ServiceError> {
    let decoded = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let name = decoded.and_then(|name| QueueName::parse(&name, name.ends_with(".fifo")).ok());
    name.map(|name| name.key(context))
        .ok_or_else(|| errors::invalid(token, "NextToken", "It was not returned by this action."))
}

/// The account in a queue's ARN.
pub(crate) fn account(key: &QueueKey) -> &str {
    key.as_str().rsplit(':').nth(1).unwrap_or_default()
}

/// An ARN as a key; only SQS's own.
pub(crate) fn from_arn(arn: &Arn) -> QueueKey {
    QueueKey::new(arn.as_str())
}

#[cfg(test)]
mod tests {
    use super::QueueName;

    #[test]
    fn names_follow_the_rule_and_the_kind() {
        assert!(QueueName::parse("a-b_C9", false).is_ok());
        assert!(QueueName::parse("a.fifo", true).is_ok());
        assert!(QueueName::parse(&"x".repeat(80), false).is_ok());
        for (wrong, fifo) in
            [("", false), ("a b", false), ("a.fifo", false), ("a", true), (".fifo", true), ("a.b", false)]
        {
            assert!(QueueName::parse(wrong, fifo).is_err(), "{wrong:?} {fifo}");
        }
        assert!(QueueName::parse(&"x".repeat(81), false).is_err());
    }
}
