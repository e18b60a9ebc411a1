//! `AWS::SQS::QueuePolicy` and `AWS::SNS::TopicPolicy`: one document on each of the queues or topics.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use template::ResourceValues;

use super::{as_text, topic};
use crate::up::Site;
use crate::up::record::ResourceRecord;

fn targets<'a>(properties: &'a Json, name: &str) -> impl Iterator<Item = &'a str> {
    properties.get(name).and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let document = properties.get("PolicyDocument").map(as_text).unwrap_or_default();
    for url in targets(properties, "Queues") {
        set_queue(site, url, &document).await?;
    }
    for arn in targets(properties, "Topics") {
        topic::set(site, arn, "Policy", &document).await?;
    }
    let id = site.logical_id.clone();
    Ok(ResourceValues { attributes: BTreeMap::from([("Id".to_owned(), id.clone())]), reference: id })
}

async fn set_queue(site: &Site, url: &str, document: &str) -> Result<(), client::ClientError> {
    let input = json!({"QueueUrl": url, "Attributes": {"Policy": document}});
    site.client.json("sqs", "AmazonSQS.SetQueueAttributes", &input).await.map(|_| ())
}

/// Queues lose the document; a topic keeps one always, and goes back to none of its own with its deletion only.
pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    for url in targets(&existing.properties, "Queues") {
        match set_queue(site, url, "").await {
            Err(error) if !error.is("AWS.SimpleQueueService.NonExistentQueue") => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}
