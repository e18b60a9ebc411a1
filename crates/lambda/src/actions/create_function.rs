//! CreateFunction: checks and stores a package, and makes a function of it that is `Pending` until it is unpacked.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

use std::collections::BTreeMap;

use engine::{BlobId, Error, Expect, QueueKind, QueueSettings, Refusal};
use serde::Deserialize;
use service::{Action, Context, DecodeError, Method, Rest, ServiceError};

use crate::Lambda;
use crate::async_invocation;
use crate::code::CodeSource;
use crate::configuration::FunctionConfiguration;
use crate::errors::{self, constraint, invalid};
use crate::function_name::{FunctionName, LATEST};
use crate::layers::check_size;
use crate::limits;
use crate::records::{self, Code, FunctionRecord, ImageRecord, LastUpdate, State, function_key};
use crate::settings::{Settings, checked_architectures};
use crate::tags::check_tags;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    code: CodeSource,
    publish: Option<bool>,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    tags: Option<BTreeMap<String, String>>,
    code_signing_config_arn: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// The action.
pub(crate) struct CreateFunction;

impl Action for CreateFunction {
    const NAME: &'static str = "CreateFunction";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/2015-03-31/functions", 201));
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let name = FunctionName::parse_unqualified(&input.function_name, &context.caller)?;
        check(&input)?;
        let mut record = draft(lambda, context, name);
        record.architectures = checked_architectures(input.architectures)?;
        record.tags = check_tags(input.tags.unwrap_or_default())?;
        if input.package_type.as_deref() == Some("Image") {
            record.image = input.code.image_uri.clone().map(|uri| ImageRecord { uri, config: None });
        }
        let layers = input.settings.apply(&mut record)?;
        if lambda.find_function(&record.arn).await?.is_some() {
            return Err(exists(&record.name));
        }
        if let Some(layers) = layers {
            record.layers = lambda.layers(&layers, &context.caller).await?;
        }
        if let Some(arn) = &input.code_signing_config_arn {
            lambda.code_signing_config(arn, context, &errors::CODE_SIGNING_CONFIG_NOT_FOUND).await?;
            record.code_signing_config = input.code_signing_config_arn;
        }
        if let Some(image) = &record.image {
            record.code = Code::of_image(&image.uri);
        } else if let Some(code) = lambda.accept_code(input.code, false).await? {
            record.code = code;
        }
        check_size(&record)?;
        let published = match input.publish {
            Some(true) => Some(lambda.publish(&mut record, None).await?),
            _ => None,
        };
        store(lambda, &record).await?;
        tracing::info!(function = %record.arn, runtime = record.runtime, "function created");
        lambda.attend_events(&record);
        for made in std::iter::once(&record).chain(&published) {
            lambda.activate_soon(made.arn.clone(), made.version.clone());
        }
        Ok(FunctionConfiguration::of(published.as_ref().unwrap_or(&record)))
    }
}

fn check(input: &Input) -> Result<(), ServiceError> {
    if input.settings.role.is_none() {
        return Err(errors::on_decode_error(DecodeError::Missing("Role".to_owned())));
    }
    match input.package_type.as_deref() {
        None | Some("Zip") => {}
        Some("Image") => return check_image(input),
        Some(other) => {
            return Err(constraint(other, "packageType", "Member must satisfy enum value set: [Zip, Image]"));
        }
    }
    if input.settings.runtime.is_none() || input.settings.handler.is_none() {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ));
    }
    Ok(())
}

/// An image says itself what it runs.
fn check_image(input: &Input) -> Result<(), ServiceError> {
    if input.settings.runtime.is_some() || input.settings.handler.is_some() || input.settings.has_layers() {
        return Err(invalid(
            "Please don't provide Runtime or Handler or Layer when the intended function PackageType is Image.",
        ));
    }
    if input.code.image_uri.is_none() {
        return Err(invalid("Please provide ImageUri when creating a function with packageType Image."));
    }
    Ok(())
}

/// A function with AWS's defaults.
fn draft(lambda: &Lambda, context: &Context, name: FunctionName) -> FunctionRecord {
    FunctionRecord {
        id: lambda.ids.uuid().to_string(),
        arn: name.arn,
        name: name.name,
        version: LATEST.to_owned(),
        published: 0,
        runtime: String::new(),
        handler: String::new(),
        role: String::new(),
        description: String::new(),
        timeout_seconds: limits::TIMEOUT_SECONDS_DEFAULT,
        memory_mb: limits::MEMORY_MB_MIN,
        ephemeral_storage_mb: limits::EPHEMERAL_STORAGE_MB_MIN,
        environment: None,
        tracing_mode: "PassThrough".to_owned(),
        architectures: Vec::new(),
        dead_letter_target: None,
        kms_key_arn: None,
        vpc_config: None,
        logging_config: None,
        snap_start: None,
        file_system_configs: Vec::new(),
        image: None,
        code_signing_config: None,
        layers: Vec::new(),
        code: Code { blob: BlobId(String::new()), size: 0, unzipped: 0, sha256: String::new() },
        last_modified: context.now,
        revision_id: lambda.ids.uuid().to_string(),
        environment_revision: context.now.0,
        state: State::Pending,
        last_update: LastUpdate::InProgress,
        tags: BTreeMap::new(),
        policy: BTreeMap::new(),
        reserved_concurrency: None,
        event_invoke: None,
        recursive_loop: None,
        qualified: BTreeMap::new(),
    }
}

/// The queue first: a function whose record is there can be invoked asynchronously. What a crash leaves of a queue
/// alone is removed at the next start.
async fn store(lambda: &Lambda, record: &FunctionRecord) -> Result<(), ServiceError> {
    lambda.creating().insert(record.event_queue());
    let stored = store_both(lambda, record).await;
    lambda.creating().remove(&record.event_queue());
    stored
}

async fn store_both(lambda: &Lambda, record: &FunctionRecord) -> Result<(), ServiceError> {
    lambda.engine.create_queue(record.event_queue(), event_queue_settings(), bytes::Bytes::new()).await?;
    let put = lambda.engine.put(function_key(&record.arn), records::encode(record), Expect::Absent).await;
    let Err(error) = put else { return Ok(()) };
    lambda.engine.delete_queue(record.event_queue()).await?;
    lambda.forget_package(&record.code).await?;
    match error {
        Error::Refused(Refusal::RecordChanged(_)) => Err(exists(&record.name)),
        other => Err(other.into()),
    }
}

fn event_queue_settings() -> QueueSettings {
    QueueSettings {
        kind: QueueKind::Standard,
        delay_seconds: 0,
        retention_seconds: async_invocation::RETENTION_SECONDS,
        visibility_timeout_seconds: async_invocation::VISIBILITY_SECONDS,
        dead_letter: None,
        in_flight_max: async_invocation::IN_FLIGHT_MAX,
    }
}

fn exists(name: &str) -> ServiceError {
    ServiceError::new(&errors::RESOURCE_CONFLICT, format!("Function already exist: {name}"))
}
