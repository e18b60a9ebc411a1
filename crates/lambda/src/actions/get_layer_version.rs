//! GetLayerVersion: a layer's version, with a link to its package.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersion.html>

use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::layers::LayerVersion;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(super) layer_name: String,
    pub(super) version_number: i64,
}

/// The action.
pub(crate) struct GetLayerVersion;

impl Action for GetLayerVersion {
    const NAME: &'static str = "GetLayerVersion";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Get, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", 200));
    type Service = Lambda;
    type Input = Input;
    type Output = LayerVersion;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (record, _) = lambda.layer_version(&input.layer_name, input.version_number, context).await?;
        Ok(LayerVersion::of(&record, &context.endpoint))
    }
}
