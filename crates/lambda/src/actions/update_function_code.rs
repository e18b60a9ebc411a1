//! UpdateFunctionCode: another package for a function. `LastUpdateStatus` is `InProgress` until it is unpacked.
//!
//! Differs from AWS: packages only.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code::CodeSource;
use crate::configuration::FunctionConfiguration;
use crate::function_name::qualified;
use crate::functions::check_updatable;
use crate::layers::check_size;
use crate::records::FunctionRecord;
use crate::settings::checked_architectures;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    publish: Option<bool>,
    dry_run: Option<bool>,
    revision_id: Option<String>,
    architectures: Option<Vec<String>>,
    #[serde(flatten)]
    code: CodeSource,
}

/// The action.
pub(crate) struct UpdateFunctionCode;

impl Action for UpdateFunctionCode {
    const NAME: &'static str = "UpdateFunctionCode";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2015-03-31/functions/{FunctionName}/code", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        check_updatable(&stored.record, input.revision_id.as_deref())?;
        let mut record = stored.record;
        if input.architectures.is_some() {
            record.architectures = checked_architectures(input.architectures)?;
        }
        let accepted = lambda.accept_code(input.code, input.dry_run == Some(true)).await?;
        let Some(code) = accepted else { return Ok(FunctionConfiguration::of(&record)) };
        let candidate = FunctionRecord { code: code.clone(), ..record.clone() };
        if let Err(error) = check_size(&candidate) {
            lambda.engine.delete_blob(&code.blob).await?;
            return Err(error);
        }
        let (added, replaced) = (code.blob.clone(), std::mem::replace(&mut record.code, code));
        lambda.touch(&mut record, context);
        let published = match input.publish {
            Some(true) => Some(lambda.publish(&mut record, None).await?),
            _ => None,
        };
        if let Err(error) = lambda.replace_function(&record, stored.revision).await {
            lambda.engine.delete_blob(&added).await?;
            return Err(error);
        }
        lambda.release_blob(&record, &replaced.blob).await?;
        lambda.executor.retire(&qualified(&record.arn, Some(&record.version)));
        for made in std::iter::once(&record).chain(&published) {
            lambda.activate_soon(made.arn.clone(), made.version.clone());
        }
        Ok(FunctionConfiguration::of(published.as_ref().unwrap_or(&record)))
    }
}
