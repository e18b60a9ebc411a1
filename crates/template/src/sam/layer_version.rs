//! `AWS::Serverless::LayerVersion`: a layer's version whose content is a local folder or lies in S3.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-layerversion.html>

use crate::document::{Node, Value};
use crate::plan::Declared;
use crate::{TemplateError, check};

const SAME: [&str; 5] =
    ["LayerName", "Description", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo"];
const OTHERS: [&str; 2] = ["ContentUri", "RetentionPolicy"];

pub(super) fn expand(layer: Declared) -> Result<Declared, TemplateError> {
    let given = &layer.properties;
    let known = || SAME.iter().chain(&OTHERS).copied();
    for (name, node) in given.entries() {
        if !known().any(|other| other == name) {
            return Err(check::unknown(name, node.line, "AWS::Serverless::LayerVersion", known()));
        }
    }
    let uri = given.get("ContentUri").ok_or_else(|| TemplateError::at(layer.line, "needs ContentUri"))?;
    let mut content = uri.clone();
    if let Value::Map(_) = &uri.value
        && uri.function().is_none()
    {
        content = Node::map(uri.line, Vec::new());
        for (from, to) in [("Bucket", "S3Bucket"), ("Key", "S3Key"), ("Version", "S3ObjectVersion")] {
            if let Some(node) = uri.get(from) {
                content.set(to, node.clone());
            }
        }
    }
    let mut properties = Node::map(given.line, vec![("Content", content)]);
    for name in SAME {
        if let Some(node) = given.get(name) {
            properties.set(name, node.clone());
        }
    }
    // SAM names a layer by its logical id.
    if given.get("LayerName").is_none() {
        properties.set("LayerName", Node::text(given.line, layer.logical_id.as_str()));
    }
    Ok(Declared { kind: "AWS::Lambda::LayerVersion".to_owned(), properties, ..layer })
}
