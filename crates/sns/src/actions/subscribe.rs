//! A new subscription; the same endpoint again is answered with the one that exists.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>

use aws::Arn;
use engine::{Commit, Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::records::{self, Attributes, SubscriptionRecord, TopicRecord};
use crate::{Sns, arns, email, errors, subscription_attributes};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    topic_arn: String,
    protocol: String,
    endpoint: Option<String>,
    attributes: Option<Attributes>,
    return_subscription_arn: Option<bool>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    subscription_arn: String,
}

pub(crate) struct Subscribe;

impl Action for Subscribe {
    const NAME: &'static str = "Subscribe";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        let endpoint = input.endpoint.unwrap_or_default();
        check_endpoint(&arn, &input.protocol, &endpoint)?;
        let (topic, _) = sns.topic(&arn).await?;
        let needs_confirmation = matches!(input.protocol.as_str(), "email" | "email-json");
        let mut wanted = SubscriptionRecord {
            version: 1,
            arn: format!("{arn}:{}", sns.ids.uuid()),
            topic: arn.clone(),
            protocol: input.protocol,
            endpoint,
            owner: context.caller.account.to_string(),
            attributes: Attributes::new(),
            token: needs_confirmation.then(|| sns.ids.token()),
            confirmation_was_authenticated: !needs_confirmation,
        };
        // The scope first: what a policy may say depends on it.
        let given = input.attributes.unwrap_or_default();
        let scope_first = |name: &&String| name.as_str() != "FilterPolicyScope";
        let mut names: Vec<&String> = given.keys().collect();
        names.sort_by_key(scope_first);
        for name in names {
            subscription_attributes::set(&mut wanted, name, &given[name])?;
        }
        let record = match existing(sns, &wanted).await? {
            Some(existing) => same_attributes(existing, &wanted)?,
            None => store(sns, wanted).await?,
        };
        if record.is_pending() {
            ask_to_confirm(sns, &topic, &record).await?;
        }
        let shown = input.return_subscription_arn == Some(true) || !record.is_pending();
        let subscription_arn = if shown { record.arn } else { "pending confirmation".to_owned() };
        Ok(Output { subscription_arn })
    }
}

fn check_endpoint(topic: &Arn, protocol: &str, endpoint: &str) -> Result<(), ServiceError> {
    let arn_of = |service: &str| endpoint.parse::<Arn>().is_ok_and(|arn| arn.service() == service);
    match protocol {
        "sqs" if !arn_of("sqs") => Err(errors::invalid("SQS endpoint ARN")),
        "sqs" if endpoint.ends_with(".fifo") && !arns::is_fifo(topic) => Err(errors::invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        "lambda" if !arn_of("lambda") => Err(errors::invalid("Lambda endpoint ARN")),
        "email" | "email-json" if !endpoint.contains('@') => Err(errors::invalid("Email address")),
        "sqs" | "lambda" | "email" | "email-json" => Ok(()),
        "http" | "https" | "sms" | "application" | "firehose" => {
            Err(errors::invalid(&format!("Protocol Reason: {protocol} is not implemented by Konekuta yet")))
        }
        other => Err(errors::invalid(&format!("Amazon SNS does not support this protocol string: {other}"))),
    }
}

async fn existing(
    sns: &Sns,
    wanted: &SubscriptionRecord,
) -> Result<Option<SubscriptionRecord>, ServiceError> {
    let subscriptions = sns.subscriptions(&wanted.topic).await?;
    let same = subscriptions
        .iter()
        .map(|subscription| &subscription.record)
        .find(|record| record.protocol == wanted.protocol && record.endpoint == wanted.endpoint);
    Ok(same.cloned())
}

fn same_attributes(
    existing: SubscriptionRecord,
    wanted: &SubscriptionRecord,
) -> Result<SubscriptionRecord, ServiceError> {
    let differs = |(name, value): (&String, &String)| existing.attributes.get(name) != Some(value);
    if wanted.attributes.iter().any(differs) {
        return Err(errors::invalid(
            "Attributes Reason: Subscription already exists with different attributes",
        ));
    }
    Ok(existing)
}

async fn store(sns: &Sns, wanted: SubscriptionRecord) -> Result<SubscriptionRecord, ServiceError> {
    match sns.engine.put(wanted.key(), records::encode(&wanted), Expect::Absent).await {
        Ok(_) => Ok(wanted),
        Err(Error::Refused(Refusal::RecordChanged(_))) => {
            Err(ServiceError::internal("two subscriptions were given the same id"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask_to_confirm(
    sns: &Sns,
    topic: &TopicRecord,
    record: &SubscriptionRecord,
) -> Result<(), ServiceError> {
    let token = record.token.as_deref().unwrap_or_default();
    let link = format!(
        "{}/?Action=ConfirmSubscription&TopicArn={}&Token={token}&Endpoint={}",
        sns.settings.endpoint, topic.arn, record.endpoint
    );
    let mail = email::confirmation(record, &link, topic.attributes.get("DisplayName").map(String::as_str));
    let enqueue = vec![email::enqueue(sns.ids.uuid(), &mail)];
    sns.engine.commit(Commit { home: None, enqueue }).await?;
    Ok(())
}
