//! A new subscription; the same endpoint again is answered with the one that exists.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>

use aws::Arn;
use engine::{Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::platform::EndpointArn;
use crate::records::{self, Attributes, SubscriptionRecord, TopicRecord};
use crate::{Sns, arns, errors, http_endpoint, large_messages, limits, replay, sms, subscription_attributes};

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

const PROTOCOLS: [&str; 9] =
    ["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];

impl Action for Subscribe {
    const NAME: &'static str = "Subscribe";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let arn = arns::topic(&input.topic_arn)?;
        let endpoint = input.endpoint.unwrap_or_default();
        check_endpoint(&arn, &input.protocol, &endpoint)?;
        let keys = [("sns:Protocol", input.protocol.as_str()), ("sns:Endpoint", &endpoint)];
        let topic = sns.open(context, &arn, Self::NAME, &keys).await?;
        if input.protocol == "application" {
            check_device(sns, &endpoint).await?;
        }
        let needs_confirmation = needs_confirmation(context, &input.protocol, &endpoint);
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
            asked_at: needs_confirmation.then_some(context.now),
            delivery_queue: None,
        };
        set_attributes(&mut wanted, &input.attributes.unwrap_or_default())
            .map_err(errors::among_attributes)?;
        if wanted.attributes.contains_key("FilterPolicy") {
            sns.check_filter_policies(&arn, &wanted.arn).await?;
        }
        let record = match existing(sns, &wanted).await? {
            Some(existing) => renewed(sns, same_attributes(existing, &wanted)?, &wanted).await?,
            None => {
                check_limits(sns, &topic, &wanted.protocol).await?;
                sns.check_account(&wanted).await?;
                // Together: nothing comes to it before its replay, and no replay begins without it.
                let _alone = sns.handing_on.write().await;
                if let Some(policy) = wanted.attributes.get(replay::policy::POLICY) {
                    sns.set_replay(&topic, &wanted, policy).await.map_err(errors::among_attributes)?;
                }
                store(sns, wanted).await?
            }
        };
        if record.is_pending() {
            sns.ask_to_confirm(&topic, &record).await?;
        }
        let shown = input.return_subscription_arn == Some(true) || !record.is_pending();
        let subscription_arn = if shown { record.arn } else { "pending confirmation".to_owned() };
        Ok(Output { subscription_arn })
    }
}

/// Endpoints that anybody could name, and queues of other accounts than the caller's.
fn needs_confirmation(context: &Context, protocol: &str, endpoint: &str) -> bool {
    let of_others =
        || endpoint.parse::<Arn>().is_ok_and(|arn| arn.account() != context.caller.account.as_str());
    match protocol {
        "http" | "https" | "email" | "email-json" => true,
        "sqs" => of_others(),
        _ => false,
    }
}

/// How many subscriptions a topic may have, and of which kinds.
async fn check_limits(sns: &Sns, topic: &TopicRecord, protocol: &str) -> Result<(), ServiceError> {
    let others = sns.subscriptions(&topic.arn).await?.len();
    let most =
        if arns::is_fifo(&topic.arn) { limits::FIFO_SUBSCRIPTIONS_MAX } else { limits::SUBSCRIPTIONS_MAX };
    if others >= most {
        let text = "The topic has as many subscriptions as it may";
        return Err(ServiceError::new(&errors::SUBSCRIPTION_LIMIT, text));
    }
    large_messages::check_subscriber(topic, protocol, others)
}

/// What a policy may say depends on the scope, and what a delivery policy may say on raw delivery: these come first.
fn set_attributes(wanted: &mut SubscriptionRecord, given: &Attributes) -> Result<(), ServiceError> {
    let later = |name: &&String| !matches!(name.as_str(), "FilterPolicyScope" | "RawMessageDelivery");
    let mut names: Vec<&String> = given.keys().collect();
    names.sort_by_key(later);
    names.into_iter().try_for_each(|name| subscription_attributes::set(wanted, name, &given[name]))
}

/// A pending subscription that is asked for again gets a fresh token: the old one may have run out.
async fn renewed(
    sns: &Sns,
    existing: SubscriptionRecord,
    wanted: &SubscriptionRecord,
) -> Result<SubscriptionRecord, ServiceError> {
    if !existing.is_pending() {
        return Ok(existing);
    }
    let (topic, id) = arns::subscription(&existing.arn)?;
    let renew = |record: &mut SubscriptionRecord| {
        record.token.clone_from(&wanted.token);
        record.asked_at = wanted.asked_at;
        Ok(())
    };
    sns.change_subscription(&topic, &id, renew).await
}

fn check_endpoint(topic: &Arn, protocol: &str, endpoint: &str) -> Result<(), ServiceError> {
    // FIFO topics deliver to queues only.
    if arns::is_fifo(topic) && PROTOCOLS.contains(&protocol) && protocol != "sqs" {
        return Err(errors::invalid("Invalid parameter: Endpoint Reason: Please use FIFO SQS queue"));
    }
    let arn_of = |service: &str| endpoint.parse::<Arn>().is_ok_and(|arn| arn.service() == service);
    match protocol {
        "sqs" if !arn_of("sqs") => Err(errors::invalid("SQS endpoint ARN")),
        "sqs" if endpoint.ends_with(".fifo") && !arns::is_fifo(topic) => Err(errors::invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        )),
        "lambda" if !arn_of("lambda") => Err(errors::invalid("Lambda endpoint ARN")),
        "email" | "email-json" if !endpoint.contains('@') => Err(errors::invalid("Email address")),
        "http" | "https" => http_endpoint::url::check(protocol, endpoint),
        "sms" if !sms::is_phone_number(endpoint) => {
            Err(errors::invalid(&format!("Invalid SMS endpoint: {endpoint}")))
        }
        "sqs" | "lambda" | "email" | "email-json" | "sms" | "application" => Ok(()),
        "firehose" => {
            Err(errors::invalid(&format!("Protocol Reason: {protocol} is not implemented by Konekuta yet")))
        }
        other => Err(errors::invalid(&format!("Amazon SNS does not support this protocol string: {other}"))),
    }
}

async fn check_device(sns: &Sns, endpoint: &str) -> Result<(), ServiceError> {
    let arn = EndpointArn::parse(endpoint, "Endpoint")?;
    match sns.endpoint(&arn).await? {
        Some(_) => Ok(()),
        None => {
            Err(errors::invalid(&format!("Endpoint Reason: Endpoint does not exist for endpoint {endpoint}")))
        }
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

async fn store(sns: &Sns, mut wanted: SubscriptionRecord) -> Result<SubscriptionRecord, ServiceError> {
    if wanted.is_http() {
        wanted.delivery_queue = Some(sns.create_delivery_queue(&wanted.arn).await?);
    }
    match sns.engine.put(wanted.key(), records::encode(&wanted), Expect::Absent).await {
        Ok(_) => Ok(wanted),
        Err(Error::Refused(Refusal::RecordChanged(_))) => {
            Err(ServiceError::internal("two subscriptions were given the same id"))
        }
        Err(error) => Err(error.into()),
    }
}
