//! ARNs of topics and subscriptions.

use aws::Arn;
use service::{Context, ServiceError};

use crate::{errors, limits};

/// The ARN of a topic of the caller's, from a name that fits the rule.
pub(crate) fn of_topic(context: &Context, name: &str, fifo: bool) -> Result<Arn, ServiceError> {
    let stem = name.strip_suffix(".fifo");
    let plain = stem.unwrap_or(name);
    let fits = !plain.is_empty()
        && name.len() <= limits::TOPIC_NAME_MAX
        && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && stem.is_some() == fifo;
    if !fits {
        return Err(errors::invalid("Topic Name"));
    }
    let Context { caller, .. } = context;
    Ok(Arn::new("sns", caller.region.as_str(), caller.account.as_str(), name))
}

/// A topic's ARN as a caller gave it.
pub(crate) fn topic(text: &str) -> Result<Arn, ServiceError> {
    let arn: Arn = text.parse().map_err(|error| errors::invalid(&format!("TopicArn Reason: {error}")))?;
    if arn.service() != "sns" || arn.resource().contains(':') {
        return Err(errors::invalid("TopicArn"));
    }
    Ok(arn)
}

/// A topic's ARN for a message: publishing goes to topics of the Region that is called. Nobody's calls have none.
pub(crate) fn topic_in_region(context: &Context, text: &str) -> Result<Arn, ServiceError> {
    let (arn, caller) = (topic(text)?, &context.caller);
    let elsewhere = arn.region() != caller.region.as_str() && !caller.access_key_id.is_empty();
    if elsewhere { Err(errors::invalid("TopicArn")) } else { Ok(arn) }
}

/// A subscription's ARN as the topic's ARN and the id.
pub(crate) fn subscription(text: &str) -> Result<(Arn, String), ServiceError> {
    let wrong = |reason: String| errors::invalid(&format!("SubscriptionArn Reason: {reason}"));
    let arn: Arn = text.parse().map_err(|error: aws::ArnError| wrong(error.to_string()))?;
    let (topic, id) = text.rsplit_once(':').ok_or_else(|| wrong("no id".to_owned()))?;
    if arn.service() != "sns" || !arn.resource().contains(':') {
        return Err(wrong("not the ARN of a subscription".to_owned()));
    }
    Ok((topic.parse().map_err(|error: aws::ArnError| wrong(error.to_string()))?, id.to_owned()))
}

/// Whether a topic or queue is a FIFO one: its name says so.
pub(crate) fn is_fifo(arn: &Arn) -> bool {
    arn.resource().ends_with(".fifo")
}
