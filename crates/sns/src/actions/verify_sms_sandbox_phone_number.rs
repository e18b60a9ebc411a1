//! Verifies a number of the SMS sandbox with the password that it was sent.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_VerifySMSSandboxPhoneNumber.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::sms::sandbox::{self, SandboxNumberRecord};
use crate::{Sns, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    phone_number: String,
    one_time_password: String,
}

pub(crate) struct VerifySmsSandboxPhoneNumber;

impl Action for VerifySmsSandboxPhoneNumber {
    const NAME: &'static str = "VerifySMSSandboxPhoneNumber";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        sandbox::check_number(&input.phone_number)?;
        let password = input.one_time_password;
        let fits = (5..=8).contains(&password.len()) && password.bytes().all(|byte| byte.is_ascii_digit());
        if !fits {
            return Err(errors::invalid("OneTimePassword"));
        }
        let change = |record: &mut SandboxNumberRecord| {
            if record.one_time_password != password {
                let text = "The one-time password (OTP) used for verification is invalid";
                return Err(ServiceError::new(&errors::VERIFICATION, text));
            }
            record.verified = true;
            Ok(())
        };
        let key = sandbox::number_key(context, &input.phone_number);
        sns.change(&key, sandbox::no_such_number, change).await?;
        Ok(super::Empty {})
    }
}
