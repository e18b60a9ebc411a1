//! Matching a request's path with a REST action's.

use percent_encoding::percent_decode_str;

/// The members of the path, decoded, if it fits the pattern. A final slash is ignored.
pub(crate) fn members(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if !may_fit(pattern, path) {
        return None;
    }
    let mut members = Vec::new();
    let mut rest = path.split('/');
    for expected in pattern.split('/') {
        let Some(name) = expected.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
            if rest.next() != Some(expected) {
                return None;
            }
            continue;
        };
        let (name, text) = match name.strip_suffix('+') {
            Some(name) => (name, rest.by_ref().collect::<Vec<_>>().join("/")),
            None => (name, rest.next()?.to_owned()),
        };
        if text.is_empty() {
            return None;
        }
        members.push((name, percent_decode_str(&text).decode_utf8().ok()?.into_owned()));
    }
    rest.next().is_none().then_some(members)
}

/// A first look, because most patterns that a path is held against are others': whether it begins and ends as the
/// pattern does.
fn may_fit(pattern: &str, path: &str) -> bool {
    let begin = pattern.split_once('{').map_or(pattern, |(begin, _)| begin);
    let end = pattern.rsplit_once('}').map_or(pattern, |(_, end)| end);
    path.starts_with(begin) && path.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn members_are_found_and_decoded() {
        let pattern = "/2015-03-31/functions/{FunctionName}/aliases/{Name}";
        let found = members(pattern, "/2015-03-31/functions/arn%3Aaws%3Af/aliases/live/").unwrap();
        assert_eq!(found, [("FunctionName", "arn:aws:f".to_owned()), ("Name", "live".to_owned())]);
        assert!(members(pattern, "/2015-03-31/functions/f/aliases").is_none());
        assert!(members(pattern, "/2015-03-31/functions//aliases/x").is_none());
        assert!(members(pattern, "/2015-03-31/functions/f/aliases/x/y").is_none());
    }

    #[test]
    fn a_greedy_member_takes_the_rest() {
        assert_eq!(members("/tags/{Arn+}", "/tags/a/b/c").unwrap(), [("Arn", "a/b/c".to_owned())]);
        assert!(members("/tags/{Arn+}", "/tags").is_none());
    }
}
