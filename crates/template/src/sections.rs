//! A template's sections.

use crate::document::{self, Node};
use crate::{Plan, Scope, TemplateError, conditions, parameters, plan};

/// A template as it was read.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) parameters: Vec<(String, Node)>,
    pub(crate) mappings: Vec<(String, Node)>,
    pub(crate) conditions: Vec<(String, Node)>,
    pub(crate) globals: Option<Node>,
    pub(crate) resources: Vec<(String, Node)>,
    pub(crate) outputs: Vec<(String, Node)>,
}

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
];

/// Reads a template in YAML or JSON; `file` is its name in errors.
pub fn read(file: &str, text: &str) -> Result<Template, TemplateError> {
    document::parse(text).and_then(|root| sections(&root)).map_err(|error| error.in_file(file))
}

fn sections(root: &Node) -> Result<Template, TemplateError> {
    for (name, node) in root.entries() {
        if name == "Rules" || name == "Hooks" {
            return Err(TemplateError::at(node.line, format!("section {name} is not supported by Konekuta")));
        }
        if !SECTIONS.contains(&name.as_str()) {
            return Err(TemplateError::at(node.line, format!("{name} is not a section of a template")));
        }
    }
    check_transform(root)?;
    let section = |name: &str| root.get(name).map(Node::entries).unwrap_or_default().to_vec();
    let template = Template {
        parameters: section("Parameters"),
        mappings: section("Mappings"),
        conditions: section("Conditions"),
        globals: root.get("Globals").cloned(),
        resources: section("Resources"),
        outputs: section("Outputs"),
    };
    if template.resources.is_empty() {
        return Err(TemplateError::at(root.line, "a template needs at least one resource in Resources"));
    }
    Ok(template)
}

fn check_transform(root: &Node) -> Result<(), TemplateError> {
    let Some(transform) = root.get("Transform") else { return Ok(()) };
    let names = match &transform.value {
        document::Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(transform),
    };
    match names.iter().find(|name| name.as_text() != Some("AWS::Serverless-2016-10-31")) {
        None => Ok(()),
        Some(other) => {
            let name = other.as_text().unwrap_or("this");
            Err(TemplateError::at(
                other.line,
                format!("transform {name} is not supported by Konekuta; AWS::Serverless-2016-10-31 is"),
            ))
        }
    }
}

impl Template {
    /// Resolves parameters (given ones over defaults), expands, checks and orders.
    pub fn plan(&self, file: &str, mut scope: Scope) -> Result<(Plan, Scope), TemplateError> {
        let planned = (|| {
            parameters::resolve(&self.parameters, &mut scope)?;
            scope.mappings.clone_from(&self.mappings);
            conditions::resolve(&self.conditions, &mut scope)?;
            plan::plan(self, &scope)
        })();
        planned.map(|plan| (plan, scope)).map_err(|error| error.in_file(file))
    }
}
