//! UpdateFunctionCode: another package for a function. `LastUpdateStatus` is `InProgress` until it is unpacked.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code::CodeSource;
use crate::configuration::FunctionConfiguration;
use crate::errors::invalid;
use crate::function_name::qualified;
use crate::functions::check_updatable;
use crate::layers::check_size;
use crate::records::{Code, FunctionRecord};
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
        let accepted = accept(lambda, input.code, &mut record, input.dry_run == Some(true)).await?;
        let Some(code) = accepted else { return Ok(FunctionConfiguration::of(&record)) };
        let candidate = FunctionRecord { code: code.clone(), ..record.clone() };
        if let Err(error) = check_size(&candidate) {
            lambda.forget_package(&code).await?;
            return Err(error);
        }
        let (added, replaced) = (code.clone(), std::mem::replace(&mut record.code, code));
        lambda.touch(&mut record, context);
        let published = match input.publish {
            Some(true) => Some(lambda.publish(&mut record, None).await?),
            _ => None,
        };
        if let Err(error) = lambda.replace_function(&record, stored.revision).await {
            lambda.forget_package(&added).await?;
            return Err(error);
        }
        lambda.release_package(&record, &replaced).await?;
        lambda.executor.retire(&qualified(&record.arn, Some(&record.version)));
        for made in std::iter::once(&record).chain(&published) {
            lambda.activate_soon(made.arn.clone(), made.version.clone());
        }
        Ok(FunctionConfiguration::of(published.as_ref().unwrap_or(&record)))
    }
}

/// Another image for a function of an image, another package for any other. `InvalidParameterValueException`.
async fn accept(
    lambda: &Lambda,
    code: CodeSource,
    record: &mut FunctionRecord,
    dry_run: bool,
) -> Result<Option<Code>, ServiceError> {
    let Some(image) = record.image.as_mut() else {
        return lambda.accept_code(code, dry_run).await;
    };
    let uri = code
        .image_uri
        .ok_or_else(|| invalid("Please provide ImageUri when updating a function with packageType Image."))?;
    if dry_run {
        return Ok(None);
    }
    image.uri = uri;
    Ok(Some(Code::of_image(&image.uri)))
}
