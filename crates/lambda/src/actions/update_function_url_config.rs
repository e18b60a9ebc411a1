//! UpdateFunctionUrlConfig: other settings for a function URL; what is not given stays.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::function_url::{FunctionUrlConfig, Settings, url_qualifier};
use crate::policy;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: Option<String>,
    #[serde(flatten)]
    settings: Settings,
}

/// The action.
pub(crate) struct UpdateFunctionUrlConfig;

impl Action for UpdateFunctionUrlConfig {
    const NAME: &'static str = "UpdateFunctionUrlConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Put, "/2021-10-31/functions/{FunctionName}/url", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionUrlConfig;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = url_qualifier(&name)?;
        let own = stored.record.qualified.get_mut(qualifier).and_then(|own| own.url.as_mut());
        let url = own.ok_or_else(policy::not_found)?;
        input.settings.apply(url)?;
        url.last_modified = context.now;
        let shown = FunctionUrlConfig::of(&name.arn, qualifier, url, &context.endpoint);
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(shown)
    }
}
