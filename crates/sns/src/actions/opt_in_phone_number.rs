//! Takes a number off the opt-out list, once in thirty days; one that is not on it is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_OptInPhoneNumber.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::sms::{self, OptedOutRecord};
use crate::{Sns, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    phone_number: String,
}

pub(crate) struct OptInPhoneNumber;

impl Action for OptInPhoneNumber {
    const NAME: &'static str = "OptInPhoneNumber";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        sms::check_phone_number(&input.phone_number)?;
        let key = sms::opted_out_key(context, &input.phone_number);
        if sns.record::<OptedOutRecord>(&key).await?.is_none() {
            return Ok(super::Empty {});
        }
        let missing = || errors::invalid("PhoneNumber Reason: not opted out");
        let change = |record: &mut OptedOutRecord| {
            let again = record.opted_in_at.map(|last| last.plus_seconds(limits::OPT_IN_SECONDS));
            if again.is_some_and(|again| context.now < again) {
                return Err(errors::invalid(
                    "PhoneNumber Reason: a phone number can be opted in only once every 30 days",
                ));
            }
            record.opted_in_at = Some(context.now);
            Ok(())
        };
        sns.change(&key, missing, change).await?;
        Ok(super::Empty {})
    }
}
