//! S3 events of functions become notification configurations of their buckets.

use crate::TemplateError;
use crate::document::{Node, Value};
use crate::plan::Declared;

/// An S3 event of a function.
pub(super) struct Notification {
    pub(super) bucket: String,
    /// The function's logical id.
    pub(super) function: String,
    /// What is called: the function's ARN, or its alias's.
    pub(super) target: Node,
    pub(super) permission: String,
    /// A name or a list of names.
    pub(super) events: Node,
    pub(super) filter: Option<Node>,
    pub(super) line: usize,
}

pub(super) fn attach(
    resources: &mut [Declared],
    notifications: Vec<Notification>,
) -> Result<(), TemplateError> {
    for notification in notifications {
        let bucket = resources
            .iter_mut()
            .find(|resource| resource.logical_id == notification.bucket && resource.kind == "AWS::S3::Bucket")
            .ok_or_else(|| {
                let message = format!("{} is no bucket of this template", notification.bucket);
                TemplateError::at(notification.line, message).in_resource(&notification.function)
            })?;
        bucket.depends_on.push((notification.permission.clone(), notification.line));
        add(bucket, &notification);
    }
    Ok(())
}

fn add(bucket: &mut Declared, notification: &Notification) {
    let line = notification.line;
    let names = match &notification.events.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(&notification.events),
    };
    let configuration = |event: &Node| {
        let mut entry =
            Node::map(line, vec![("Event", event.clone()), ("Function", notification.target.clone())]);
        if let Some(filter) = &notification.filter {
            entry.set("Filter", filter.clone());
        }
        entry
    };
    let empty = || Node::map(line, Vec::new());
    let mut all = bucket.properties.get("NotificationConfiguration").cloned().unwrap_or_else(empty);
    let mut functions = match all.get("LambdaConfigurations").map(|node| &node.value) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    };
    functions.extend(names.iter().map(configuration));
    all.set("LambdaConfigurations", Node::list(line, functions));
    bucket.properties.set("NotificationConfiguration", all);
}
