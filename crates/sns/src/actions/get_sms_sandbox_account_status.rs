//! Whether the account is confined to the SMS sandbox. It never is: nothing leaves the machine anyway.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetSMSSandboxAccountStatus.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sns;

#[derive(Deserialize)]
pub(crate) struct Input {}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    is_in_sandbox: bool,
}

pub(crate) struct GetSmsSandboxAccountStatus;

impl Action for GetSmsSandboxAccountStatus {
    const NAME: &'static str = "GetSMSSandboxAccountStatus";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let (_, _, Input {}) = (sns, context, input);
        Ok(Output { is_in_sandbox: false })
    }
}
