//! PublishVersion: a version of `$LATEST` as it is now; the last version, if nothing has changed since.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::errors::{invalid, not_supported};
use crate::functions::check_updatable;
use crate::records::FunctionRecord;
use crate::settings::checked_description;
use crate::versions::is_unchanged;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    #[serde(rename = "CodeSha256")]
    code_sha256: Option<String>,
    description: Option<String>,
    revision_id: Option<String>,
    publish_to: Option<String>,
}

/// The action.
pub(crate) struct PublishVersion;

impl Action for PublishVersion {
    const NAME: &'static str = "PublishVersion";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Post, "/2015-03-31/functions/{FunctionName}/versions", 201));
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        if input.publish_to.is_some() {
            return Err(not_supported("PublishTo: a version of a managed instance"));
        }
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        let mut function = stored.record;
        check_updatable(&function, input.revision_id.as_deref())?;
        check_code(&function, input.code_sha256.as_deref())?;
        let description = input.description.map(checked_description).transpose()?;
        let last = lambda.find_version(&function, &function.published.to_string()).await?;
        if let Some(last) = last.filter(|last| is_unchanged(&function, last)) {
            return Ok(FunctionConfiguration::of(&last));
        }
        let version = lambda.publish(&mut function, description).await?;
        lambda.replace_function(&function, stored.revision).await?;
        lambda.activate_soon(version.arn.clone(), version.version.clone());
        Ok(FunctionConfiguration::of(&version))
    }
}

fn check_code(function: &FunctionRecord, given: Option<&str>) -> Result<(), ServiceError> {
    let present = STANDARD.encode(hex::decode(&function.code.sha256).unwrap_or_default());
    match given.filter(|given| !given.is_empty() && *given != present) {
        Some(given) => Err(invalid(format!(
            "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({present}). Please try again with \
             the CodeSHA256 in $LATEST."
        ))),
        None => Ok(()),
    }
}
