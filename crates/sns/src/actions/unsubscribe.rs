//! Removes a subscription; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, arns, records};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    subscription_arn: String,
}

pub(crate) struct Unsubscribe;

impl Action for Unsubscribe {
    const NAME: &'static str = "Unsubscribe";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let (topic, id) = arns::subscription(&input.subscription_arn)?;
        sns.engine.delete(records::subscription_key(&topic, &id), Expect::Anything).await?;
        Ok(())
    }
}
