//! Adds a number to the SMS sandbox and sends it a one-time password, which lands in the outbox folder. A pending number
//! gets a new one.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreateSMSSandboxPhoneNumber.html>

use std::collections::BTreeMap;

use aws::timestamp;
use engine::{Commit, Expect};
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::recorded::{self, Recorded};
use crate::sms::sandbox::{self, SandboxNumberRecord};
use crate::sms::{self, OptedOutRecord};
use crate::{Sns, errors, limits, records};

const LANGUAGES: [&str; 13] = [
    "en-US", "en-GB", "es-419", "es-ES", "de-DE", "fr-CA", "fr-FR", "it-IT", "ja-JP", "pt-BR", "kr-KR",
    "zh-CN", "zh-TW",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    phone_number: String,
    language_code: Option<String>,
}

pub(crate) struct CreateSmsSandboxPhoneNumber;

impl Action for CreateSmsSandboxPhoneNumber {
    const NAME: &'static str = "CreateSMSSandboxPhoneNumber";
    type Service = Sns;
    type Input = Input;
    type Output = super::Empty;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<super::Empty, ServiceError> {
        let number = input.phone_number;
        sandbox::check_number(&number)?;
        if input.language_code.is_some_and(|code| !LANGUAGES.contains(&code.as_str())) {
            return Err(errors::invalid("LanguageCode"));
        }
        refuse_opted_out(sns, context, &number).await?;
        let key = sandbox::number_key(context, &number);
        let numbers =
            sns.engine.list(&sandbox::numbers_of(context), None, limits::SANDBOX_NUMBERS_MAX).await?;
        if numbers.len() >= limits::SANDBOX_NUMBERS_MAX && !numbers.iter().any(|record| record.key == key) {
            let text = "The SMS sandbox holds as many phone numbers as it may";
            return Err(ServiceError::new(&errors::USER_ERROR, text));
        }
        let password = format!("{:06}", sns.ids.uuid().as_u128() % 1_000_000);
        let record = SandboxNumberRecord {
            version: 1,
            phone_number: number.clone(),
            verified: false,
            one_time_password: password.clone(),
        };
        sns.engine.put(key, records::encode(&record), Expect::Anything).await?;
        send(sns, context, number, &password).await?;
        Ok(super::Empty {})
    }
}

async fn refuse_opted_out(sns: &Sns, context: &Context, number: &str) -> Result<(), ServiceError> {
    let record = sns.record::<OptedOutRecord>(&sms::opted_out_key(context, number)).await?;
    match record {
        Some((record, _)) if record.opted_in_at.is_none() => {
            let text = format!("The phone number {number} has opted out of receiving SMS messages");
            Err(ServiceError::new(&errors::OPTED_OUT, text))
        }
        _ => Ok(()),
    }
}

async fn send(sns: &Sns, context: &Context, to: String, password: &str) -> Result<(), ServiceError> {
    let recorded = Recorded {
        version: 1,
        protocol: "sms".to_owned(),
        to,
        message_id: sns.ids.uuid().to_string(),
        topic_arn: None,
        subject: None,
        message: format!("Your verification code is {password}"),
        timestamp: timestamp::iso_milliseconds(context.now.0),
        message_attributes: BTreeMap::new(),
        trace: None,
    };
    let enqueue = vec![recorded::enqueue(sns.ids.uuid(), &recorded)];
    sns.engine.commit(Commit { home: None, enqueue }).await?;
    Ok(())
}
