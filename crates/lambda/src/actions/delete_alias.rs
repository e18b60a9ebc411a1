//! DeleteAlias: takes a name from a version, with all that belongs to the alias. One that is not there is gone already.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteAlias.html>

use engine::Expect;
use service::{Action, Context, Method, Rest, ServiceError};

use super::get_alias::Input;
use crate::Lambda;
use crate::aliases::check_name;
use crate::function_name::FunctionName;
use crate::records::alias_key;

/// The action.
pub(crate) struct DeleteAlias;

impl Action for DeleteAlias {
    const NAME: &'static str = "DeleteAlias";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Delete, "/2015-03-31/functions/{FunctionName}/aliases/{Name}", 204));
    type Service = Lambda;
    type Input = Input;
    type Output = ();

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<(), ServiceError> {
        check_name(&input.name)?;
        let name = FunctionName::parse(&input.function_name, None, &context.caller)?;
        let Some(stored) = lambda.find_function(&name.arn).await? else { return Ok(()) };
        let mut function = stored.record;
        if let Some(own) = function.qualified.remove(&input.name) {
            lambda.replace_function(&function, stored.revision).await?;
            if let Some(url) = own.url {
                lambda.forget_url(&url.id).await?;
            }
        }
        lambda.engine.delete(alias_key(&function, &input.name), Expect::Anything).await?;
        Ok(())
    }
}
