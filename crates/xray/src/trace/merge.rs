//! Subsegments that came by themselves, put into the segment that they belong to.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

/// Subsegments within subsegments: what clients' readers of JSON take. What would lie deeper stays by itself.
const DEPTH_MAX: usize = 60;

/// Documents with each subsegment below its parent, where that is known.
pub(super) fn merge(documents: Vec<Json>) -> Vec<Json> {
    let (alone, segments): (Vec<Json>, Vec<Json>) =
        documents.into_iter().partition(|document| document["type"] == "subsegment");
    let mut known = HashSet::new();
    let mut children: HashMap<String, Vec<Json>> = HashMap::new();
    for subsegment in alone {
        add_ids(&subsegment, &mut known);
        let parent = subsegment["parent_id"].as_str().unwrap_or_default().to_owned();
        children.entry(parent).or_default().push(subsegment);
    }
    let mut merging = Merging { children, too_deep: Vec::new() };
    let mut merged = Vec::new();
    for segment in segments {
        merging.finish(segment, &mut merged);
    }
    while let Some(top) = merging.top(&known) {
        for subsegment in merging.children.remove(&top).unwrap_or_default() {
            merging.finish(subsegment, &mut merged);
        }
    }
    merged
}

fn add_ids(document: &Json, ids: &mut HashSet<String>) {
    ids.extend(document["id"].as_str().map(str::to_owned));
    for below in document["subsegments"].as_array().into_iter().flatten() {
        add_ids(below, ids);
    }
}

/// How many documents lie below each other.
fn height(document: &Json) -> usize {
    let below = document["subsegments"].as_array().into_iter().flatten().map(height).max();
    below.map_or(1, |below| below + 1)
}

struct Merging {
    /// Subsegments that have no place yet, by their parents.
    children: HashMap<String, Vec<Json>>,
    too_deep: Vec<Json>,
}

impl Merging {
    /// A document with all that belongs to it, and those that would lie too deep.
    fn finish(&mut self, document: Json, merged: &mut Vec<Json>) {
        self.too_deep.push(document);
        while let Some(mut document) = self.too_deep.pop() {
            self.fill(&mut document, 1);
            merged.push(document);
        }
    }

    fn fill(&mut self, document: &mut Json, depth: usize) {
        let own = document["id"].as_str().and_then(|id| self.children.remove(id)).unwrap_or_default();
        let (fitting, deep): (Vec<Json>, Vec<Json>) =
            own.into_iter().partition(|child| depth + height(child) <= DEPTH_MAX);
        self.too_deep.extend(deep);
        if !fitting.is_empty() {
            if !document["subsegments"].is_array() {
                document["subsegments"] = Json::Array(Vec::new());
            }
            if let Some(subsegments) = document["subsegments"].as_array_mut() {
                subsegments.extend(fitting);
            }
        }
        // By its name alone it would be put there, as null.
        let below = document.get_mut("subsegments").and_then(Json::as_array_mut);
        for subsegment in below.into_iter().flatten() {
            self.fill(subsegment, depth + 1);
        }
    }

    /// A parent that is no subsegment itself; any, where they go in a circle.
    fn top(&self, known: &HashSet<String>) -> Option<String> {
        let top = self.children.keys().filter(|parent| !known.contains(*parent)).min();
        top.or_else(|| self.children.keys().min()).cloned()
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
        let last = &merged[0]["subsegments"][0]["subsegments"][0]["subsegments"][0];
        assert_eq!(last, &alone("c", "b"), "with nothing below it, not even null");
    }

    #[test]
    fn what_would_lie_too_deep_stays_by_itself() {
        let chain = (1..200).map(|id: usize| alone(&id.to_string(), &(id - 1).to_string())).collect();
        let merged = merge(chain);
        assert_eq!(merged.iter().map(height).collect::<Vec<_>>(), [60, 60, 60, 19]);
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
