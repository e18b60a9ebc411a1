//! DeleteLayerVersion: hides a layer's version; functions that have it keep it. One that is not there is gone already.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteLayerVersion.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::get_layer_version::Input;
use crate::Lambda;
use crate::errors::RESOURCE_NOT_FOUND;

/// The action.
pub(crate) struct DeleteLayerVersion;

impl Action for DeleteLayerVersion {
    const NAME: &'static str = "DeleteLayerVersion";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}", 204));
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        match lambda.layer_version(&input.layer_name, input.version_number, context).await {
            Ok((record, _)) => Ok(lambda.delete_layer_version(record).await?),
            Err(error) if error.row == &RESOURCE_NOT_FOUND => Ok(()),
            Err(error) => Err(error),
        }
    }
}
