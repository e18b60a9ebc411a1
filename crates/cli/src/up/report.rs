//! What `up` tells while it works: a line a resource.

use template::Resource;

/// What happened to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Created,
    Updated,
    Replaced,
    Unchanged,
    Deleted,
}

impl Change {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
        }
    }
}

pub(super) fn line(change: Change, kind: &str, logical_id: &str, reference: &str) {
    println!("{:<10} {kind:<34} {logical_id:<28} {reference}", change.word());
}

/// Names the properties that are accepted and have no effect here.
pub(super) fn accepted(resource: &Resource) {
    let given = resource.properties.entries().iter().map(|(name, _)| name.as_str());
    let without_effect: Vec<&str> = given.filter(|name| resource.kind.accepted.contains(name)).collect();
    // A role that SAM adds has nothing but such properties.
    let is_role = resource.kind.name == "AWS::IAM::Role";
    if !without_effect.is_empty() && !resource.kind.applied.is_empty() && !is_role {
        println!(
            "{:<10} {:<34} {:<28} {}",
            "no effect",
            resource.kind.name,
            resource.logical_id,
            without_effect.join(", ")
        );
    }
}
