//! Whether a number does not want text messages any more.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CheckIfPhoneNumberIsOptedOut.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::sms::{self, OptedOutRecord};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    phone_number: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    is_opted_out: bool,
}

pub(crate) struct CheckIfPhoneNumberIsOptedOut;

impl Action for CheckIfPhoneNumberIsOptedOut {
    const NAME: &'static str = "CheckIfPhoneNumberIsOptedOut";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        sms::check_phone_number(&input.phone_number)?;
        let key = sms::opted_out_key(context, &input.phone_number);
        let record = sns.record::<OptedOutRecord>(&key).await?;
        Ok(Output { is_opted_out: record.is_some_and(|(record, _)| record.opted_in_at.is_none()) })
    }
}
