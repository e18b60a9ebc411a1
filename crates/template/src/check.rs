//! Properties against the table of resource types.

use crate::document::Node;
use crate::{ResourceType, TemplateError};

/// Every property is known, every required one is there.
pub(crate) fn properties(kind: &ResourceType, properties: &Node, line: usize) -> Result<(), TemplateError> {
    for (name, node) in properties.entries() {
        if !kind.applied.contains(&name.as_str()) && !kind.accepted.contains(&name.as_str()) {
            let known = kind.applied.iter().chain(kind.accepted).copied();
            return Err(unknown(name, node.line, kind.name, known));
        }
    }
    match kind.required.iter().find(|name| properties.get(name).is_none()) {
        None => Ok(()),
        Some(missing) => Err(TemplateError::at(line, format!("{} needs it", kind.name)).in_property(missing)),
    }
}

/// An error for a name that is not known here, with the nearest one that is.
pub(crate) fn unknown<'a>(
    name: &str,
    line: usize,
    what: &str,
    known: impl Iterator<Item = &'a str>,
) -> TemplateError {
    let nearest = known.map(|other| (distance(name, other), other)).min();
    let hint = match nearest {
        Some((steps, other)) if steps <= 3 => format!("; did you mean {other}?"),
        _ => String::new(),
    };
    TemplateError::at(line, format!("{what} has no such property here{hint}")).in_property(name)
}

/// How many letters must be changed, added or removed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered() {
        let error = unknown(
            "VisibiltyTimeout",
            7,
            "AWS::SQS::Queue",
            ["DelaySeconds", "VisibilityTimeout"].into_iter(),
        );
        assert!(error.message.ends_with("did you mean VisibilityTimeout?"), "{error}");
        let error = unknown("Zebra", 7, "AWS::SQS::Queue", ["DelaySeconds"].into_iter());
        assert!(!error.message.contains("did you mean"), "{error}");
    }
}
