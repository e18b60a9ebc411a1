//! Subsegments that came by themselves, put into the segment that they belong to.

use std::collections::HashMap;

use serde_json::Value as Json;

/// Subsegments within subsegments; what lies deeper stays by itself.
const DEPTH_MAX: usize = 32;

/// Documents with each subsegment below its parent, where that is known.
pub(super) fn merge(documents: Vec<Json>) -> Vec<Json> {
    let (alone, mut segments): (Vec<Json>, Vec<Json>) =
        documents.into_iter().partition(|document| document["type"] == "subsegment");
    let mut children: HashMap<String, Vec<Json>> = HashMap::new();
    for subsegment in alone {
        let parent = subsegment["parent_id"].as_str().unwrap_or_default().to_owned();
        children.entry(parent).or_default().push(subsegment);
    }
    for segment in &mut segments {
        fill(segment, &mut children, 0);
    }
    // Of those whose segment is not known, the ones at the top.
    while let Some(top) = top(&children) {
        for mut subsegment in children.remove(&top).unwrap_or_default() {
            fill(&mut subsegment, &mut children, 0);
            segments.push(subsegment);
        }
    }
    segments
}

/// A parent that no subsegment contains; any, where they go in a circle.
fn top(children: &HashMap<String, Vec<Json>>) -> Option<String> {
    let is_child = |id: &str| children.values().flatten().any(|child| contains(child, id));
    let mut parents: Vec<&String> = children.keys().collect();
    parents.sort_unstable();
    let top = parents.iter().find(|parent| !is_child(parent));
    top.or(parents.first()).map(|parent| (*parent).clone())
}

fn contains(document: &Json, id: &str) -> bool {
    document["id"] == id
        || document["subsegments"].as_array().into_iter().flatten().any(|child| contains(child, id))
}

fn fill(document: &mut Json, children: &mut HashMap<String, Vec<Json>>, depth: usize) {
    if depth >= DEPTH_MAX {
        return;
    }
    let own = document["id"].as_str().and_then(|id| children.remove(id)).unwrap_or_default();
    if !own.is_empty() {
        if !document["subsegments"].is_array() {
            document["subsegments"] = Json::Array(Vec::new());
        }
        if let Some(subsegments) = document["subsegments"].as_array_mut() {
            subsegments.extend(own);
        }
    }
    for subsegment in document["subsegments"].as_array_mut().into_iter().flatten() {
        fill(subsegment, children, depth + 1);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alone(id: &str, parent: &str) -> Json {
        json!({"id": id, "parent_id": parent, "type": "subsegment"})
    }

    #[test]
    fn subsegments_come_below_their_parents_in_whatever_order_they_came() {
        let within = json!({"id": "s", "subsegments": [{"id": "a"}]});
        let merged = merge(vec![alone("c", "b"), alone("b", "a"), within]);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0]["subsegments"][0]["subsegments"][0]["subsegments"][0]["id"], "c");
    }

    #[test]
    fn what_belongs_to_nothing_known_stays_by_itself_and_circles_end() {
        let merged = merge(vec![alone("b", "a"), alone("a", "x")]);
        assert_eq!((merged.len(), &merged[0]["subsegments"][0]["id"]), (1, &json!("b")));
        let circle = merge(vec![alone("a", "b"), alone("b", "a")]);
        assert_eq!(
            circle.iter().map(|one| 1 + one["subsegments"].as_array().map_or(0, Vec::len)).sum::<usize>(),
            2
        );
    }
}
