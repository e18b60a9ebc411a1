//! CreateAlias: a name for a version of a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::aliases::{AliasConfiguration, RoutingConfig, check_name};
use crate::records::AliasRecord;
use crate::settings::checked_description;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    name: String,
    function_version: String,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
}

/// The action.
pub(crate) struct CreateAlias;

impl Action for CreateAlias {
    const NAME: &'static str = "CreateAlias";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Post, "/2015-03-31/functions/{FunctionName}/aliases", 201));
    type Service = Lambda;
    type Input = Input;
    type Output = AliasConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        check_name(&input.name)?;
        let function = lambda.aliased(&input.function_name, context).await?.record;
        let alias = AliasRecord {
            name: input.name,
            version: input.function_version,
            description: checked_description(input.description.unwrap_or_default())?,
            weights: input.routing_config.unwrap_or_default().additional_version_weights.unwrap_or_default(),
            revision_id: lambda.ids.uuid().to_string(),
        };
        lambda.check_alias(&function, &alias).await?;
        lambda.store_alias(&function, &alias, Expect::Absent).await?;
        Ok(AliasConfiguration::of(&function, alias))
    }
}
