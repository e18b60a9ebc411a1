//! `AWS::Lambda::EventInvokeConfig`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{function_name, gone, number, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

fn path(properties: &Json) -> String {
    let (function, _) = function_name(properties, "FunctionName");
    let qualifier = text(properties, "Qualifier").unwrap_or("$LATEST");
    format!("/2019-09-25/functions/{function}/event-invoke-config?Qualifier={qualifier}")
}

/// Creates it, or replaces it as a whole.
pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let mut input = Map::new();
    for name in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
        if let Some(value) = properties.get(name) {
            input.insert(name.to_owned(), number(value));
        }
    }
    let destinations = properties.get("DestinationConfig").cloned();
    input.insert("DestinationConfig".to_owned(), destinations.unwrap_or_else(|| json!({})));
    site.client.rest("lambda", Method::PUT, &path(properties), Some(&Json::Object(input))).await?;
    Ok(ResourceValues { reference: site.logical_id.clone(), attributes: BTreeMap::new() })
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    gone(site.client.rest("lambda", Method::DELETE, &path(&existing.properties), None).await)
}
