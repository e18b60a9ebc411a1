//! GetLayerVersionPolicy: who may use a layer's version.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionPolicy.html>

use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::get_layer_version::Input;
use crate::Lambda;
use crate::policy;

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    policy: String,
    revision_id: String,
}

/// The action.
pub(crate) struct GetLayerVersionPolicy;

impl Action for GetLayerVersionPolicy {
    const NAME: &'static str = "GetLayerVersionPolicy";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (record, _) = lambda.layer_version(&input.layer_name, input.version_number, context).await?;
        if record.policy.is_empty() {
            return Err(policy::not_found());
        }
        Ok(Output { policy: policy::document(&record.policy).to_string(), revision_id: record.revision_id })
    }
}
