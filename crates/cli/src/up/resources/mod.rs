//! How each type of resource is created, updated and deleted, through the services' own actions.

mod alias;
mod bucket;
mod event_invoke_config;
mod event_source_mapping;
mod function;
mod layer_version;
mod nominal;
mod permission;
mod policy;
mod queue;
mod rule;
mod schedule;
mod subscription;
mod tags;
mod topic;
mod url;
mod version;

use anyhow::bail;
use serde_json::Value as Json;
use template::ResourceValues;

use super::Site;
use super::package::Code;
use super::record::ResourceRecord;

/// Creates a resource; one that exists already under the same name is taken over.
pub(super) async fn create(
    site: &Site,
    kind: &str,
    properties: &Json,
    code: Option<&Code>,
) -> anyhow::Result<ResourceValues> {
    match kind {
        "AWS::SQS::Queue" => queue::create(site, properties).await,
        "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" => policy::create(site, properties).await,
        "AWS::SNS::Topic" => topic::create(site, properties).await,
        "AWS::SNS::Subscription" => subscription::create(site, properties).await,
        "AWS::S3::Bucket" => bucket::create(site, properties).await,
        "AWS::Lambda::Function" => function::create(site, properties, code).await,
        "AWS::Lambda::EventSourceMapping" => event_source_mapping::create(site, properties).await,
        "AWS::Lambda::Permission" => permission::create(site, properties).await,
        "AWS::Lambda::Version" => version::create(site, properties).await,
        "AWS::Lambda::Alias" => alias::create(site, properties).await,
        "AWS::Lambda::LayerVersion" => layer_version::create(site, properties, code).await,
        "AWS::Lambda::Url" => url::create(site, properties).await,
        "AWS::Lambda::EventInvokeConfig" => event_invoke_config::create(site, properties).await,
        "AWS::Events::Rule" => rule::create(site, properties).await,
        "AWS::Scheduler::Schedule" => schedule::create(site, properties).await,
        "AWS::IAM::Role" => Ok(nominal::role(site, properties)),
        "AWS::Logs::LogGroup" => Ok(nominal::log_group(site, properties)),
        "AWS::IAM::Policy" | "AWS::S3::BucketPolicy" => Ok(nominal::named(site)),
        other => bail!("type {other} cannot be created"),
    }
}

/// Brings an existing resource to new properties; `code` only if it changed.
pub(super) async fn update(
    site: &Site,
    existing: &ResourceRecord,
    properties: &Json,
    code: Option<&Code>,
) -> anyhow::Result<()> {
    match existing.kind.as_str() {
        "AWS::SQS::Queue" => queue::update(site, existing, properties).await,
        "AWS::SNS::Topic" => topic::update(site, existing, properties).await,
        "AWS::SNS::Subscription" => subscription::update(site, existing, properties).await,
        "AWS::S3::Bucket" => bucket::configure(site, &existing.values.reference, properties).await,
        "AWS::Lambda::Function" => function::update(site, existing, properties, code).await,
        "AWS::Lambda::EventSourceMapping" => event_source_mapping::update(site, existing, properties).await,
        "AWS::Events::Rule" => rule::update(site, existing, properties).await,
        "AWS::Scheduler::Schedule" => schedule::update(site, existing, properties).await,
        "AWS::Lambda::Alias" => alias::update(site, existing, properties).await,
        "AWS::Lambda::Url" => url::update(site, existing, properties).await,
        "AWS::Lambda::EventInvokeConfig" => event_invoke_config::create(site, properties).await.map(|_| ()),
        "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" => {
            policy::create(site, properties).await.map(|_| ())
        }
        _ => Ok(()),
    }
}

/// Deletes a resource; one that is gone already is fine.
pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    match existing.kind.as_str() {
        "AWS::SQS::Queue" => queue::delete(site, existing).await,
        "AWS::SQS::QueuePolicy" | "AWS::SNS::TopicPolicy" => policy::delete(site, existing).await,
        "AWS::SNS::Topic" => topic::delete(site, existing).await,
        "AWS::SNS::Subscription" => subscription::delete(site, existing).await,
        "AWS::S3::Bucket" => bucket::delete(site, existing).await,
        "AWS::Lambda::Function" => function::delete(site, existing).await,
        "AWS::Lambda::EventSourceMapping" => event_source_mapping::delete(site, existing).await,
        "AWS::Lambda::Permission" => permission::delete(site, existing).await,
        "AWS::Lambda::Version" => version::delete(site, existing).await,
        "AWS::Events::Rule" => rule::delete(site, existing).await,
        "AWS::Scheduler::Schedule" => schedule::delete(site, existing).await,
        "AWS::Lambda::Alias" => alias::delete(site, existing).await,
        "AWS::Lambda::LayerVersion" => layer_version::delete(site, existing).await,
        "AWS::Lambda::Url" => url::delete(site, existing).await,
        "AWS::Lambda::EventInvokeConfig" => event_invoke_config::delete(site, existing).await,
        _ => Ok(()),
    }
}

/// Whether a change of this property makes it another resource.
pub(super) fn is_identity(kind: &str, property: &str) -> bool {
    let identity: &[&str] = match kind {
        "AWS::SQS::Queue" => &["QueueName", "FifoQueue"],
        "AWS::SNS::Topic" => &["TopicName", "FifoTopic"],
        "AWS::SNS::Subscription" => &["TopicArn", "Protocol", "Endpoint"],
        "AWS::S3::Bucket" => &["BucketName"],
        "AWS::Lambda::Function" => &["FunctionName", "PackageType"],
        "AWS::Lambda::EventSourceMapping" => &["EventSourceArn"],
        "AWS::Lambda::Permission" | "AWS::Lambda::Version" | "AWS::Lambda::LayerVersion" => return true,
        "AWS::Lambda::Alias" => &["FunctionName", "Name"],
        "AWS::Lambda::Url" => &["TargetFunctionArn", "Qualifier"],
        "AWS::Lambda::EventInvokeConfig" => &["FunctionName", "Qualifier"],
        "AWS::Events::Rule" | "AWS::Scheduler::Schedule" => &["Name"],
        "AWS::IAM::Role" => &["RoleName"],
        "AWS::Logs::LogGroup" => &["LogGroupName"],
        _ => &[],
    };
    identity.contains(&property)
}

/// Whether other code makes it another resource.
pub(super) fn is_its_code(kind: &str) -> bool {
    kind == "AWS::Lambda::LayerVersion"
}

/// The name and the qualifier of a function that is given by name or ARN.
fn function_name(properties: &Json, name: &str) -> (String, Option<String>) {
    let given = text(properties, name).unwrap_or_default();
    let bare = given.split_once(":function:").map_or(given, |(_, rest)| rest);
    match bare.split_once(':') {
        Some((function, qualifier)) => (function.to_owned(), Some(qualifier.to_owned())),
        None => (bare.to_owned(), None),
    }
}

/// `ok`, also where what was to be removed is gone already.
fn gone(result: Result<Json, client::ClientError>) -> anyhow::Result<()> {
    match result {
        Err(error) if !error.is("ResourceNotFoundException") => Err(error.into()),
        _ => Ok(()),
    }
}

/// A number, which a template may write as text.
fn number(value: &Json) -> Json {
    let number = value.as_str().and_then(|text| text.parse::<u64>().ok());
    number.map_or_else(|| value.clone(), |number| serde_json::json!(number))
}

/// A property as the text that attribute maps take: texts bare, documents as JSON.
fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text property.
fn text<'a>(properties: &'a Json, name: &str) -> Option<&'a str> {
    properties.get(name)?.as_str()
}

/// The last part of an ARN or URL.
fn last_part(name: &str, separator: char) -> &str {
    name.rsplit(separator).next().unwrap_or(name)
}
