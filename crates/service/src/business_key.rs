//! Business keys: where the messages of a queue or topic have the words by which people look for them. A tag of the
//! queue or topic says so, which works unchanged in templates and at AWS: `konekuta:key` = `order.id customer.id`.

use std::collections::BTreeMap;

/// The tag.
pub const TAG: &str = "konekuta:key";
/// Keys of one resource.
const KEYS_MAX: usize = 8;
/// Names of one path.
const NAMES_MAX: usize = 16;

/// What is wrong with a tag's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no JSON path: names between points such as order.id (lists are looked through; items.0.id is the \
     first), at most {NAMES_MAX}; several paths stand between spaces, at most {KEYS_MAX}"
)]
pub struct NoPath {
    text: String,
}

/// One path: `order.id`, `$.order.id`, `items[0].sku`.
pub fn path(text: &str) -> Result<Vec<String>, NoPath> {
    let wrong = || NoPath { text: text.to_owned() };
    let bare = text.strip_prefix('$').map_or(text, |rest| rest.strip_prefix('.').unwrap_or(rest));
    // A star asks for every element, which is what a list does anyway.
    let points = bare.replace("[*]", "").replace('[', ".").replace(']', "");
    let names: Vec<String> = points.split('.').map(str::to_owned).collect();
    let fits = names.len() <= NAMES_MAX && names.iter().all(|name| !name.is_empty());
    if fits { Ok(names) } else { Err(wrong()) }
}

/// The paths of a tag's value.
pub fn paths(value: &str) -> Result<Vec<Vec<String>>, NoPath> {
    let paths: Vec<Vec<String>> = value.split_whitespace().map(path).collect::<Result<_, _>>()?;
    if (1..=KEYS_MAX).contains(&paths.len()) { Ok(paths) } else { Err(NoPath { text: value.to_owned() }) }
}

/// Whether the tags of a queue or topic say where its keys are in a way that can be read.
pub fn check(tags: &BTreeMap<String, String>) -> Result<(), NoPath> {
    tags.get(TAG).map_or(Ok(()), |value| paths(value).map(drop))
}

/// The paths that tags tell; none without the tag.
pub fn of(tags: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    tags.get(TAG).and_then(|value| paths(value).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_names_between_points() {
        let path = |text: &str| super::path(text).unwrap().join("/");
        assert_eq!(path("order.id"), "order/id");
        assert_eq!(path("$.order.id"), "order/id");
        assert_eq!(path("$.items[0].sku"), "items/0/sku");
        assert_eq!(path("items[*].sku"), "items/sku");
        assert_eq!(path("注文.番号"), "注文/番号");
        for wrong in ["", "$", ".", "a..b", "a."] {
            assert!(super::path(wrong).is_err(), "{wrong}");
        }
        assert!(super::path(&["x"; 17].join(".")).is_err());
    }

    #[test]
    fn a_tag_has_several_paths_and_other_tags_none() {
        let tags = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(of(&tags(TAG, "order.id  customer")).len(), 2);
        assert_eq!(of(&tags("team", "order.id")), Vec::<Vec<String>>::new());
        assert!(check(&tags(TAG, "a..b")).is_err() && check(&tags("team", "a..b")).is_ok());
        assert!(check(&tags(TAG, " ")).is_err() && check(&tags(TAG, &"x ".repeat(9))).is_err());
    }
}
