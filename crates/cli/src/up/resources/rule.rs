//! `AWS::Events::Rule`, with its targets.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::text;
use crate::up::Site;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 64;

async fn events(site: &Site, action: &str, input: Json) -> Result<Json, client::ClientError> {
    site.client.json("events", &format!("AWSEvents.{action}"), &input).await
}

fn targets(properties: &Json) -> Vec<Json> {
    properties["Targets"].as_array().cloned().unwrap_or_default()
}

/// Puts the rule and its targets; what is not given is as for a new one.
async fn put(site: &Site, name: &str, properties: &Json) -> anyhow::Result<String> {
    let mut input = Map::from_iter([("Name".to_owned(), json!(name))]);
    for name in ["Description", "ScheduleExpression", "State", "RoleArn", "EventBusName"] {
        if let Some(value) = properties.get(name) {
            input.insert(name.to_owned(), value.clone());
        }
    }
    let answer = events(site, "PutRule", Json::Object(input)).await?;
    let targets = targets(properties);
    if !targets.is_empty() {
        events(site, "PutTargets", json!({"Rule": name, "Targets": targets})).await?;
    }
    Ok(text(&answer, "RuleArn").unwrap_or_default().to_owned())
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let name = text(properties, "Name").map_or_else(|| site.generated_name(NAME_MAX), str::to_owned);
    let arn = put(site, &name, properties).await?;
    Ok(ResourceValues { reference: name, attributes: BTreeMap::from([("Arn".to_owned(), arn)]) })
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let name = &existing.values.reference;
    let kept: Vec<Json> = targets(properties).iter().map(|target| target["Id"].clone()).collect();
    let mut gone = ids(&existing.properties);
    gone.retain(|id| !kept.contains(id));
    remove(site, name, gone).await?;
    put(site, name, properties).await.map(drop)
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let name = &existing.values.reference;
    remove(site, name, ids(&existing.properties)).await?;
    events(site, "DeleteRule", json!({"Name": name})).await?;
    Ok(())
}

fn ids(properties: &Json) -> Vec<Json> {
    targets(properties).iter().map(|target| target["Id"].clone()).collect()
}

async fn remove(site: &Site, name: &str, ids: Vec<Json>) -> anyhow::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    super::gone(events(site, "RemoveTargets", json!({"Rule": name, "Ids": ids})).await)
}
