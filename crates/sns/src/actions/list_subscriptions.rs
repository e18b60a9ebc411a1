//! All subscriptions of the caller, in pages of a hundred.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use super::{Listed, page};
use crate::{Sns, records};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    next_token: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    subscriptions: Vec<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(crate) struct ListSubscriptions;

impl Action for ListSubscriptions {
    const NAME: &'static str = "ListSubscriptions";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let prefix = format!(
            "{}arn:aws:sns:{}:{}:",
            records::SUBSCRIPTIONS,
            context.caller.region,
            context.caller.account
        );
        let (subscriptions, next_token) = page(sns, &prefix, input.next_token).await?;
        Ok(Output { subscriptions, next_token })
    }
}
