//! The numbers that do not want text messages any more, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListPhoneNumbersOptedOut.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::sms::{self, OptedOutRecord};
use crate::{Sns, limits};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    phone_numbers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListPhoneNumbersOptedOut;

impl Action for ListPhoneNumbersOptedOut {
    const NAME: &'static str = "ListPhoneNumbersOptedOut";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let page = sns.page(&sms::opted_out_of(context), input.next_token, limits::PAGE).await?;
        let out = page.records.into_iter().filter(|record: &OptedOutRecord| record.opted_in_at.is_none());
        let phone_numbers = out.map(|record| record.phone_number).collect();
        Ok(Output { phone_numbers, next_token: page.next_token })
    }
}
