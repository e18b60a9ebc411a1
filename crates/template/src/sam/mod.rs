//! SAM's own types, expanded to CloudFormation's.
//!
//! <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>

mod bucket_events;
mod event_invoke;
mod events;
mod function;
mod globals;
mod layer_version;
mod schedules;
mod url;

use crate::document::Node;
use crate::plan::Declared;
use crate::{Scope, TemplateError};

/// Replaces `AWS::Serverless::Function` and `AWS::Serverless::LayerVersion` by what they stand for; other types stay.
pub(crate) fn expand(
    declared: Vec<Declared>,
    globals: Option<&Node>,
    scope: &Scope,
) -> Result<Vec<Declared>, TemplateError> {
    let globals = globals::function(globals)?;
    let mut expanded = Vec::new();
    let mut notifications = Vec::new();
    for resource in declared {
        match resource.kind.as_str() {
            "AWS::Serverless::Function" => {
                let id = resource.logical_id.clone();
                let function = globals::merged(globals, resource);
                let parts = function::expand(function, scope).map_err(|error| error.in_resource(&id))?;
                expanded.extend(parts.resources);
                notifications.extend(parts.notifications);
            }
            "AWS::Serverless::LayerVersion" => {
                let id = resource.logical_id.clone();
                expanded.push(layer_version::expand(resource).map_err(|error| error.in_resource(&id))?);
            }
            other if other.starts_with("AWS::Serverless::") => {
                let message = format!("type {other} is not supported by Konekuta");
                return Err(TemplateError::at(resource.line, message).in_resource(&resource.logical_id));
            }
            _ => expanded.push(resource),
        }
    }
    bucket_events::attach(&mut expanded, notifications)?;
    Ok(expanded)
}
