//! A mistake in a template: where it stands and what it is about.

use std::fmt;

/// Names file, line, resource and property as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The logical id of the resource.
    pub resource: Option<String>,
    /// The property, as a path (`Events.Queue.Properties.BatchSize`).
    pub property: Option<String>,
    /// What is wrong.
    pub message: String,
}

impl TemplateError {
    pub(crate) fn at(line: usize, message: impl Into<String>) -> Self {
        Self { file: String::new(), line, resource: None, property: None, message: message.into() }
    }

    pub(crate) fn in_resource(mut self, logical_id: &str) -> Self {
        self.resource.get_or_insert_with(|| logical_id.to_owned());
        self
    }

    pub(crate) fn in_property(mut self, property: &str) -> Self {
        self.property = Some(match self.property {
            Some(inner) => format!("{property}.{inner}"),
            None => property.to_owned(),
        });
        self
    }

    /// Names the file, once it is known.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: ", self.file, self.line)?;
        if let Some(resource) = &self.resource {
            write!(out, "resource {resource}: ")?;
        }
        if let Some(property) = &self.property {
            write!(out, "property {property}: ")?;
        }
        out.write_str(&self.message)
    }
}

impl std::error::Error for TemplateError {}
