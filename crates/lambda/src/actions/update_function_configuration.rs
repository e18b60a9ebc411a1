//! UpdateFunctionConfiguration: other settings for a function; what is not given stays.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::function_name::qualified;
use crate::functions::check_updatable;
use crate::layers::check_size;
use crate::settings::Settings;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    revision_id: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// The action.
pub(crate) struct UpdateFunctionConfiguration;

impl Action for UpdateFunctionConfiguration {
    const NAME: &'static str = "UpdateFunctionConfiguration";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2015-03-31/functions/{FunctionName}/configuration", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let stored = lambda.unqualified_function(&input.function_name, context).await?;
        check_updatable(&stored.record, input.revision_id.as_deref())?;
        let mut record = stored.record;
        if let Some(layers) = input.settings.apply(&mut record)? {
            record.layers = lambda.layers(&layers, &context.caller).await?;
            check_size(&record)?;
        }
        lambda.touch(&mut record, context);
        lambda.replace_function(&record, stored.revision).await?;
        lambda.executor.retire(&qualified(&record.arn, Some(&record.version)));
        lambda.activate_soon(record.arn.clone(), record.version.clone());
        Ok(FunctionConfiguration::of(&record))
    }
}
