//! `AWS::Serverless::Function`: a function, its role, and what each of its events stands for.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html>

use super::bucket_events::Notification;
use super::{event_invoke, events, url};
use crate::document::{Node, Value};
use crate::plan::Declared;
use crate::{Scope, TemplateError, check};

/// Handed to the function unchanged.
const SAME: [&str; 19] = [
    "FunctionName",
    "Runtime",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "EphemeralStorage",
    "Architectures",
    "PackageType",
    "LoggingConfig",
    "VpcConfig",
    "RecursiveLoop",
    "AutoPublishAlias",
    "FileSystemConfigs",
    "ImageConfig",
    "Layers",
    "ReservedConcurrentExecutions",
    "SnapStart",
];
/// Given another form below.
const TRANSLATED: [&str; 11] = [
    "CodeUri",
    "ImageUri",
    "InlineCode",
    "Role",
    "Policies",
    "Events",
    "EventInvokeConfig",
    "FunctionUrlConfig",
    "Tracing",
    "DeadLetterQueue",
    "Tags",
];
/// Of AWS's account world: accepted, without effect.
const ACCEPTED: [&str; 5] = [
    "PermissionsBoundary",
    "RolePath",
    "AssumeRolePolicyDocument",
    "PropagateTags",
    "RuntimeManagementConfig",
];

/// What a function stands for.
pub(super) struct Parts {
    pub(super) resources: Vec<Declared>,
    pub(super) notifications: Vec<Notification>,
}

pub(super) fn expand(function: Declared, scope: &Scope) -> Result<Parts, TemplateError> {
    check_properties(&function)?;
    let mut parts = Parts { resources: Vec::new(), notifications: Vec::new() };
    let target = Target::of(&function)?;
    if let Some(events) = function.properties.get("Events") {
        for (name, event) in events.entries() {
            events::expand(&target, name, event, scope, &mut parts)
                .map_err(|error| error.in_property(&format!("Events.{name}")))?;
        }
    }
    parts.resources.extend(url::expand(&target, &function)?);
    parts.resources.extend(event_invoke::expand(&target, &function)?);
    if function.properties.get("Role").is_none() {
        parts.resources.push(role(&function));
    }
    parts.resources.push(lambda_function(function)?);
    Ok(parts)
}

/// What events call: the function, or the alias that is published with it.
pub(super) struct Target {
    /// The function's logical id.
    pub(super) function: String,
    pub(super) alias: Option<String>,
}

impl Target {
    fn of(function: &Declared) -> Result<Self, TemplateError> {
        let alias = match function.properties.get("AutoPublishAlias") {
            None => None,
            Some(node) => Some(node.as_text().map(str::to_owned).ok_or_else(|| {
                TemplateError::at(node.line, "must be a text, not a function").in_property("AutoPublishAlias")
            })?),
        };
        Ok(Self { function: function.logical_id.clone(), alias })
    }

    /// Its name, with the alias.
    pub(super) fn name(&self, line: usize) -> Node {
        match &self.alias {
            Some(alias) => Node::sub(line, &format!("${{{}}}:{alias}", self.function)),
            None => Node::reference(line, &self.function),
        }
    }

    /// Its ARN, with the alias.
    pub(super) fn arn(&self, line: usize) -> Node {
        match &self.alias {
            Some(alias) => Node::sub(line, &format!("${{{}.Arn}}:{alias}", self.function)),
            None => Node::get_att(line, &self.function, "Arn"),
        }
    }
}

fn check_properties(function: &Declared) -> Result<(), TemplateError> {
    let known = || SAME.iter().chain(&TRANSLATED).chain(&ACCEPTED).copied();
    for (name, node) in function.properties.entries() {
        if !known().any(|other| other == name) {
            return Err(check::unknown(name, node.line, "AWS::Serverless::Function", known()));
        }
    }
    Ok(())
}

fn lambda_function(function: Declared) -> Result<Declared, TemplateError> {
    let given = &function.properties;
    let line = given.line;
    let mut properties = Node::map(line, vec![("Code", code(&function)?)]);
    for name in SAME {
        if let Some(node) = given.get(name) {
            properties.set(name, node.clone());
        }
    }
    let own_role = || Node::get_att(line, &format!("{}Role", function.logical_id), "Arn");
    properties.set("Role", given.get("Role").cloned().unwrap_or_else(own_role));
    if let Some(mode) = given.get("Tracing") {
        properties.set("TracingConfig", Node::map(mode.line, vec![("Mode", mode.clone())]));
    }
    if let Some(queue) = given.get("DeadLetterQueue") {
        let target = queue
            .get("TargetArn")
            .ok_or_else(|| TemplateError::at(queue.line, "needs TargetArn").in_property("DeadLetterQueue"))?;
        properties.set("DeadLetterConfig", Node::map(queue.line, vec![("TargetArn", target.clone())]));
    }
    properties.set("Tags", tags(given.get("Tags"), line));
    Ok(Declared { kind: "AWS::Lambda::Function".to_owned(), properties, ..function })
}

/// SAM's tags are a map, CloudFormation's a list; one tag tells who made the function.
fn tags(given: Option<&Node>, line: usize) -> Node {
    let tag =
        |key: &str, value: Node| Node::map(line, vec![("Key", Node::text(line, key)), ("Value", value)]);
    let own = given.map(Node::entries).unwrap_or_default();
    let mut tags = vec![tag("lambda:createdBy", Node::text(line, "SAM"))];
    tags.extend(own.iter().map(|(key, value)| tag(key, value.clone())));
    Node::list(line, tags)
}

/// `CodeUri` as a local path or a place in S3, or inline code.
fn code(function: &Declared) -> Result<Node, TemplateError> {
    let given = &function.properties;
    if let Some(image) = given.get("ImageUri") {
        return Ok(Node::map(image.line, vec![("ImageUri", image.clone())]));
    }
    if let Some(inline) = given.get("InlineCode") {
        return Ok(Node::map(inline.line, vec![("ZipFile", inline.clone())]));
    }
    let Some(uri) = given.get("CodeUri") else {
        return Err(
            TemplateError::at(function.line, "a function needs it (or InlineCode)").in_property("CodeUri")
        );
    };
    match &uri.value {
        Value::Map(_) if uri.function().is_none() => {
            let part = |from: &str| uri.get(from).cloned();
            let mut code = Node::map(uri.line, Vec::new());
            for (from, to) in [("Bucket", "S3Bucket"), ("Key", "S3Key"), ("Version", "S3ObjectVersion")] {
                if let Some(node) = part(from) {
                    code.set(to, node);
                }
            }
            Ok(code)
        }
        _ => Ok(uri.clone()),
    }
}

fn role(function: &Declared) -> Declared {
    let line = function.line;
    let text = |text: &str| Node::text(line, text);
    let trust = Node::map(
        line,
        vec![
            ("Effect", text("Allow")),
            ("Action", Node::list(line, vec![text("sts:AssumeRole")])),
            (
                "Principal",
                Node::map(line, vec![("Service", Node::list(line, vec![text("lambda.amazonaws.com")]))]),
            ),
        ],
    );
    let document =
        Node::map(line, vec![("Version", text("2012-10-17")), ("Statement", Node::list(line, vec![trust]))]);
    Declared {
        logical_id: format!("{}Role", function.logical_id),
        kind: "AWS::IAM::Role".to_owned(),
        properties: Node::map(line, vec![("AssumeRolePolicyDocument", document)]),
        metadata: None,
        depends_on: Vec::new(),
        line,
    }
}
