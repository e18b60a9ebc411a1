//! `AWS::Lambda::EventSourceMapping`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::text;
use crate::up::Site;
use crate::up::record::ResourceRecord;

const PATH: &str = "/2015-03-31/event-source-mappings";
const HANDED_ON: [&str; 11] = [
    "FunctionName",
    "EventSourceArn",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "Enabled",
    "FunctionResponseTypes",
    "ScalingConfig",
    "FilterCriteria",
    "KMSKeyArn",
    "MetricsConfig",
    "ProvisionedPollerConfig",
];

fn input(properties: &Json) -> Map<String, Json> {
    let typed = |name: &str, value: &Json| match (name, value.as_str()) {
        ("BatchSize" | "MaximumBatchingWindowInSeconds", Some(text)) => {
            text.parse::<u64>().map_or_else(|_| value.clone(), |number| json!(number))
        }
        ("Enabled", Some(text)) => json!(text == "true"),
        _ => value.clone(),
    };
    // CloudFormation writes it otherwise than the API.
    let property = |name: &'static str| if name == "KMSKeyArn" { "KmsKeyArn" } else { name };
    let given = HANDED_ON.into_iter().filter_map(|name| Some((name, properties.get(property(name))?)));
    given.map(|(name, value)| (name.to_owned(), typed(name, value))).collect()
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let input = Json::Object(input(properties));
    let uuid = match site.client.rest("lambda", Method::POST, PATH, Some(&input)).await {
        Ok(answer) => text(&answer, "UUID").unwrap_or_default().to_owned(),
        Err(error) if error.is("ResourceConflictException") => existing_uuid(site, properties).await?,
        Err(error) => return Err(error.into()),
    };
    let attributes = BTreeMap::from([
        ("Id".to_owned(), uuid.clone()),
        ("EventSourceMappingArn".to_owned(), site.arn("lambda", &format!("event-source-mapping:{uuid}"))),
    ]);
    Ok(ResourceValues { reference: uuid, attributes })
}

async fn existing_uuid(site: &Site, properties: &Json) -> anyhow::Result<String> {
    let part = |name: &str| text(properties, name).unwrap_or_default().to_owned();
    let path =
        format!("{PATH}?FunctionName={}&EventSourceArn={}", part("FunctionName"), part("EventSourceArn"));
    let answer = site.client.rest("lambda", Method::GET, &path, None).await?;
    let first = &answer["EventSourceMappings"][0];
    Ok(text(first, "UUID").unwrap_or_default().to_owned())
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let mut input = input(properties);
    input.remove("EventSourceArn");
    for (name, default) in [
        ("BatchSize", json!(10)),
        ("MaximumBatchingWindowInSeconds", json!(0)),
        ("Enabled", json!(true)),
        ("FunctionResponseTypes", json!([])),
        ("FilterCriteria", json!({"Filters": []})),
        ("MetricsConfig", json!({"Metrics": []})),
    ] {
        input.entry(name).or_insert(default);
    }
    let path = format!("{PATH}/{}", existing.values.reference);
    site.client.rest("lambda", Method::PUT, &path, Some(&Json::Object(input))).await?;
    Ok(())
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let path = format!("{PATH}/{}", existing.values.reference);
    match site.client.rest("lambda", Method::DELETE, &path, None).await {
        Err(error) if !error.is("ResourceNotFoundException") => Err(error.into()),
        _ => Ok(()),
    }
}
