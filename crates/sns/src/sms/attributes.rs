//! The account's settings for text messages.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html>

use aws::Arn;
use engine::RecordKey;
use serde::{Deserialize, Serialize};
use service::{Context, ServiceError};

use crate::errors;
use crate::records::Attributes;

/// An account's settings in a Region. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SmsAttributesRecord {
    pub(crate) version: u32,
    pub(crate) attributes: Attributes,
}

impl Default for SmsAttributesRecord {
    fn default() -> Self {
        let attributes = Attributes::from([("MonthlySpendLimit".to_owned(), "1".to_owned())]);
        Self { version: 1, attributes }
    }
}

pub(crate) fn key(context: &Context) -> RecordKey {
    RecordKey::new(format!("sns/sms-attributes/{}", super::place(&context.caller)))
}

/// Checks a setting.
pub(crate) fn check(name: &str, value: &str) -> Result<(), ServiceError> {
    let refused = |text: String| ServiceError::new(&errors::INVALID_PARAMETER, text);
    let fits = match name {
        "MonthlySpendLimit" => value.parse::<u32>().is_ok(),
        "DeliveryStatusIAMRole" => {
            value.is_empty() || value.parse::<Arn>().is_ok_and(|arn| arn.service() == "iam")
        }
        "DeliveryStatusSuccessSamplingRate" => value.parse::<u8>().is_ok_and(|percent| percent <= 100),
        "DefaultSenderID" => value.is_empty() || is_sender_id(value),
        "DefaultSMSType" => matches!(value, "Promotional" | "Transactional"),
        "UsageReportS3Bucket" => true,
        _ => return Err(refused(format!("{name} is not a valid attribute"))),
    };
    if fits { Ok(()) } else { Err(refused(format!("{name} is invalid"))) }
}

/// Up to eleven letters and digits, a letter among them.
fn is_sender_id(text: &str) -> bool {
    text.len() <= 11
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}
