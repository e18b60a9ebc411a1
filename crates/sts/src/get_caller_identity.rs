//! Account, user id and ARN of the caller. Needs no permission.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sts;

/// No members.
#[derive(Deserialize)]
pub(crate) struct Input {}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    user_id: String,
    account: String,
    arn: String,
}

pub(crate) struct GetCallerIdentity;

impl Action for GetCallerIdentity {
    const NAME: &'static str = "GetCallerIdentity";
    type Service = Sts;
    type Input = Input;
    type Output = Output;

    async fn run(_: &Sts, context: &Context, _: Input) -> Result<Output, ServiceError> {
        let account = context.caller.account.to_string();
        let key = &context.caller.access_key_id;
        // There are no users here: whoever holds a key of an account is its root.
        let user_id = if key.is_empty() { account.clone() } else { key.clone() };
        Ok(Output { user_id, arn: format!("arn:aws:iam::{account}:root"), account })
    }
}
