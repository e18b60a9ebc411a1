//! RemoveLayerVersionPermission: takes a permission to use a layer's version back.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_RemoveLayerVersionPermission.html>

use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors;
use crate::functions::check_revision_id;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    layer_name: String,
    version_number: i64,
    statement_id: String,
    revision_id: Option<String>,
}

/// The action.
pub(crate) struct RemoveLayerVersionPermission;

impl Action for RemoveLayerVersionPermission {
    const NAME: &'static str = "RemoveLayerVersionPermission";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "RevisionId", name: "RevisionId" }],
        ..Rest::new(
            Method::Delete,
            "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}",
            204,
        )
    });
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (mut record, revision) =
            lambda.layer_version(&input.layer_name, input.version_number, context).await?;
        check_revision_id(&record.revision_id, input.revision_id.as_deref())?;
        if record.policy.remove(&input.statement_id).is_none() {
            let message = format!("Statement {} is not found in resource policy.", input.statement_id);
            return Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, message));
        }
        record.revision_id = lambda.ids.uuid().to_string();
        lambda.replace_layer_version(&record, revision).await
    }
}
