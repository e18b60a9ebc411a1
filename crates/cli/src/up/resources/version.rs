//! `AWS::Lambda::Version`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value as Json, json};
use template::ResourceValues;

use super::{function_name, gone};
use crate::up::Site;
use crate::up::record::ResourceRecord;

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let (function, _) = function_name(properties, "FunctionName");
    let path = format!("/2015-03-31/functions/{function}/versions");
    let mut input = json!({});
    for name in ["Description", "CodeSha256"] {
        if let Some(value) = properties.get(name) {
            input[name] = value.clone();
        }
    }
    let version = site.client.rest("lambda", Method::POST, &path, Some(&input)).await?;
    let member = |name: &str| version[name].as_str().unwrap_or_default().to_owned();
    let attributes = ["Version", "FunctionArn"].map(|name| (name.to_owned(), member(name)));
    Ok(ResourceValues { reference: member("FunctionArn"), attributes: BTreeMap::from(attributes) })
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let (function, _) = function_name(&existing.properties, "FunctionName");
    let version = existing.values.attributes.get("Version").cloned().unwrap_or_default();
    let path = format!("/2015-03-31/functions/{function}?Qualifier={version}");
    gone(site.client.rest("lambda", Method::DELETE, &path, None).await)
}
