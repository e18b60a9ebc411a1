//! The account's settings for text messages: all, or those that are named.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_GetSMSAttributes.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::records::Attributes;
use crate::sms::attributes::{self, SmsAttributesRecord};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    attributes: Option<Vec<String>>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    attributes: Attributes,
}

pub(crate) struct GetSmsAttributes;

impl Action for GetSmsAttributes {
    const NAME: &'static str = "GetSMSAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let record = sns.record::<SmsAttributesRecord>(&attributes::key(context)).await?;
        let mut all = record.map(|(record, _)| record).unwrap_or_default().attributes;
        if let Some(names) = input.attributes.filter(|names| !names.is_empty()) {
            all.retain(|name, _| names.contains(name));
        }
        Ok(Output { attributes: all })
    }
}
