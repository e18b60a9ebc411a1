//! Policy variables: `${aws:SourceArn}`, `${aws:username, 'nobody'}`, `${*}`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::borrow::Cow;

use crate::keys::Keys;
use crate::pattern;

/// Whether what is put in for a variable is part of a pattern, where `*` and `?` mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    Text,
    Pattern,
}

/// A text with its variables put in; `None` if one has no value: then nothing fits. What was put in stands for itself,
/// stars and all.
pub(crate) fn expand<'a>(text: &'a str, keys: Keys<'_>, within: Within) -> Option<Cow<'a, str>> {
    let Some(first) = text.find("${") else { return Some(Cow::Borrowed(text)) };
    let mut expanded = text[..first].to_owned();
    let mut rest = &text[first..];
    while let Some((variable, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
        let value = value(variable.trim(), keys)?;
        match within {
            Within::Text => expanded.push_str(value),
            Within::Pattern => pattern::push_literally(&mut expanded, value),
        }
        let next = after.find("${").unwrap_or(after.len());
        expanded.push_str(&after[..next]);
        rest = &after[next..];
    }
    // A variable that does not end is none.
    expanded.push_str(rest);
    Some(Cow::Owned(expanded))
}

fn value<'a>(variable: &'a str, keys: Keys<'a>) -> Option<&'a str> {
    if matches!(variable, "*" | "?" | "$") {
        return Some(variable);
    }
    match variable.split_once(',') {
        None => keys.one(variable),
        Some((key, default)) => {
            let default = default.trim().strip_prefix('\'').and_then(|default| default.strip_suffix('\''));
            keys.one(key.trim()).or(default)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Keys<'_> = Keys(&[("aws:username", "a*"), ("aws:TagKeys", "x"), ("aws:TagKeys", "y")]);

    #[test]
    fn variables_stand_for_the_values_of_keys_and_defaults_for_absent_ones() {
        for (text, expected) in [
            ("plain", Some("plain")),
            ("home/${aws:username}/x", Some("home/a*/x")),
            ("${AWS:UserName}${aws:username}", Some("a*a*")),
            ("${none, 'nobody'}-${aws:username, 'nobody'}", Some("nobody-a*")),
            ("${*}${?}${$}", Some("*?$")),
            ("${none}", None),
            ("${aws:TagKeys}", None),
            ("open ${aws:username", Some("open ${aws:username")),
        ] {
            assert_eq!(expand(text, KEYS, Within::Text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_a_variable_stands_for_is_no_pattern() {
        let expanded = expand("${aws:username}*", KEYS, Within::Pattern).unwrap();
        assert!(pattern::matches(&expanded, "a*b"));
        assert!(!pattern::matches(&expanded, "abb"));
        let literal = expand("${*}", KEYS, Within::Pattern).unwrap();
        assert!(pattern::matches(&literal, "*") && !pattern::matches(&literal, "x"));
    }
}
