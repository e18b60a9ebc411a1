//! Removes a number from the SMS sandbox.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeleteSMSSandboxPhoneNumber.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::sms::sandbox::{self, SandboxNumberRecord};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    phone_number: String,
}

pub(crate) struct DeleteSmsSandboxPhoneNumber;

impl Action for DeleteSmsSandboxPhoneNumber {
    const NAME: &'static str = "DeleteSMSSandboxPhoneNumber";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        sandbox::check_number(&input.phone_number)?;
        let key = sandbox::number_key(context, &input.phone_number);
        sns.record::<SandboxNumberRecord>(&key).await?.ok_or_else(sandbox::no_such_number)?;
        sns.engine.delete(key, Expect::Anything).await?;
        Ok(super::Empty {})
    }
}
