//! Get, put, list and delete stack records. A record's document is the command line's own and opaque here.

use engine::{Error, Expect, RecordKey, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::{Stacks, errors};

const PREFIX: &str = "konekuta/stack/";
const STACKS_MAX: usize = 1000;

fn key(name: &str) -> RecordKey {
    RecordKey::new(format!("{PREFIX}{name}"))
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let fits = (1..=128).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        return Ok(());
    }
    let message = format!("{name:?} is no stack name: a letter, then up to 127 letters, digits and hyphens");
    Err(ServiceError::new(&errors::VALIDATION, message))
}

fn changed(error: Error) -> ServiceError {
    match error {
        Error::Refused(Refusal::RecordChanged(_)) => {
            ServiceError::new(&errors::CHANGED, "The stack was changed meanwhile by another call")
        }
        other => other.into(),
    }
}

/// A stack's name in the path.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StackName {
    stack_name: String,
}

/// A record and its revision.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Stack {
    document: Json,
    revision: u64,
}

/// `GET /_konekuta/stacks/{StackName}`.
pub(crate) struct GetStack;

impl Action for GetStack {
    const NAME: &'static str = "GetStack";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/_konekuta/stacks/{StackName}", 200));
    type Service = Stacks;
    type Input = StackName;
    type Output = Stack;

    async fn run(service: &Stacks, _: &Context, input: StackName) -> Result<Stack, ServiceError> {
        let record = service.registry.get(&key(&input.stack_name)).await?.ok_or_else(|| {
            ServiceError::new(&errors::NOT_FOUND, format!("There is no stack {}", input.stack_name))
        })?;
        let document = serde_json::from_slice(&record.value)
            .map_err(|error| ServiceError::internal(format!("stack record: {error}")))?;
        Ok(Stack { document, revision: record.revision })
    }
}

/// What to store, and over which revision (absent: there is none yet).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutStackInput {
    stack_name: String,
    document: Json,
    revision: Option<u64>,
}

/// The new revision.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PutStackOutput {
    revision: u64,
}

/// `PUT /_konekuta/stacks/{StackName}`.
pub(crate) struct PutStack;

impl Action for PutStack {
    const NAME: &'static str = "PutStack";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Put, "/_konekuta/stacks/{StackName}", 200));
    type Service = Stacks;
    type Input = PutStackInput;
    type Output = PutStackOutput;

    async fn run(
        service: &Stacks,
        _: &Context,
        input: PutStackInput,
    ) -> Result<PutStackOutput, ServiceError> {
        check_name(&input.stack_name)?;
        let expect = input.revision.map_or(Expect::Absent, Expect::Revision);
        let value = input.document.to_string().into();
        let revision = service.registry.put(key(&input.stack_name), value, expect).await.map_err(changed)?;
        Ok(PutStackOutput { revision })
    }
}

/// Nothing.
#[derive(Serialize, Deserialize)]
pub(crate) struct Nothing {}

/// `DELETE /_konekuta/stacks/{StackName}`; one that is not there is fine.
pub(crate) struct DeleteStack;

impl Action for DeleteStack {
    const NAME: &'static str = "DeleteStack";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/_konekuta/stacks/{StackName}", 204));
    type Service = Stacks;
    type Input = StackName;
    type Output = Nothing;

    async fn run(service: &Stacks, _: &Context, input: StackName) -> Result<Nothing, ServiceError> {
        service.registry.delete(key(&input.stack_name), Expect::Anything).await?;
        Ok(Nothing {})
    }
}

/// The names of all stacks.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StackNames {
    stack_names: Vec<String>,
}

/// `GET /_konekuta/stacks`.
pub(crate) struct ListStacks;

impl Action for ListStacks {
    const NAME: &'static str = "ListStacks";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Get, "/_konekuta/stacks", 200));
    type Service = Stacks;
    type Input = Nothing;
    type Output = StackNames;

    async fn run(service: &Stacks, _: &Context, _: Nothing) -> Result<StackNames, ServiceError> {
        let records = service.registry.list(PREFIX, None, STACKS_MAX).await?;
        let name = |key: &RecordKey| key.as_str().trim_start_matches(PREFIX).to_owned();
        Ok(StackNames { stack_names: records.iter().map(|record| name(&record.key)).collect() })
    }
}
