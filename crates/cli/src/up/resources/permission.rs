//! `AWS::Lambda::Permission`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{function_name, gone};
use crate::up::Site;
use crate::up::record::ResourceRecord;

/// The policy of a function, or of its alias or version, and the query that says so.
fn path(properties: &Json) -> (String, String) {
    let (function, qualifier) = function_name(properties, "FunctionName");
    let query = qualifier.map(|qualifier| format!("?Qualifier={qualifier}")).unwrap_or_default();
    (format!("/2015-03-31/functions/{function}/policy"), query)
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
    let (path, query) = path(properties);
    match site
        .client
        .rest("lambda", Method::POST, &format!("{path}{query}"), Some(&Json::Object(input)))
        .await
    {
        Err(error) if !error.is("ResourceConflictException") => return Err(error.into()),
        _ => {}
    }
    let id = site.logical_id.clone();
    Ok(ResourceValues { attributes: BTreeMap::from([("Id".to_owned(), id.clone())]), reference: id })
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let (path, query) = path(&existing.properties);
    let path = format!("{path}/{}{query}", existing.values.reference);
    gone(site.client.rest("lambda", Method::DELETE, &path, None).await)
}
