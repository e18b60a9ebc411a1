//! `Schedule` events, which are EventBridge rules, and `ScheduleV2` events, which are EventBridge Scheduler's.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedule.html>,
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-schedulev2.html>

use super::events::Event;
use super::function::Parts;
use crate::TemplateError;
use crate::document::{Node, Value};
use crate::plan::Declared;

/// A rule whose target is the function, and the permission that it may invoke it.
pub(super) fn rule(event: &Event<'_>, parts: &mut Parts) -> Result<(), TemplateError> {
    const HANDED_ON: [&str; 3] = ["Description", "Name", "State"];
    const OF_TARGET: [&str; 3] = ["Input", "RetryPolicy", "RoleArn"];
    let known: Vec<&str> =
        HANDED_ON.into_iter().chain(OF_TARGET).chain(["Schedule", "Enabled", "DeadLetterConfig"]).collect();
    event.check(&known, "Schedule")?;
    let given = |name: &str| event.properties.get(name);
    let id = event.text(&format!("{}LambdaTarget", event.id));
    let mut target = Node::map(event.line, vec![("Arn", event.target.arn(event.line)), ("Id", id)]);
    hand_on(event, &OF_TARGET, &mut target);
    let source = Node::get_att(event.line, &event.id, "Arn");
    if let Some(config) = given("DeadLetterConfig") {
        let queue = dead_letter_queue(event, config, parts)?;
        if config.get("Type").is_some() {
            parts.resources.push(queue_policy(event, &queue, source.clone()));
        }
        target.set("DeadLetterConfig", Node::map(config.line, vec![("Arn", queue.arn)]));
    }
    let expression = given("Schedule").cloned().unwrap_or_else(|| event.text(""));
    let mut properties = Node::map(
        event.line,
        vec![("ScheduleExpression", expression), ("Targets", Node::list(event.line, vec![target]))],
    );
    if let Some(enabled) = given("Enabled") {
        if given("State").is_some() {
            return Err(
                TemplateError::at(enabled.line, "give State or Enabled, not both").in_property("Properties")
            );
        }
        properties.set("State", event.text(if is_true(enabled) { "ENABLED" } else { "DISABLED" }));
    }
    hand_on(event, &HANDED_ON, &mut properties);
    parts.resources.push(event.resource(event.id.clone(), "AWS::Events::Rule", properties));
    parts.resources.push(event.permission("events.amazonaws.com", Some(("SourceArn", source))));
    Ok(())
}

/// A schedule whose target is the function, and the role in which it invokes it.
pub(super) fn schedule(event: &Event<'_>, parts: &mut Parts) -> Result<(), TemplateError> {
    const HANDED_ON: [&str; 8] = [
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "Description",
        "StartDate",
        "EndDate",
        "GroupName",
        "KmsKeyArn",
        "State",
    ];
    const OF_TARGET: [&str; 2] = ["Input", "RetryPolicy"];
    const TRANSLATED: [&str; 6] =
        ["Name", "OmitName", "RoleArn", "DeadLetterConfig", "FlexibleTimeWindow", "PermissionsBoundary"];
    let known: Vec<&str> = HANDED_ON.into_iter().chain(OF_TARGET).chain(TRANSLATED).collect();
    event.check(&known, "ScheduleExpression")?;
    let given = |name: &str| event.properties.get(name);
    let role_id = format!("{}Role", event.id);
    let role = given("RoleArn").cloned().unwrap_or_else(|| Node::get_att(event.line, &role_id, "Arn"));
    if given("RoleArn").is_none() {
        let document = Node::map(event.line, vec![("Version", event.text("2012-10-17"))]);
        let properties = Node::map(event.line, vec![("AssumeRolePolicyDocument", document)]);
        parts.resources.push(event.resource(role_id, "AWS::IAM::Role", properties));
    }
    let mut target = Node::map(event.line, vec![("Arn", event.target.arn(event.line)), ("RoleArn", role)]);
    hand_on(event, &OF_TARGET, &mut target);
    if let Some(config) = given("DeadLetterConfig") {
        let queue = dead_letter_queue(event, config, parts)?;
        target.set("DeadLetterConfig", Node::map(config.line, vec![("Arn", queue.arn)]));
    }
    let off = || Node::map(event.line, vec![("Mode", event.text("OFF"))]);
    let window = given("FlexibleTimeWindow").cloned().unwrap_or_else(off);
    let mut properties = Node::map(event.line, vec![("Target", target), ("FlexibleTimeWindow", window)]);
    hand_on(event, &HANDED_ON, &mut properties);
    match given("Name") {
        Some(name) => properties.set("Name", name.clone()),
        None if given("OmitName").is_some_and(is_true) => {}
        None => properties.set("Name", event.text(&event.id)),
    }
    parts.resources.push(event.resource(event.id.clone(), "AWS::Scheduler::Schedule", properties));
    Ok(())
}

fn hand_on(event: &Event<'_>, names: &[&str], to: &mut Node) {
    for name in names {
        if let Some(node) = event.properties.get(name) {
            to.set(name, node.clone());
        }
    }
}

fn is_true(node: &Node) -> bool {
    matches!(node.value, Value::Bool(true)) || node.as_text() == Some("true")
}

/// The queue for what cannot be delivered.
struct DeadLetterQueue {
    id: String,
    arn: Node,
}

/// One that is named, or with `Type: SQS` one that is made for the event.
fn dead_letter_queue(
    event: &Event<'_>,
    config: &Node,
    parts: &mut Parts,
) -> Result<DeadLetterQueue, TemplateError> {
    let wrong = |text: &str| TemplateError::at(config.line, text).in_property("Properties.DeadLetterConfig");
    match (config.get("Arn"), config.get("Type").and_then(Node::as_text)) {
        (Some(arn), None) => Ok(DeadLetterQueue { id: String::new(), arn: arn.clone() }),
        (None, Some("SQS")) => {
            let id = config.get("QueueLogicalId").and_then(Node::as_text).map(str::to_owned);
            let id = id.unwrap_or_else(|| format!("{}Queue", event.id));
            let properties = Node::map(config.line, Vec::new());
            parts.resources.push(event.resource(id.clone(), "AWS::SQS::Queue", properties));
            Ok(DeadLetterQueue { arn: Node::get_att(config.line, &id, "Arn"), id })
        }
        (None, Some(_)) => Err(wrong("Type must be SQS")),
        _ => Err(wrong("give either Arn or Type: SQS")),
    }
}

fn queue_policy(event: &Event<'_>, queue: &DeadLetterQueue, source: Node) -> Declared {
    let line = event.line;
    let condition = Node::map(line, vec![("ArnEquals", Node::map(line, vec![("aws:SourceArn", source)]))]);
    let principal = Node::map(line, vec![("Service", event.text("events.amazonaws.com"))]);
    let statement = Node::map(
        line,
        vec![
            ("Effect", event.text("Allow")),
            ("Principal", principal),
            ("Action", event.text("sqs:SendMessage")),
            ("Resource", queue.arn.clone()),
            ("Condition", condition),
        ],
    );
    let document = Node::map(
        line,
        vec![("Version", event.text("2012-10-17")), ("Statement", Node::list(line, vec![statement]))],
    );
    let queues = Node::list(line, vec![Node::reference(line, &queue.id)]);
    let properties = Node::map(line, vec![("Queues", queues), ("PolicyDocument", document)]);
    event.resource(format!("{}QueuePolicy", event.id), "AWS::SQS::QueuePolicy", properties)
}
