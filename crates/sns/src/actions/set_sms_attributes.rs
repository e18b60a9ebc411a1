//! Changes the account's settings for text messages; those that are not named stay.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::records::Attributes;
use crate::sms::attributes::{self, SmsAttributesRecord};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    attributes: Attributes,
}

pub(crate) struct SetSmsAttributes;

impl Action for SetSmsAttributes {
    const NAME: &'static str = "SetSMSAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        input.attributes.iter().try_for_each(|(name, value)| attributes::check(name, value))?;
        let key = attributes::key(context);
        // Changed below if it is there already.
        sns.add(key.clone(), &SmsAttributesRecord::default()).await?;
        let missing = || ServiceError::internal("the settings for text messages vanished");
        let change = |record: &mut SmsAttributesRecord| {
            record.attributes.extend(input.attributes.clone());
            Ok(())
        };
        sns.change(&key, missing, change).await?;
        Ok(super::Empty {})
    }
}
