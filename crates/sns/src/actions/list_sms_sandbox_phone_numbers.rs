//! The numbers of the SMS sandbox.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListSMSSandboxPhoneNumbers.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::sms::sandbox::{self, SandboxNumberRecord};
use crate::{Sns, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    phone_numbers: Vec<SmsSandboxPhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// The shape `SMSSandboxPhoneNumber`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SmsSandboxPhoneNumber {
    phone_number: String,
    status: &'static str,
}

pub(crate) struct ListSmsSandboxPhoneNumbers;

impl Action for ListSmsSandboxPhoneNumbers {
    const NAME: &'static str = "ListSMSSandboxPhoneNumbers";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let limit = input.max_results.unwrap_or(limits::PAGE);
        if !(1..=limits::PAGE).contains(&limit) {
            return Err(errors::invalid("MaxResults"));
        }
        let page = sns.page(&sandbox::numbers_of(context), input.next_token, limit).await?;
        let shown = |record: SandboxNumberRecord| SmsSandboxPhoneNumber {
            phone_number: record.phone_number,
            status: if record.verified { "Verified" } else { "Pending" },
        };
        Ok(Output {
            phone_numbers: page.records.into_iter().map(shown).collect(),
            next_token: page.next_token,
        })
    }
}
