//! `AWS::Lambda::Permission`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{last_part, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

fn path(function: &str) -> String {
    format!("/2015-03-31/functions/{}/policy", last_part(function, ':'))
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let mut input: Map<String, Json> = properties
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "FunctionName")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    input.insert("StatementId".to_owned(), json!(site.logical_id));
    let function = text(properties, "FunctionName").unwrap_or_default();
    match site.client.rest("lambda", Method::POST, &path(function), Some(&Json::Object(input))).await {
        Err(error) if !error.is("ResourceConflictException") => return Err(error.into()),
        _ => {}
    }
    let id = site.logical_id.clone();
    Ok(ResourceValues { attributes: BTreeMap::from([("Id".to_owned(), id.clone())]), reference: id })
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let function = text(&existing.properties, "FunctionName").unwrap_or_default();
    let path = format!("{}/{}", path(function), existing.values.reference);
    match site.client.rest("lambda", Method::DELETE, &path, None).await {
        Err(error) if !error.is("ResourceNotFoundException") => Err(error.into()),
        _ => Ok(()),
    }
}
