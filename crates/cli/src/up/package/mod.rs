//! A function's code: built where the template says how, packed into a zip, known by its digest.

mod archive;
mod cargo;
mod python;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use template::Resource;

/// What the Lambda API takes as `Code`.
pub(super) struct Code {
    /// `{"ZipFile": …}` or `{"S3Bucket": …, "S3Key": …}`.
    pub(super) input: Json,
    /// Of the package's bytes, or of its place in S3.
    pub(super) digest: String,
}

/// Packages the code of a function or a layer; other resources have none.
pub(super) async fn package(
    resource: &Resource,
    properties: &Json,
    folder: &Path,
) -> anyhow::Result<Option<Code>> {
    let code = match resource.kind.name {
        "AWS::Lambda::Function" => &properties["Code"],
        "AWS::Lambda::LayerVersion" => &properties["Content"],
        _ => return Ok(None),
    };
    if let Some(uri) = code.as_str() {
        return match uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) => Ok(Some(in_s3(&json!({"S3Bucket": bucket, "S3Key": key})))),
            None => local(resource, properties, &folder.join(uri)).await.map(Some),
        };
    }
    match code.get("ZipFile").and_then(Json::as_str) {
        Some(source) => inline(properties, source).map(Some),
        None => Ok(Some(in_s3(code))),
    }
}

fn in_s3(place: &Json) -> Code {
    Code { input: place.clone(), digest: hex::encode(Sha256::digest(place.to_string())) }
}

fn zipped(zip: &[u8]) -> Code {
    let text = base64::engine::general_purpose::STANDARD.encode(zip);
    Code { input: json!({"ZipFile": text}), digest: hex::encode(Sha256::digest(zip)) }
}

/// Inline code is a file named as AWS names it: `index.py` or `index.js`.
fn inline(properties: &Json, source: &str) -> anyhow::Result<Code> {
    let name = match properties["Runtime"].as_str().unwrap_or_default() {
        runtime if runtime.starts_with("python") => "index.py",
        runtime if runtime.starts_with("nodejs") => "index.js",
        runtime => bail!("inline code needs a python or nodejs runtime, not {runtime:?}"),
    };
    Ok(zipped(&archive::of_bytes(&[(name, source.as_bytes(), false)])?))
}

async fn local(resource: &Resource, properties: &Json, path: &Path) -> anyhow::Result<Code> {
    let missing = || format!("code path {} does not exist", path.display());
    let metadata = std::fs::metadata(path).with_context(missing)?;
    if metadata.is_file() {
        return Ok(zipped(&std::fs::read(path).with_context(missing)?));
    }
    let method = build_method(resource);
    let zip = match method.as_deref() {
        Some("rust-cargolambda") => {
            let bootstrap = cargo::build(path, binary(resource).as_deref()).await?;
            archive::of_bytes(&[("bootstrap", &std::fs::read(&bootstrap)?, true)])?
        }
        Some(other) if !other.starts_with("python") => {
            bail!("BuildMethod {other} is not supported by Konekuta")
        }
        None if resource.kind.name == "AWS::Lambda::LayerVersion" => {
            archive::of_folders(&[path.to_path_buf()])?
        }
        _ if properties["Runtime"].as_str().is_some_and(|runtime| runtime.starts_with("python")) => {
            let packages = python::dependencies(path).await?;
            archive::of_folders(&folders(path, packages))?
        }
        _ => archive::of_folders(&[path.to_path_buf()])?,
    };
    Ok(zipped(&zip))
}

fn folders(code: &Path, packages: Option<PathBuf>) -> Vec<PathBuf> {
    packages.into_iter().chain([code.to_path_buf()]).collect()
}

fn build_method(resource: &Resource) -> Option<String> {
    resource.metadata.as_ref()?.get("BuildMethod")?.as_text().map(str::to_owned)
}

fn binary(resource: &Resource) -> Option<String> {
    resource.metadata.as_ref()?.get("BuildProperties")?.get("Binary")?.as_text().map(str::to_owned)
}
