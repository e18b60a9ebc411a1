//! `AWS::Lambda::Url`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{function_name, gone, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

const HANDED_ON: [&str; 3] = ["AuthType", "Cors", "InvokeMode"];

fn path(properties: &Json) -> String {
    let (function, named) = function_name(properties, "TargetFunctionArn");
    let qualifier = text(properties, "Qualifier").map(str::to_owned).or(named);
    let query = qualifier.map(|qualifier| format!("?Qualifier={qualifier}")).unwrap_or_default();
    format!("/2021-10-31/functions/{function}/url{query}")
}

fn input(properties: &Json) -> Json {
    let given =
        HANDED_ON.into_iter().filter_map(|name| Some((name.to_owned(), properties.get(name)?.clone())));
    Json::Object(given.collect())
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let path = path(properties);
    let made = match site.client.rest("lambda", Method::POST, &path, Some(&input(properties))).await {
        Err(error) if error.is("ResourceConflictException") => {
            site.client.rest("lambda", Method::PUT, &path, Some(&input(properties))).await?
        }
        other => other?,
    };
    let member = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
    let attributes = ["FunctionUrl", "FunctionArn"].map(|name| (name.to_owned(), member(name)));
    Ok(ResourceValues { reference: member("FunctionArn"), attributes: BTreeMap::from(attributes) })
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let Json::Object(mut input) = input(properties) else { return Ok(()) };
    let defaults: Map<String, Json> =
        Map::from_iter([("Cors".to_owned(), json!({})), ("InvokeMode".to_owned(), json!("BUFFERED"))]);
    for (name, default) in defaults {
        if existing.properties.get(&name).is_some() {
            input.entry(name).or_insert(default);
        }
    }
    site.client.rest("lambda", Method::PUT, &path(properties), Some(&Json::Object(input))).await?;
    Ok(())
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    gone(site.client.rest("lambda", Method::DELETE, &path(&existing.properties), None).await)
}
