//! `AWS::SNS::Topic`.

use std::collections::BTreeMap;

use client::{Answer, ClientError};
use serde_json::Value as Json;
use template::ResourceValues;

use super::{as_text, tags, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 256;

/// An SNS action.
pub(super) async fn sns(
    site: &Site,
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<Answer, ClientError> {
    let owned: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    site.client.query("sns", "2010-03-31", action, &owned).await
}

fn attributes(properties: &Json) -> BTreeMap<String, String> {
    let all = properties.as_object().into_iter().flatten();
    all.filter(|(name, _)| {
        !matches!(name.as_str(), "TopicName" | "Tags" | "DeliveryStatusLogging" | "DataProtectionPolicy")
    })
    .filter(|(name, value)| !(*name == "FifoTopic" && as_text(value) == "false"))
    .map(|(name, value)| (name.clone(), as_text(value)))
    .collect()
}

fn name(site: &Site, properties: &Json) -> String {
    if let Some(name) = text(properties, "TopicName") {
        return name.to_owned();
    }
    match properties.get("FifoTopic").map(as_text).as_deref() {
        Some("true") => format!("{}.fifo", site.generated_name(NAME_MAX - ".fifo".len())),
        _ => site.generated_name(NAME_MAX),
    }
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let name = name(site, properties);
    let mut form = vec![("Name".to_owned(), name.clone())];
    for (number, (attribute, value)) in (1..).zip(attributes(properties)) {
        form.push((format!("Attributes.entry.{number}.key"), attribute));
        form.push((format!("Attributes.entry.{number}.value"), value));
    }
    form.extend(tag_form(&tags::map(properties)));
    let answer = site.client.query("sns", "2010-03-31", "CreateTopic", &form).await?;
    let arn = answer.element("TopicArn").unwrap_or_default();
    let attributes = BTreeMap::from([("TopicArn".to_owned(), arn.clone()), ("TopicName".to_owned(), name)]);
    Ok(ResourceValues { reference: arn, attributes })
}

fn tag_form(tags: &Json) -> Vec<(String, String)> {
    let mut form = Vec::new();
    for (number, (key, value)) in (1..).zip(tags.as_object().into_iter().flatten()) {
        form.push((format!("Tags.member.{number}.Key"), key.clone()));
        form.push((format!("Tags.member.{number}.Value"), as_text(value)));
    }
    form
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let arn = &existing.values.reference;
    let (old, new) = (attributes(&existing.properties), attributes(properties));
    for (name, value) in &new {
        if old.get(name) != Some(value) {
            set(site, arn, name, value).await?;
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        set(site, arn, name, if name == "ContentBasedDeduplication" { "false" } else { "" }).await?;
    }
    let gone = tags::gone(&existing.properties, properties);
    let mut form = vec![("ResourceArn".to_owned(), arn.clone())];
    form.extend((1..).zip(&gone).map(|(number, key)| (format!("TagKeys.member.{number}"), key.clone())));
    if !gone.is_empty() {
        site.client.query("sns", "2010-03-31", "UntagResource", &form).await?;
    }
    let tags = tags::map(properties);
    if tags != tags::map(&existing.properties) && tags != serde_json::json!({}) {
        let mut form = vec![("ResourceArn".to_owned(), arn.clone())];
        form.extend(tag_form(&tags));
        site.client.query("sns", "2010-03-31", "TagResource", &form).await?;
    }
    Ok(())
}

pub(super) async fn set(site: &Site, arn: &str, name: &str, value: &str) -> Result<Answer, ClientError> {
    sns(site, "SetTopicAttributes", &[("TopicArn", arn), ("AttributeName", name), ("AttributeValue", value)])
        .await
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    sns(site, "DeleteTopic", &[("TopicArn", &existing.values.reference)]).await?;
    Ok(())
}
