//! DeleteFunctionConcurrency: a function runs as often at once as there is room.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionConcurrency.html>

use service::{Action, Context, Method, Rest, ServiceError};

use super::Named;
use crate::Lambda;

/// The action.
pub(crate) struct DeleteFunctionConcurrency;

impl Action for DeleteFunctionConcurrency {
    const NAME: &'static str = "DeleteFunctionConcurrency";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2017-10-31/functions/{FunctionName}/concurrency", 204));
    type Service = Lambda;
    type Input = Named;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Named) -> Result<(), ServiceError> {
        let mut stored = lambda.unqualified_function(&input.function_name, context).await?;
        stored.record.reserved_concurrency = None;
        lambda.replace_function(&stored.record, stored.revision).await.map(drop)
    }
}
