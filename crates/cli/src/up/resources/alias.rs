//! `AWS::Lambda::Alias`.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value as Json, json};
use template::ResourceValues;

use super::{function_name, gone, number, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let (function, _) = function_name(properties, "FunctionName");
    let arn = point(site, &function, &input(properties)).await?;
    provision(site, &function, &Json::Null, properties).await?;
    let attributes = BTreeMap::from([("AliasArn".to_owned(), arn.clone())]);
    Ok(ResourceValues { reference: arn, attributes })
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let (function, _) = function_name(properties, "FunctionName");
    point(site, &function, &input(properties)).await?;
    provision(site, &function, &existing.properties, properties).await
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let (function, _) = function_name(&existing.properties, "FunctionName");
    let name = text(&existing.properties, "Name").unwrap_or_default();
    let path = format!("/2015-03-31/functions/{function}/aliases/{name}");
    gone(site.client.rest("lambda", Method::DELETE, &path, None).await)
}

/// Creates an alias, or points an existing one elsewhere; answers its ARN.
pub(super) async fn point(site: &Site, function: &str, input: &Json) -> anyhow::Result<String> {
    let path = format!("/2015-03-31/functions/{function}/aliases");
    let made = match site.client.rest("lambda", Method::POST, &path, Some(input)).await {
        Err(error) if error.is("ResourceConflictException") => {
            let path = format!("{path}/{}", text(input, "Name").unwrap_or_default());
            site.client.rest("lambda", Method::PUT, &path, Some(input)).await?
        }
        other => other?,
    };
    Ok(text(&made, "AliasArn").unwrap_or_default().to_owned())
}

fn input(properties: &Json) -> Json {
    let mut input = json!({
        "Name": properties["Name"],
        "FunctionVersion": properties["FunctionVersion"],
        "Description": text(properties, "Description").unwrap_or_default(),
    });
    // CloudFormation lists the weights, the API maps them.
    let listed = properties["RoutingConfig"]["AdditionalVersionWeights"].as_array();
    let weights = listed.into_iter().flatten().filter_map(|weight| {
        Some((text(weight, "FunctionVersion")?.to_owned(), weight["FunctionWeight"].clone()))
    });
    input["RoutingConfig"] = json!({"AdditionalVersionWeights": weights.collect::<Map<_, _>>()});
    input
}

async fn provision(site: &Site, function: &str, old: &Json, new: &Json) -> anyhow::Result<()> {
    let asked = |properties: &Json| {
        properties.pointer("/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions").cloned()
    };
    let path = format!(
        "/2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={}",
        text(new, "Name").unwrap_or_default()
    );
    match (asked(old), asked(new)) {
        (_, Some(count)) => {
            let input = json!({"ProvisionedConcurrentExecutions": number(&count)});
            site.client.rest("lambda", Method::PUT, &path, Some(&input)).await?;
        }
        (Some(_), None) => {
            site.client.rest("lambda", Method::DELETE, &path, None).await?;
        }
        (None, None) => {}
    }
    Ok(())
}
