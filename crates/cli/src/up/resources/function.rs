//! `AWS::Lambda::Function`.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{alias, as_text, gone, number, tags, text};
use crate::up::Site;
use crate::up::package::Code;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 64;
/// How often a waiter asks, as AWS's own waiters do (they ask every second).
const POLL_EVERY: Duration = Duration::from_millis(50);
const POLLS_MAX: u32 = 1200;

/// Properties that are configuration, in the API under the same name.
const CONFIGURATION: [&str; 15] = [
    "Role",
    "Handler",
    "Runtime",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "EphemeralStorage",
    "TracingConfig",
    "DeadLetterConfig",
    "FileSystemConfigs",
    "ImageConfig",
    "Layers",
    "LoggingConfig",
    "SnapStart",
];
/// Numbers, which templates may write as text.
const NUMBERS: [&str; 2] = ["Timeout", "MemorySize"];

fn path(name: &str, rest: &str) -> String {
    format!("/2015-03-31/functions/{name}{rest}")
}

fn configuration(properties: &Json) -> Map<String, Json> {
    let mut input = Map::new();
    for name in CONFIGURATION {
        let Some(value) = properties.get(name) else { continue };
        let value = match name {
            "Environment" => environment(value),
            _ if NUMBERS.contains(&name) => number(value),
            _ => value.clone(),
        };
        input.insert(name.to_owned(), value);
    }
    input
}

/// Variables are texts, whatever a template writes.
fn environment(value: &Json) -> Json {
    let variables = value["Variables"].as_object().into_iter().flatten();
    let variables: Map<String, Json> =
        variables.map(|(name, value)| (name.clone(), json!(as_text(value)))).collect();
    json!({"Variables": variables})
}

pub(super) async fn create(
    site: &Site,
    properties: &Json,
    code: Option<&Code>,
) -> anyhow::Result<ResourceValues> {
    let name = text(properties, "FunctionName").map_or_else(|| site.generated_name(NAME_MAX), str::to_owned);
    let code = code.context("a function needs code")?;
    let mut input = configuration(properties);
    input.insert("FunctionName".to_owned(), json!(name));
    input.insert("Code".to_owned(), code.input.clone());
    input.insert("Tags".to_owned(), tags::map(properties));
    for same in ["PackageType", "Architectures"] {
        if let Some(value) = properties.get(same) {
            input.insert(same.to_owned(), value.clone());
        }
    }
    match site.client.rest("lambda", Method::POST, "/2015-03-31/functions", Some(&Json::Object(input))).await
    {
        Ok(_) => {}
        Err(error) if error.is("ResourceConflictException") => {
            change(site, &name, configuration(properties), Some(code)).await?;
        }
        Err(error) => return Err(error.into()),
    }
    settled(site, &name).await?;
    beside(site, &name, &Json::Null, properties).await?;
    let attributes = BTreeMap::from([("Arn".to_owned(), site.arn("lambda", &format!("function:{name}")))]);
    Ok(ResourceValues { reference: name, attributes })
}

pub(super) async fn update(
    site: &Site,
    existing: &ResourceRecord,
    properties: &Json,
    code: Option<&Code>,
) -> anyhow::Result<()> {
    let name = &existing.values.reference;
    let (old, mut new) = (configuration(&existing.properties), configuration(properties));
    let changed = old != new;
    for gone in old.keys().filter(|name| !new.contains_key(*name)).cloned().collect::<Vec<_>>() {
        new.insert(gone.clone(), default_of(&gone));
    }
    change(site, name, if changed { new } else { Map::new() }, code).await?;
    beside(site, name, &existing.properties, properties).await?;
    retag(site, existing, properties).await
}

/// What has actions of its own: reserved concurrency, the recursion configuration, and the alias that is published.
async fn beside(site: &Site, name: &str, old: &Json, new: &Json) -> anyhow::Result<()> {
    let reserved = "ReservedConcurrentExecutions";
    let path = format!("/2017-10-31/functions/{name}/concurrency");
    if let Some(value) = new.get(reserved) {
        let input = json!({reserved: number(value)});
        site.client.rest("lambda", Method::PUT, &path, Some(&input)).await?;
    } else if old.get(reserved).is_some() {
        gone(site.client.rest("lambda", Method::DELETE, &path, None).await)?;
    }
    if new.get("RecursiveLoop") != old.get("RecursiveLoop") {
        let value = new.get("RecursiveLoop").cloned().unwrap_or_else(|| json!("Terminate"));
        let path = format!("/2024-08-31/functions/{name}/recursion-config");
        site.client.rest("lambda", Method::PUT, &path, Some(&json!({"RecursiveLoop": value}))).await?;
    }
    if let Some(alias) = text(new, "AutoPublishAlias") {
        let version = site.client.rest("lambda", Method::POST, &self::path(name, "/versions"), None).await?;
        alias::point(site, name, &json!({"Name": alias, "FunctionVersion": version["Version"]})).await?;
    }
    Ok(())
}

/// What a setting returns to when the template no longer gives it.
fn default_of(name: &str) -> Json {
    match name {
        "Timeout" => json!(3),
        "MemorySize" => json!(128),
        "Environment" => json!({"Variables": {}}),
        "EphemeralStorage" => json!({"Size": 512}),
        "TracingConfig" => json!({"Mode": "PassThrough"}),
        "DeadLetterConfig" => json!({"TargetArn": ""}),
        "FileSystemConfigs" | "Layers" => json!([]),
        "ImageConfig" => json!({}),
        "LoggingConfig" => json!({"LogFormat": "Text"}),
        "SnapStart" => json!({"ApplyOn": "None"}),
        _ => json!(""),
    }
}

async fn change(
    site: &Site,
    name: &str,
    configuration: Map<String, Json>,
    code: Option<&Code>,
) -> anyhow::Result<()> {
    if let Some(code) = code {
        site.client.rest("lambda", Method::PUT, &path(name, "/code"), Some(&code.input)).await?;
        settled(site, name).await?;
    }
    if !configuration.is_empty() {
        let input = Json::Object(configuration);
        site.client.rest("lambda", Method::PUT, &path(name, "/configuration"), Some(&input)).await?;
        settled(site, name).await?;
    }
    Ok(())
}

async fn retag(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let tags = tags::map(properties);
    if tags == tags::map(&existing.properties) {
        return Ok(());
    }
    let arn = existing.values.attributes.get("Arn").cloned().unwrap_or_default();
    let path = format!("/2017-03-31/tags/{arn}");
    let gone = tags::gone(&existing.properties, properties);
    if !gone.is_empty() {
        let keys: Vec<String> = gone.iter().map(|key| format!("tagKeys={key}")).collect();
        site.client.rest("lambda", Method::DELETE, &format!("{path}?{}", keys.join("&")), None).await?;
    }
    site.client.rest("lambda", Method::POST, &path, Some(&json!({"Tags": tags}))).await?;
    Ok(())
}

/// Waits until the function can be invoked, as AWS's waiters do: by asking.
async fn settled(site: &Site, name: &str) -> anyhow::Result<()> {
    for _ in 0..POLLS_MAX {
        let answer = site.client.rest("lambda", Method::GET, &path(name, "/configuration"), None).await?;
        let state = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        if state("State") == "Failed" || state("LastUpdateStatus") == "Failed" {
            bail!("{}{}", state("StateReason"), state("LastUpdateStatusReason"));
        }
        if state("State") != "Pending" && state("LastUpdateStatus") != "InProgress" {
            return Ok(());
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
    bail!("function {name} did not become active")
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    match site.client.rest("lambda", Method::DELETE, &path(&existing.values.reference, ""), None).await {
        Err(error) if !error.is("ResourceNotFoundException") => Err(error.into()),
        _ => Ok(()),
    }
}
