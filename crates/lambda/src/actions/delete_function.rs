//! DeleteFunction: removes a function, its package and its waiting asynchronous events. Mappings stay and find nothing
//! to call, as on AWS.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html>

use engine::{Error, Expect, Refusal};
use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::errors::invalid;
use crate::functions::changed_meanwhile;
use crate::records::{FunctionRecord, function_key};

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
        if name.qualifier.is_some() {
            return Err(invalid("$LATEST version cannot be deleted without deleting the function."));
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

async fn clear_away(lambda: &Lambda, record: FunctionRecord) -> Result<(), ServiceError> {
    lambda.executor.retire(&record.arn);
    lambda.calls.forget(&record.arn);
    match lambda.engine.delete_queue(record.event_queue()).await {
        Ok(()) | Err(Error::Refused(Refusal::NoSuchQueue(_))) => {}
        Err(error) => return Err(error.into()),
    }
    lambda.engine.delete_blob(&record.code.blob).await?;
    let (folders, arn, name) = (lambda.folders.clone(), record.arn, record.name);
    let _ = tokio::task::spawn_blocking(move || folders.forget(&arn, &name)).await;
    Ok(())
}
