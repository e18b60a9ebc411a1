//! UpdateAlias: points an alias elsewhere, or divides its calls; what is not given stays.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::aliases::{AliasConfiguration, RoutingConfig};
use crate::functions::check_revision_id;
use crate::provisioned_concurrency::provisioned;
use crate::settings::checked_description;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    name: String,
    function_version: Option<String>,
    description: Option<String>,
    routing_config: Option<RoutingConfig>,
    revision_id: Option<String>,
}

/// The action.
pub(crate) struct UpdateAlias;

impl Action for UpdateAlias {
    const NAME: &'static str = "UpdateAlias";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Put, "/2015-03-31/functions/{FunctionName}/aliases/{Name}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = AliasConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let function = lambda.aliased(&input.function_name, context).await?.record;
        let is_provisioned = provisioned(&function, &input.name).is_some();
        let (mut alias, revision) = lambda.alias(&function, &input.name).await?;
        check_revision_id(&alias.revision_id, input.revision_id.as_deref())?;
        let before = alias.version.clone();
        if let Some(version) = input.function_version {
            alias.version = version;
        }
        if let Some(description) = input.description {
            alias.description = checked_description(description)?;
        }
        if let Some(routing) = input.routing_config {
            alias.weights = routing.additional_version_weights.unwrap_or_default();
        }
        lambda.check_alias(&function, &alias).await?;
        alias.revision_id = lambda.ids.uuid().to_string();
        let moves = is_provisioned && alias.version != before;
        if moves {
            lambda.unprovision(&function, &alias.name).await?;
        }
        lambda.store_alias(&function, &alias, Expect::Revision(revision)).await?;
        if moves {
            lambda.provision_soon(function.arn.clone(), alias.name.clone());
        }
        Ok(AliasConfiguration::of(&function, alias))
    }
}
