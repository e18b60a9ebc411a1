//! `AWS::S3::Bucket`, with its versioning and its notifications.

use std::collections::BTreeMap;

use bytes::Bytes;
use client::{Answer, Call, ClientError};
use http::Method;
use serde_json::Value as Json;
use template::ResourceValues;

use super::text;
use crate::up::Site;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 63;

async fn s3(site: &Site, method: Method, path: &str, body: String) -> Result<Answer, ClientError> {
    let headers = vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())];
    let call = Call { service: "s3", method, path, headers, body: Bytes::from(body) };
    site.client.send(call).await?.success()
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let generated = || site.generated_name(NAME_MAX).to_ascii_lowercase();
    let name = text(properties, "BucketName").map_or_else(generated, str::to_owned);
    match s3(site, Method::PUT, &format!("/{name}"), location(&site.deployment.region)).await {
        Err(error) if !error.is("BucketAlreadyOwnedByYou") => return Err(error.into()),
        _ => {}
    }
    configure(site, &name, properties).await?;
    let region = &site.deployment.region;
    let attributes = BTreeMap::from([
        ("Arn".to_owned(), format!("arn:aws:s3:::{name}")),
        ("DomainName".to_owned(), format!("{name}.s3.amazonaws.com")),
        ("RegionalDomainName".to_owned(), format!("{name}.s3.{region}.amazonaws.com")),
        ("DualStackDomainName".to_owned(), format!("{name}.s3.dualstack.{region}.amazonaws.com")),
        ("WebsiteURL".to_owned(), format!("http://{name}.s3-website-{region}.amazonaws.com")),
    ]);
    Ok(ResourceValues { reference: name, attributes })
}

fn location(region: &str) -> String {
    if region == "us-east-1" {
        return String::new();
    }
    format!(
        "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    )
}

/// Replaces the bucket's versioning and notifications by the template's.
pub(super) async fn configure(site: &Site, name: &str, properties: &Json) -> anyhow::Result<()> {
    version(site, name, &properties["VersioningConfiguration"]).await?;
    let configuration = notification_xml(&properties["NotificationConfiguration"]);
    let document = format!("<NotificationConfiguration>{configuration}</NotificationConfiguration>");
    s3(site, Method::PUT, &format!("/{name}?notification="), document).await?;
    Ok(())
}

/// A bucket whose versioning the template does not mention (any more) is suspended, as at AWS.
async fn version(site: &Site, name: &str, configuration: &Json) -> anyhow::Result<()> {
    let path = format!("/{name}?versioning=");
    let status = match text(configuration, "Status") {
        Some(status) => status.to_owned(),
        None => match s3(site, Method::GET, &path, String::new()).await?.element("Status") {
            Some(enabled) if enabled == "Enabled" => "Suspended".to_owned(),
            _ => return Ok(()),
        },
    };
    let status = escaped(&status);
    let document = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    s3(site, Method::PUT, &path, document).await?;
    Ok(())
}

/// CloudFormation's lists as S3's XML.
fn notification_xml(configuration: &Json) -> String {
    let targets = [
        ("LambdaConfigurations", "Function", "CloudFunctionConfiguration", "CloudFunction"),
        ("QueueConfigurations", "Queue", "QueueConfiguration", "Queue"),
        ("TopicConfigurations", "Topic", "TopicConfiguration", "Topic"),
    ];
    let mut xml = String::new();
    for (list, member, element, target) in targets {
        for entry in configuration[list].as_array().into_iter().flatten() {
            let arn = escaped(text(entry, member).unwrap_or_default());
            let event = escaped(text(entry, "Event").unwrap_or_default());
            let filter = filter_xml(&entry["Filter"]);
            let entry =
                format!("<{element}><{target}>{arn}</{target}><Event>{event}</Event>{filter}</{element}>");
            xml.push_str(&entry);
        }
    }
    xml
}

fn filter_xml(filter: &Json) -> String {
    let rules = filter["S3Key"]["Rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rule = |rule: &Json| {
        let part = |name: &str| escaped(text(rule, name).unwrap_or_default());
        format!("<FilterRule><Name>{}</Name><Value>{}</Value></FilterRule>", part("Name"), part("Value"))
    };
    match rules {
        [] => String::new(),
        rules => format!("<Filter><S3Key>{}</S3Key></Filter>", rules.iter().map(rule).collect::<String>()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    match s3(site, Method::DELETE, &format!("/{}", existing.values.reference), String::new()).await {
        Err(error) if error.is("BucketNotEmpty") => {
            println!("{:<10} bucket {} still holds objects", "kept", existing.values.reference);
            Ok(())
        }
        Err(error) if !error.is("NoSuchBucket") => Err(error.into()),
        _ => Ok(()),
    }
}
