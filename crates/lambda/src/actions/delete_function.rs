//! DeleteFunction: removes a function with its versions, aliases, packages and waiting asynchronous events, or one
//! version. Mappings stay and find nothing
//! to call, as on AWS.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>

use std::collections::HashSet;

use engine::{Error, Expect, Refusal};
use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::errors::{self, invalid};
use crate::function_name::{LATEST, qualified};
use crate::functions::{Stored, changed_meanwhile};
use crate::records::{FunctionRecord, aliases_of, function_key, version_key, versions_of};

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    status_code: u16,
}

/// The action.
pub(crate) struct DeleteFunction;

impl Action for DeleteFunction {
    const NAME: &'static str = "DeleteFunction";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        output_status: Some("StatusCode"),
        ..Rest::new(Method::Delete, "/2015-03-31/functions/{FunctionName}", 204)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Output, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        if let Some(version) = &name.qualifier {
            delete_version(lambda, stored, version).await?;
            return Ok(Output { status_code: 204 });
        }
        let record = stored.record;
        let deleted =
            lambda.engine.delete(function_key(&record.arn), Expect::Revision(stored.revision)).await;
        deleted.map_err(|error| changed_meanwhile(error, &record.arn))?;
        tracing::info!(function = %record.arn, "function deleted");
        clear_away(lambda, record).await?;
        Ok(Output { status_code: 204 })
    }
}

/// A version that no alias points to.
async fn delete_version(lambda: &Lambda, stored: Stored, version: &str) -> Result<(), ServiceError> {
    let mut function = stored.record;
    if version == LATEST {
        return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
    }
    let Ok(number) = version.parse() else {
        return Err(invalid("Deletion of aliases is not currently supported."));
    };
    let aliases = lambda.aliases(&function).await?;
    let pointing =
        aliases.iter().filter(|alias| alias.version == version || alias.weights.contains_key(version));
    let pointing: Vec<&str> = pointing.map(|alias| alias.name.as_str()).collect();
    if !pointing.is_empty() {
        let message = format!(
            "Unable to delete version because the following aliases reference it: [{}]",
            pointing.join(", ")
        );
        return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
    }
    let Some(record) = lambda.find_version(&function, version).await? else { return Ok(()) };
    if function.qualified.remove(version).is_some() {
        lambda.replace_function(&function, stored.revision).await?;
    }
    lambda.engine.delete(version_key(&function, number), Expect::Anything).await?;
    lambda.release_package(&function, &record.code).await?;
    forget(lambda, &record);
    Ok(())
}

/// No more environments of it, and none to come.
fn forget(lambda: &Lambda, record: &FunctionRecord) {
    let version = qualified(&record.arn, Some(&record.version));
    lambda.executor.retire(&version);
    lambda.calls.forget(&version);
}

async fn clear_away(lambda: &Lambda, record: FunctionRecord) -> Result<(), ServiceError> {
    forget(lambda, &record);
    match lambda.engine.delete_queue(record.event_queue()).await {
        Ok(()) | Err(Error::Refused(Refusal::NoSuchQueue(_))) => {}
        Err(error) => return Err(error.into()),
    }
    lambda.forget_all_attempts(&record.event_queue()).await?;
    for url in record.qualified.values().filter_map(|own| own.url.as_ref()) {
        lambda.forget_url(&url.id).await?;
    }
    let versions = lambda.versions(&record).await?;
    let mut seen = HashSet::new();
    for made in std::iter::once(&record).chain(&versions) {
        if seen.insert(&made.code.blob) {
            lambda.forget_package(&made.code).await?;
        }
    }
    for version in &versions {
        forget(lambda, version);
    }
    for prefix in [versions_of(&record), aliases_of(&record)] {
        for found in lambda.all_records(&prefix).await? {
            lambda.engine.delete(found.key, Expect::Anything).await?;
        }
    }
    let (folders, arn, name) = (lambda.folders.clone(), record.arn, record.name);
    let _ = tokio::task::spawn_blocking(move || folders.forget(&arn, &name)).await;
    Ok(())
}
