//! GetPolicy: a function's resource-based policy.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>

use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
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
pub(crate) struct GetPolicy;

impl Action for GetPolicy {
    const NAME: &'static str = "GetPolicy";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}/policy", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Output, ServiceError> {
        let (name, stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        let policy = stored.record.policy(qualifier).filter(|policy| !policy.is_empty());
        Ok(Output {
            policy: policy::document(policy.ok_or_else(policy::not_found)?).to_string(),
            revision_id: stored.record.policy_revision(qualifier).to_owned(),
        })
    }
}
