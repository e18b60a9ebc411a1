//! The plan: resources that exist under the conditions, checked, each after those it needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Node, Value};
use crate::intrinsics::logic;
use crate::references::references;
use crate::sections::Template;
use crate::{ResourceType, Scope, TemplateError, check, resource_type, sam, topic_subscriptions};

/// A resource to bring up. Its properties may still hold functions.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name in the template.
    pub logical_id: String,
    /// Its type.
    pub kind: &'static ResourceType,
    /// A map.
    pub properties: Node,
    /// `Metadata`, for how a function is built.
    pub metadata: Option<Node>,
    /// The line it begins on.
    pub line: usize,
}

/// An output: a value to show when all is up.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its value, with functions.
    pub value: Node,
}

/// What to bring up, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Each after those it needs.
    pub resources: Vec<Resource>,
    /// To show at the end.
    pub outputs: Vec<Output>,
}

/// A resource before it is checked.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) logical_id: String,
    pub(crate) kind: String,
    pub(crate) properties: Node,
    pub(crate) metadata: Option<Node>,
    pub(crate) depends_on: Vec<(String, usize)>,
    pub(crate) line: usize,
}

const RESOURCE_KEYS: [&str; 8] = [
    "Type",
    "Properties",
    "Metadata",
    "DependsOn",
    "Condition",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "UpdatePolicy",
];

pub(crate) fn plan(template: &Template, scope: &Scope) -> Result<Plan, TemplateError> {
    let mut declared = Vec::new();
    for (logical_id, node) in &template.resources {
        let resource = declare(logical_id, node, scope).map_err(|error| error.in_resource(logical_id))?;
        declared.extend(resource);
    }
    let mut expanded = sam::expand(declared, template.globals.as_ref(), scope)?;
    topic_subscriptions::detach(&mut expanded);
    let edges = edges(&expanded, scope)?;
    let resources = expanded.into_iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    let outputs = outputs(template, &resources, scope)?;
    Ok(Plan { resources: ordered(resources, &edges)?, outputs })
}

fn declare(logical_id: &str, node: &Node, scope: &Scope) -> Result<Option<Declared>, TemplateError> {
    if logical_id.is_empty() || !logical_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(TemplateError::at(node.line, "a logical id consists of letters and digits"));
    }
    if let Some((key, entry)) = node.entries().iter().find(|(key, _)| !RESOURCE_KEYS.contains(&key.as_str()))
    {
        return Err(TemplateError::at(
            entry.line,
            format!("{key} is not a part of a resource that Konekuta knows"),
        ));
    }
    if let Some(condition) = node.get("Condition") {
        let name = condition.as_text().unwrap_or_default();
        if !logic::condition_named(name, condition.line, scope)? {
            return Ok(None);
        }
    }
    let kind = node
        .get("Type")
        .and_then(Node::as_text)
        .ok_or_else(|| TemplateError::at(node.line, "a resource needs a Type"))?;
    let properties = node.get("Properties").cloned().unwrap_or_else(|| Node::map(node.line, Vec::new()));
    Ok(Some(Declared {
        logical_id: logical_id.to_owned(),
        kind: kind.to_owned(),
        properties,
        metadata: node.get("Metadata").cloned(),
        depends_on: depends_on(node),
        line: node.line.saturating_sub(1).max(1),
    }))
}

fn depends_on(node: &Node) -> Vec<(String, usize)> {
    let Some(needs) = node.get("DependsOn") else { return Vec::new() };
    let names =
        if let Value::List(items) = &needs.value { items.as_slice() } else { std::slice::from_ref(needs) };
    names.iter().filter_map(|name| Some((name.as_text()?.to_owned(), name.line))).collect()
}

fn checked(declared: Declared) -> Result<Resource, TemplateError> {
    let Declared { logical_id, kind, properties, metadata, line, .. } = declared;
    let kind = resource_type(&kind)
        .ok_or_else(|| TemplateError::at(line, format!("type {kind} is not supported by Konekuta")))
        .map_err(|error| error.in_resource(&logical_id))?;
    check::properties(kind, &properties, line).map_err(|error| error.in_resource(&logical_id))?;
    Ok(Resource { logical_id, kind, properties, metadata, line })
}

type Edges = BTreeMap<String, BTreeSet<String>>;

/// For each resource those it needs; every reference must lead somewhere.
fn edges(resources: &[Declared], scope: &Scope) -> Result<Edges, TemplateError> {
    let kinds: BTreeMap<&str, &str> =
        resources.iter().map(|resource| (resource.logical_id.as_str(), resource.kind.as_str())).collect();
    let mut edges = Edges::new();
    for resource in resources {
        let id = &resource.logical_id;
        let mut needs = BTreeSet::new();
        for reference in references(&resource.properties, scope).map_err(|error| error.in_resource(id))? {
            check_reference(&reference, &kinds).map_err(|error| error.in_resource(id))?;
            needs.insert(reference.resource);
        }
        for (name, line) in &resource.depends_on {
            if !kinds.contains_key(name.as_str()) {
                let error = TemplateError::at(*line, format!("DependsOn names {name}, which is no resource"));
                return Err(error.in_resource(id));
            }
            needs.insert(name.clone());
        }
        edges.insert(id.clone(), needs);
    }
    Ok(edges)
}

fn check_reference(
    reference: &crate::references::Reference,
    kinds: &BTreeMap<&str, &str>,
) -> Result<(), TemplateError> {
    let Some(kind) = kinds.get(reference.resource.as_str()) else {
        let message = format!("{} names no parameter and no resource", reference.resource);
        return Err(TemplateError::at(reference.line, message));
    };
    match (&reference.attribute, resource_type(kind)) {
        (Some(attribute), Some(kind)) if !kind.attributes.contains(&attribute.as_str()) => {
            let message = format!("{} has no attribute {attribute}", kind.name);
            Err(TemplateError::at(reference.line, message))
        }
        _ => Ok(()),
    }
}

fn outputs(template: &Template, resources: &[Resource], scope: &Scope) -> Result<Vec<Output>, TemplateError> {
    let kinds: BTreeMap<&str, &str> =
        resources.iter().map(|resource| (resource.logical_id.as_str(), resource.kind.name)).collect();
    let mut outputs = Vec::new();
    for (name, node) in &template.outputs {
        if let Some(condition) = node.get("Condition")
            && !logic::condition_named(condition.as_text().unwrap_or_default(), condition.line, scope)?
        {
            continue;
        }
        let in_output = |error: TemplateError| error.in_property(&format!("Outputs.{name}"));
        let value = node
            .get("Value")
            .cloned()
            .ok_or_else(|| in_output(TemplateError::at(node.line, "an output needs a Value")))?;
        for reference in references(&value, scope).map_err(in_output)? {
            check_reference(&reference, &kinds).map_err(in_output)?;
        }
        outputs.push(Output { name: name.clone(), value });
    }
    Ok(outputs)
}

/// Takes, again and again, the first resource in the template's order whose needs are all met.
fn ordered(mut left: Vec<Resource>, edges: &Edges) -> Result<Vec<Resource>, TemplateError> {
    let mut done: BTreeSet<String> = BTreeSet::new();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let ready = left.iter().position(|resource| {
            edges.get(&resource.logical_id).is_none_or(|needs| needs.iter().all(|need| done.contains(need)))
        });
        let Some(index) = ready else {
            let names: Vec<&str> = left.iter().map(|resource| resource.logical_id.as_str()).collect();
            let message = format!("Circular dependency between resources: [{}]", names.join(", "));
            return Err(TemplateError::at(left[0].line, message));
        };
        let resource = left.remove(index);
        done.insert(resource.logical_id.clone());
        order.push(resource);
    }
    Ok(order)
}

#[cfg(test)]
mod tests;
