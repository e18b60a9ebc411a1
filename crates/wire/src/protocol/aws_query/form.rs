//! A form as a tree: `A.1.B=x` is the leaf `x` under A, 1, B.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use crate::DecodeError;

const PAIRS_MAX: usize = 10_000;
const DEPTH_MAX: usize = 12;

/// A name and what lies below it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) text: Option<String>,
    pub(super) children: BTreeMap<String, Tree>,
}

impl Tree {
    /// The children named 1, 2, 3, …, in the order of their numbers.
    pub(super) fn numbered(&self) -> Vec<&Tree> {
        let mut numbered: Vec<(u32, &Tree)> =
            self.children.iter().filter_map(|(name, tree)| Some((name.parse().ok()?, tree))).collect();
        numbered.sort_unstable_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, tree)| tree).collect()
    }
}

pub(super) fn parse(form: &[u8]) -> Result<Tree, DecodeError> {
    let mut root = Tree::default();
    for (count, pair) in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).enumerate() {
        if count == PAIRS_MAX {
            return Err(DecodeError::Malformed(format!("more than {PAIRS_MAX} parameters")));
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = text(halves.next().unwrap_or_default())?;
        let value = text(halves.next().unwrap_or_default())?;
        let mut node = &mut root;
        for (depth, part) in name.split('.').enumerate() {
            if depth == DEPTH_MAX {
                return Err(DecodeError::Malformed(format!("{name} is nested too deeply")));
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        node.text = Some(value);
    }
    Ok(root)
}

fn text(encoded: &[u8]) -> Result<String, DecodeError> {
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let decoded = percent_decode(&spaced).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| DecodeError::Malformed("a parameter is not UTF-8".into()))
}
