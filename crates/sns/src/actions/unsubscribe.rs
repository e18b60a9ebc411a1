//! Removes a subscription; one that is not there is fine. Its endpoint is told, and how to restore it.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::records::{self, SubscriptionRecord};
use crate::{Sns, access, arns, errors, replay};

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
        let somebody = Some(context).filter(|context| !context.caller.access_key_id.is_empty());
        unsubscribe(sns, &input.subscription_arn, somebody).await
    }
}

/// Removes a subscription for somebody, or for nobody: without credentials.
pub(crate) async fn unsubscribe(
    sns: &Sns,
    subscription: &str,
    somebody: Option<&Context>,
) -> Result<(), ServiceError> {
    let (topic, id) = arns::subscription(subscription)?;
    let record = match sns.subscription(&topic, &id).await {
        Ok((record, _)) => record,
        Err(error) if error.row == &errors::NOT_FOUND => return Ok(()),
        Err(error) => return Err(error),
    };
    if record.confirmation_was_authenticated {
        let Some(context) = somebody else {
            let text = format!(
                "User: anonymous is not authorized to perform: SNS:Unsubscribe on resource: {}",
                record.arn
            );
            return Err(ServiceError::new(&errors::AUTHORIZATION, text));
        };
        access::check_owner(context, &topic, &record, Unsubscribe::NAME)?;
    }
    if is_told(&record, somebody.is_none()) {
        let (topic, _) = sns.topic(&topic).await?;
        sns.say_farewell(&topic, &record).await?;
    }
    sns.engine.delete(replay::record::key(&topic, &id), Expect::Anything).await?;
    sns.engine.delete(records::subscription_key(&topic, &id), Expect::Anything).await?;
    Ok(())
}

/// HTTP/S endpoints always, mailboxes when somebody without credentials removed it.
fn is_told(record: &SubscriptionRecord, anonymous: bool) -> bool {
    let by_mail = matches!(record.protocol.as_str(), "email" | "email-json");
    !record.is_pending() && (record.is_http() || (by_mail && anonymous))
}
