//! `EventInvokeConfig`: retries, age and destinations of asynchronous events; queues and topics where none is named.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventinvokeconfiguration.html>

use super::function::Target;
use crate::TemplateError;
use crate::document::Node;
use crate::plan::Declared;

pub(super) fn expand(target: &Target, function: &Declared) -> Result<Vec<Declared>, TemplateError> {
    let Some(config) = function.properties.get("EventInvokeConfig") else { return Ok(Vec::new()) };
    let line = config.line;
    let qualifier = target.alias.as_deref().unwrap_or("$LATEST");
    let mut properties = Node::map(
        line,
        vec![
            ("FunctionName", Node::reference(line, &target.function)),
            ("Qualifier", Node::text(line, qualifier)),
        ],
    );
    for name in ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"] {
        if let Some(node) = config.get(name) {
            properties.set(name, node.clone());
        }
    }
    let mut resources = Vec::new();
    let mut destinations = Node::map(line, Vec::new());
    for side in ["OnSuccess", "OnFailure"] {
        let Some(node) = config.get("DestinationConfig").and_then(|destinations| destinations.get(side))
        else {
            continue;
        };
        let destination = destination(target, side, node, &mut resources)
            .map_err(|error| error.in_property(&format!("EventInvokeConfig.DestinationConfig.{side}")))?;
        destinations.set(side, Node::map(line, vec![("Destination", destination)]));
    }
    if !destinations.entries().is_empty() {
        properties.set("DestinationConfig", destinations);
    }
    resources.push(declared(
        format!("{}EventInvokeConfig", target.function),
        "AWS::Lambda::EventInvokeConfig",
        properties,
        vec![(target.function.clone(), line)],
    ));
    Ok(resources)
}

/// What is named, or a queue or topic made for it.
fn destination(
    target: &Target,
    side: &str,
    node: &Node,
    resources: &mut Vec<Declared>,
) -> Result<Node, TemplateError> {
    if let Some(named) = node.get("Destination") {
        return Ok(named.clone());
    }
    let line = node.line;
    let kind = node.get("Type").and_then(Node::as_text).unwrap_or_default();
    let (suffix, kind) = match kind {
        "SQS" => ("Queue", "AWS::SQS::Queue"),
        "SNS" => ("Topic", "AWS::SNS::Topic"),
        _ => return Err(TemplateError::at(line, "needs Destination, or Type SQS or SNS")),
    };
    let id = format!("{}EventInvokeConfig{side}{suffix}", target.function);
    let arn = match suffix {
        "Queue" => Node::get_att(line, &id, "Arn"),
        _ => Node::reference(line, &id),
    };
    resources.push(declared(id, kind, Node::map(line, Vec::new()), Vec::new()));
    Ok(arn)
}

fn declared(id: String, kind: &str, properties: Node, depends_on: Vec<(String, usize)>) -> Declared {
    let line = properties.line;
    Declared { logical_id: id, kind: kind.to_owned(), properties, metadata: None, depends_on, line }
}
