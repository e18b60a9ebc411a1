//! RemovePermission: takes a statement from a function's resource-based policy.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html>

use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors;
use crate::functions::check_policy_revision;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    statement_id: String,
    qualifier: Option<String>,
    revision_id: Option<String>,
}

/// The action.
pub(crate) struct RemovePermission;

impl Action for RemovePermission {
    const NAME: &'static str = "RemovePermission";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[
            Binding { member: "Qualifier", name: "Qualifier" },
            Binding { member: "RevisionId", name: "RevisionId" },
        ],
        ..Rest::new(Method::Delete, "/2015-03-31/functions/{FunctionName}/policy/{StatementId}", 204)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<(), ServiceError> {
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        check_policy_revision(&stored.record, qualifier, input.revision_id.as_deref())?;
        let policy = stored.record.policy_mut(qualifier, lambda.ids.uuid().to_string());
        if policy.remove(&input.statement_id).is_none() {
            let message = format!("Statement {} is not found in resource policy.", input.statement_id);
            return Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, message));
        }
        lambda.replace_function(&stored.record, stored.revision).await.map(drop)
    }
}
