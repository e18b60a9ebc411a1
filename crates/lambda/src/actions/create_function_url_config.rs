//! CreateFunctionUrlConfig: a web address for a function or an alias.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>

use serde::Deserialize;
use service::{Action, Context, DecodeError, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::errors;
use crate::function_url::{FunctionUrlConfig, Settings, url_of, url_qualifier};
use crate::records::FunctionUrl;

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
pub(crate) struct CreateFunctionUrlConfig;

impl Action for CreateFunctionUrlConfig {
    const NAME: &'static str = "CreateFunctionUrlConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Post, "/2021-10-31/functions/{FunctionName}/url", 201)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = FunctionUrlConfig;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        if !input.settings.has_auth_type() {
            return Err(errors::on_decode_error(DecodeError::Missing("AuthType".to_owned())));
        }
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = url_qualifier(&name)?;
        if url_of(&stored.record, qualifier).is_some() {
            let message = format!(
                "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists \
                 for this Lambda function",
                name.qualified()
            );
            return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
        }
        let mut url = FunctionUrl {
            id: lambda.ids.uuid().as_simple().to_string(),
            signed: false,
            cors: None,
            streams: false,
            created: context.now,
            last_modified: context.now,
        };
        input.settings.apply(&mut url)?;
        lambda.name_url(&url.id, &name.arn, qualifier).await?;
        stored.record.qualified.entry(qualifier.to_owned()).or_default().url = Some(url.clone());
        if let Err(error) = lambda.replace_function(&stored.record, stored.revision).await {
            lambda.forget_url(&url.id).await?;
            return Err(error);
        }
        Ok(FunctionUrlConfig::of(&name.arn, qualifier, &url, &context.endpoint).created())
    }
}
