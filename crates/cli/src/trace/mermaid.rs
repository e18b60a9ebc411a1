//! A journey as a Mermaid sequence diagram.
//!
//! <https://mermaid.js.org/syntax/sequenceDiagram.html>

use serde_json::Value as Json;

use super::{hops, text};

pub(super) fn draw(journey: &Json) -> String {
    let hops = hops(journey);
    let mut lines = vec!["sequenceDiagram".to_owned()];
    let mut known: Vec<&str> = Vec::new();
    for hop in hops {
        let resource = text(hop, "resource");
        if !known.contains(&resource) {
            lines.push(format!("  participant p{} as {}", known.len(), name(resource)));
            known.push(resource);
        }
    }
    let participant = |resource: &str| known.iter().position(|known| *known == resource).unwrap_or(0);
    // The resources above, by depth.
    let mut above: Vec<&str> = Vec::new();
    for hop in hops {
        let depth = hop["depth"].as_u64().and_then(|depth| usize::try_from(depth).ok()).unwrap_or(0);
        above.truncate(depth);
        let to = text(hop, "resource");
        let from = above.last().copied().unwrap_or(to);
        let arrow = match text(hop, "outcome") {
            "failed" | "refused" => "-x",
            "skipped" => "--x",
            _ => "->>",
        };
        let title = escaped(text(hop, "title"));
        lines.push(format!("  p{}{arrow}p{}: {title}", participant(from), participant(to)));
        above.push(to);
    }
    lines.join("\n")
}

/// The last part of an ARN.
fn name(resource: &str) -> String {
    let last = if resource.starts_with("arn:") { resource.rsplit(':').next() } else { None };
    escaped(last.unwrap_or(resource))
}

/// Semicolons and hashes mean something to Mermaid.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;").replace(';', "#59;").replace('\n', " ")
}
