//! The events of a function: SQS, SNS, S3, and schedules (`schedules.rs`).
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html>

use super::bucket_events::Notification;
use super::function::{Parts, Target};
use super::schedules;
use crate::document::Node;
use crate::plan::Declared;
use crate::{Scope, TemplateError, check, intrinsics};

/// One event as it stands in the template.
pub(super) struct Event<'a> {
    pub(super) target: &'a Target,
    /// `<function><event>`: the logical id of what it becomes.
    pub(super) id: String,
    pub(super) properties: &'a Node,
    pub(super) line: usize,
}

pub(super) fn expand(
    target: &Target,
    name: &str,
    event: &Node,
    scope: &Scope,
    parts: &mut Parts,
) -> Result<(), TemplateError> {
    let kind = event.get("Type").ok_or_else(|| TemplateError::at(event.line, "an event needs a Type"))?;
    let properties =
        event.get("Properties").ok_or_else(|| TemplateError::at(event.line, "an event needs Properties"))?;
    let event = Event { target, id: format!("{}{name}", target.function), properties, line: event.line };
    match kind.as_text().unwrap_or_default() {
        "SQS" => sqs(&event, parts),
        "SNS" => sns(&event, scope, parts),
        "S3" => s3(&event, parts),
        "Schedule" => schedules::rule(&event, parts),
        "ScheduleV2" => schedules::schedule(&event, parts),
        other => Err(TemplateError::at(
            kind.line,
            format!(
                "events of type {other} are not supported by Konekuta; SQS, SNS, S3, Schedule and ScheduleV2 are"
            ),
        )),
    }
}

impl Event<'_> {
    pub(super) fn resource(&self, id: String, kind: &str, properties: Node) -> Declared {
        Declared {
            logical_id: id,
            kind: kind.to_owned(),
            properties,
            metadata: None,
            depends_on: Vec::new(),
            line: self.line,
        }
    }

    pub(super) fn text(&self, text: &str) -> Node {
        Node::text(self.line, text)
    }

    pub(super) fn check(&self, known: &[&str], required: &str) -> Result<(), TemplateError> {
        for (name, node) in self.properties.entries() {
            if !known.contains(&name.as_str()) {
                return Err(check::unknown(name, node.line, "this event", known.iter().copied())
                    .in_property("Properties"));
            }
        }
        match self.properties.get(required) {
            Some(_) => Ok(()),
            None => Err(TemplateError::at(self.line, format!("needs {required}")).in_property("Properties")),
        }
    }

    pub(super) fn permission(&self, principal: &str, source: Option<(&str, Node)>) -> Declared {
        let mut properties = Node::map(
            self.line,
            vec![
                ("Action", self.text("lambda:InvokeFunction")),
                ("FunctionName", self.target.name(self.line)),
                ("Principal", self.text(principal)),
            ],
        );
        if let Some((name, node)) = source {
            properties.set(name, node);
        }
        self.resource(format!("{}Permission", self.id), "AWS::Lambda::Permission", properties)
    }

    fn mapping(&self, id: String, queue: Node) -> Declared {
        let properties = Node::map(
            self.line,
            vec![("EventSourceArn", queue), ("FunctionName", self.target.name(self.line))],
        );
        self.resource(id, "AWS::Lambda::EventSourceMapping", properties)
    }
}

fn sqs(event: &Event<'_>, parts: &mut Parts) -> Result<(), TemplateError> {
    const HANDED_ON: [&str; 9] = [
        "BatchSize",
        "Enabled",
        "FilterCriteria",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "ScalingConfig",
        "KmsKeyArn",
        "MetricsConfig",
        "ProvisionedPollerConfig",
    ];
    let known: Vec<&str> = HANDED_ON.iter().copied().chain(["Queue"]).collect();
    event.check(&known, "Queue")?;
    let queue = event.properties.get("Queue").cloned().unwrap_or_else(|| event.text(""));
    let mut mapping = event.mapping(event.id.clone(), queue);
    for name in HANDED_ON {
        if let Some(node) = event.properties.get(name) {
            mapping.properties.set(name, node.clone());
        }
    }
    parts.resources.push(mapping);
    Ok(())
}

fn sns(event: &Event<'_>, scope: &Scope, parts: &mut Parts) -> Result<(), TemplateError> {
    const HANDED_ON: [&str; 4] = ["FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"];
    let known: Vec<&str> = HANDED_ON.iter().copied().chain(["Topic", "SqsSubscription"]).collect();
    event.check(&known, "Topic")?;
    let topic = event.properties.get("Topic").cloned().unwrap_or_else(|| event.text(""));
    let through_queue = match event.properties.get("SqsSubscription") {
        None => false,
        Some(node) if node.is_map() && node.function().is_none() => {
            let message = "a map here is not supported by Konekuta; give true, or an SQS event of its own";
            return Err(TemplateError::at(node.line, message).in_property("Properties.SqsSubscription"));
        }
        Some(node) => intrinsics::evaluate(node, scope)? == serde_json::Value::Bool(true),
    };
    let (protocol, endpoint) = if through_queue {
        parts.resources.extend(queue_between(event, &topic));
        ("sqs", Node::get_att(event.line, &format!("{}Queue", event.id), "Arn"))
    } else {
        parts.resources.push(event.permission("sns.amazonaws.com", Some(("SourceArn", topic.clone()))));
        ("lambda", event.target.arn(event.line))
    };
    let properties = vec![("TopicArn", topic), ("Protocol", event.text(protocol)), ("Endpoint", endpoint)];
    let mut subscription =
        event.resource(event.id.clone(), "AWS::SNS::Subscription", Node::map(event.line, properties));
    for name in HANDED_ON {
        if let Some(node) = event.properties.get(name) {
            subscription.properties.set(name, node.clone());
        }
    }
    parts.resources.push(subscription);
    Ok(())
}

/// `SqsSubscription: true`: a queue, its policy, and a mapping to the function.
fn queue_between(event: &Event<'_>, topic: &Node) -> [Declared; 3] {
    let line = event.line;
    let queue_id = format!("{}Queue", event.id);
    let queue_arn = || Node::get_att(line, &queue_id, "Arn");
    let condition =
        Node::map(line, vec![("ArnEquals", Node::map(line, vec![("aws:SourceArn", topic.clone())]))]);
    let statement = Node::map(
        line,
        vec![
            ("Effect", event.text("Allow")),
            ("Principal", event.text("*")),
            ("Action", event.text("sqs:SendMessage")),
            ("Resource", queue_arn()),
            ("Condition", condition),
        ],
    );
    let document = Node::map(
        line,
        vec![("Version", event.text("2012-10-17")), ("Statement", Node::list(line, vec![statement]))],
    );
    let policy = Node::map(
        line,
        vec![
            ("Queues", Node::list(line, vec![Node::reference(line, &queue_id)])),
            ("PolicyDocument", document),
        ],
    );
    [
        event.resource(queue_id.clone(), "AWS::SQS::Queue", Node::map(line, Vec::new())),
        event.resource(format!("{}QueuePolicy", event.id), "AWS::SQS::QueuePolicy", policy),
        event.mapping(format!("{}EventSourceMapping", event.id), queue_arn()),
    ]
}

fn s3(event: &Event<'_>, parts: &mut Parts) -> Result<(), TemplateError> {
    event.check(&["Bucket", "Events", "Filter"], "Bucket")?;
    let bucket = event.properties.get("Bucket").and_then(|node| node.get("Ref")).and_then(Node::as_text);
    let bucket = bucket.ok_or_else(|| {
        TemplateError::at(event.line, "must be a Ref to a bucket of the same template")
            .in_property("Properties.Bucket")
    })?;
    let events = event
        .properties
        .get("Events")
        .cloned()
        .ok_or_else(|| TemplateError::at(event.line, "needs Events").in_property("Properties"))?;
    let account = Node::reference(event.line, "AWS::AccountId");
    parts.resources.push(event.permission("s3.amazonaws.com", Some(("SourceAccount", account))));
    parts.notifications.push(Notification {
        bucket: bucket.to_owned(),
        function: event.target.function.clone(),
        target: event.target.arn(event.line),
        permission: format!("{}Permission", event.id),
        events,
        filter: event.properties.get("Filter").cloned(),
        line: event.line,
    });
    Ok(())
}
