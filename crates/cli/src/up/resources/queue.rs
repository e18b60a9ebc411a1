//! `AWS::SQS::Queue`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{as_text, last_part, tags, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 80;

/// What an attribute returns to when the template no longer gives it.
const DEFAULTS: [(&str, &str); 10] = [
    ("ContentBasedDeduplication", "false"),
    ("DelaySeconds", "0"),
    ("KmsMasterKeyId", ""),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("RedriveAllowPolicy", ""),
    ("RedrivePolicy", ""),
    ("SqsManagedSseEnabled", "true"),
    ("VisibilityTimeout", "30"),
];

fn attributes(properties: &Json) -> Map<String, Json> {
    let all = properties.as_object().into_iter().flatten();
    all.filter(|(name, _)| !matches!(name.as_str(), "QueueName" | "Tags"))
        .filter(|(name, value)| !(*name == "FifoQueue" && as_text(value) == "false"))
        .map(|(name, value)| (name.clone(), json!(as_text(value))))
        .collect()
}

fn name(site: &Site, properties: &Json) -> String {
    if let Some(name) = text(properties, "QueueName") {
        return name.to_owned();
    }
    match properties.get("FifoQueue").map(as_text).as_deref() {
        Some("true") => format!("{}.fifo", site.generated_name(NAME_MAX - ".fifo".len())),
        _ => site.generated_name(NAME_MAX),
    }
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let name = name(site, properties);
    let input =
        json!({"QueueName": name, "Attributes": attributes(properties), "tags": tags::map(properties)});
    let url = match site.client.json("sqs", "AmazonSQS.CreateQueue", &input).await {
        Ok(answer) => super::text(&answer, "QueueUrl").unwrap_or_default().to_owned(),
        Err(error) if error.is("QueueAlreadyExists") => take_over(site, &name, properties).await?,
        Err(error) => return Err(error.into()),
    };
    let attributes = BTreeMap::from([
        ("Arn".to_owned(), site.arn("sqs", &name)),
        ("QueueName".to_owned(), name),
        ("QueueUrl".to_owned(), url.clone()),
    ]);
    Ok(ResourceValues { reference: url, attributes })
}

/// A queue of that name exists with other attributes: it becomes this resource.
async fn take_over(site: &Site, name: &str, properties: &Json) -> anyhow::Result<String> {
    let answer = site.client.json("sqs", "AmazonSQS.GetQueueUrl", &json!({"QueueName": name})).await?;
    let url = text(&answer, "QueueUrl").unwrap_or_default().to_owned();
    set(site, &url, attributes(properties)).await?;
    Ok(url)
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let url = &existing.values.reference;
    let (old, mut new) = (attributes(&existing.properties), attributes(properties));
    for (name, default) in DEFAULTS {
        if old.contains_key(name) && !new.contains_key(name) {
            new.insert(name.to_owned(), json!(default));
        }
    }
    set(site, url, new).await?;
    let gone = tags::gone(&existing.properties, properties);
    if !gone.is_empty() {
        let input = json!({"QueueUrl": url, "TagKeys": gone});
        site.client.json("sqs", "AmazonSQS.UntagQueue", &input).await?;
    }
    let tags = tags::map(properties);
    if tags != tags::map(&existing.properties) && tags != json!({}) {
        site.client.json("sqs", "AmazonSQS.TagQueue", &json!({"QueueUrl": url, "Tags": tags})).await?;
    }
    Ok(())
}

async fn set(site: &Site, url: &str, mut attributes: Map<String, Json>) -> anyhow::Result<()> {
    attributes.remove("FifoQueue");
    if !attributes.is_empty() {
        let input = json!({"QueueUrl": url, "Attributes": attributes});
        site.client.json("sqs", "AmazonSQS.SetQueueAttributes", &input).await?;
    }
    Ok(())
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let url = &existing.values.reference;
    match site.client.json("sqs", "AmazonSQS.DeleteQueue", &json!({"QueueUrl": url})).await {
        Err(error) if !error.is("AWS.SimpleQueueService.NonExistentQueue") => {
            Err(anyhow::Error::new(error).context(format!("queue {}", last_part(url, '/'))))
        }
        _ => Ok(()),
    }
}
