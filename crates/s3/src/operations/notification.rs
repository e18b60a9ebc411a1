//! A bucket's notification configuration.

use aws::Arn;
use engine::Expect;
use s3s::dto::{
    Event, FilterRule, FilterRuleName, GetBucketNotificationConfigurationInput,
    GetBucketNotificationConfigurationOutput, LambdaFunctionConfiguration, NotificationConfigurationFilter,
    PutBucketNotificationConfigurationInput, PutBucketNotificationConfigurationOutput, QueueConfiguration,
    S3KeyFilter, TopicConfiguration,
};
use s3s::{S3Request, S3Result, s3_error};

use super::context;
use crate::S3;
use crate::notifications::{self, Kind, Target};
use crate::records;

pub(super) async fn put_bucket_notification_configuration(
    s3: &S3,
    request: S3Request<PutBucketNotificationConfigurationInput>,
) -> S3Result<PutBucketNotificationConfigurationOutput> {
    let context = context(&request)?;
    let input = request.input;
    let (mut bucket, revision) = s3.bucket(&input.bucket).await?;
    let given = input.notification_configuration;
    if given.event_bridge_configuration.is_some() {
        return Err(s3_error!(NotImplemented, "Events to EventBridge are not supported by Konekuta"));
    }
    let mut targets = Vec::new();
    for one in given.lambda_function_configurations.unwrap_or_default() {
        targets.push(target(s3, Kind::Function, &one.lambda_function_arn, one.id, one.events, one.filter)?);
    }
    for one in given.queue_configurations.unwrap_or_default() {
        targets.push(target(s3, Kind::Queue, &one.queue_arn, one.id, one.events, one.filter)?);
    }
    for one in given.topic_configurations.unwrap_or_default() {
        targets.push(target(s3, Kind::Topic, &one.topic_arn, one.id, one.events, one.filter)?);
    }
    notifications::check_overlaps(&targets)?;
    if input.skip_destination_validation != Some(true) {
        s3.check_targets(&context, &bucket, &targets).await?;
    }
    bucket.notifications = targets;
    let expect = Expect::Revision(revision);
    s3.put(records::bucket_key(&input.bucket), records::encode(&bucket), expect).await?;
    Ok(PutBucketNotificationConfigurationOutput::default())
}

fn target(
    s3: &S3,
    kind: Kind,
    arn: &str,
    id: Option<String>,
    events: Vec<Event>,
    filter: Option<NotificationConfigurationFilter>,
) -> S3Result<Target> {
    let arn: Arn = arn.parse().map_err(|_| s3_error!(InvalidArgument, "The ARN is not well formed"))?;
    if kind != Kind::Function && arn.resource().ends_with(".fifo") {
        return Err(s3_error!(InvalidArgument, "FIFO queues and topics cannot be told of a bucket's events"));
    }
    if let Some(event) = events.iter().find(|event| !notifications::is_event(event.as_ref())) {
        return Err(s3_error!(
            InvalidArgument,
            "The event '{}' is not supported for notifications",
            event.as_ref()
        ));
    }
    let mut target = Target {
        kind,
        arn,
        id: id.unwrap_or_else(|| s3.ids.uuid().to_string()),
        events: events.into_iter().map(|event| event.as_ref().to_owned()).collect(),
        prefix: String::new(),
        suffix: String::new(),
    };
    let rules = filter.and_then(|filter| filter.key).and_then(|key| key.filter_rules).unwrap_or_default();
    for rule in rules {
        let name = rule.name.as_ref().map(|name| name.as_str().to_ascii_lowercase());
        let value = rule.value.unwrap_or_default();
        match name.as_deref() {
            Some("prefix") => target.prefix = value,
            Some("suffix") => target.suffix = value,
            _ => return Err(s3_error!(InvalidArgument, "filter rule name must be either prefix or suffix")),
        }
    }
    Ok(target)
}

pub(super) async fn get_bucket_notification_configuration(
    s3: &S3,
    request: S3Request<GetBucketNotificationConfigurationInput>,
) -> S3Result<GetBucketNotificationConfigurationOutput> {
    let (bucket, _) = s3.bucket(&request.input.bucket).await?;
    let of = |kind: Kind| bucket.notifications.iter().filter(move |target| target.kind == kind);
    let functions: Vec<LambdaFunctionConfiguration> = of(Kind::Function)
        .map(|target| LambdaFunctionConfiguration {
            events: events(target),
            filter: filter(target),
            id: Some(target.id.clone()),
            lambda_function_arn: target.arn.to_string(),
        })
        .collect();
    let queues: Vec<QueueConfiguration> = of(Kind::Queue)
        .map(|target| QueueConfiguration {
            events: events(target),
            filter: filter(target),
            id: Some(target.id.clone()),
            queue_arn: target.arn.to_string(),
        })
        .collect();
    let topics: Vec<TopicConfiguration> = of(Kind::Topic)
        .map(|target| TopicConfiguration {
            events: events(target),
            filter: filter(target),
            id: Some(target.id.clone()),
            topic_arn: target.arn.to_string(),
        })
        .collect();
    Ok(GetBucketNotificationConfigurationOutput {
        lambda_function_configurations: (!functions.is_empty()).then_some(functions),
        queue_configurations: (!queues.is_empty()).then_some(queues),
        topic_configurations: (!topics.is_empty()).then_some(topics),
        event_bridge_configuration: None,
    })
}

fn events(target: &Target) -> Vec<Event> {
    target.events.iter().cloned().map(Event::from).collect()
}

fn filter(target: &Target) -> Option<NotificationConfigurationFilter> {
    let rules: Vec<FilterRule> = [("prefix", &target.prefix), ("suffix", &target.suffix)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| FilterRule {
            name: Some(FilterRuleName::from(name.to_owned())),
            value: Some(value.clone()),
        })
        .collect();
    (!rules.is_empty())
        .then_some(NotificationConfigurationFilter { key: Some(S3KeyFilter { filter_rules: Some(rules) }) })
}
