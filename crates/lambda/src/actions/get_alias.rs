//! GetAlias: what an alias points to.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetAlias.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::aliases::AliasConfiguration;

/// Its input, and that of DeleteAlias.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(super) function_name: String,
    pub(super) name: String,
}

/// The action.
pub(crate) struct GetAlias;

impl Action for GetAlias {
    const NAME: &'static str = "GetAlias";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}/aliases/{Name}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = AliasConfiguration;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let function = lambda.aliased(&input.function_name, context).await?.record;
        let (alias, _) = lambda.alias(&function, &input.name).await?;
        Ok(AliasConfiguration::of(&function, alias))
    }
}
