//! The numbers that the account sends from: there are none, because none can be bought here.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListOriginationNumbers.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::{Sns, errors};

const RESULTS_MAX: u32 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    max_results: Option<u32>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    phone_numbers: Vec<String>,
}

pub(crate) struct ListOriginationNumbers;

impl Action for ListOriginationNumbers {
    const NAME: &'static str = "ListOriginationNumbers";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let _ = (sns, context);
        if !(1..=RESULTS_MAX).contains(&input.max_results.unwrap_or(RESULTS_MAX)) {
            return Err(errors::invalid("MaxResults"));
        }
        Ok(Output { phone_numbers: Vec::new() })
    }
}
