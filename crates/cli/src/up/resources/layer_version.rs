//! `AWS::Lambda::LayerVersion`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use http::Method;
use serde_json::{Map, Value as Json};
use template::ResourceValues;

use super::{gone, text};
use crate::up::Site;
use crate::up::package::Code;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 140;
const HANDED_ON: [&str; 4] = ["Description", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"];

pub(super) async fn create(
    site: &Site,
    properties: &Json,
    code: Option<&Code>,
) -> anyhow::Result<ResourceValues> {
    let name = text(properties, "LayerName").map_or_else(|| site.generated_name(NAME_MAX), str::to_owned);
    let mut input =
        Map::from_iter([("Content".to_owned(), code.context("a layer needs content")?.input.clone())]);
    for member in HANDED_ON {
        if let Some(value) = properties.get(member) {
            input.insert(member.to_owned(), value.clone());
        }
    }
    let path = format!("/2018-10-31/layers/{name}/versions");
    let made = site.client.rest("lambda", Method::POST, &path, Some(&Json::Object(input))).await?;
    let arn = text(&made, "LayerVersionArn").unwrap_or_default().to_owned();
    Ok(ResourceValues {
        attributes: BTreeMap::from([("LayerVersionArn".to_owned(), arn.clone())]),
        reference: arn,
    })
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let arn = &existing.values.reference;
    let name_and_version = arn.split_once(":layer:").and_then(|(_, rest)| rest.split_once(':'));
    let (name, version) = name_and_version.context("its ARN names no layer")?;
    let path = format!("/2018-10-31/layers/{name}/versions/{version}");
    gone(site.client.rest("lambda", Method::DELETE, &path, None).await)
}
