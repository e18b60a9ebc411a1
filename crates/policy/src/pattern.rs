//! `*` and `?` in actions, resources and values.

use std::str::Chars;

/// What follows it in a pattern stands for itself. No policy can need it: it is no character of any name.
const LITERALLY: char = '\0';

/// Appends to a pattern a text that stands for itself.
pub(crate) fn push_literally(pattern: &mut String, text: &str) {
    for character in text.chars() {
        if matches!(character, '*' | '?' | LITERALLY) {
            pattern.push(LITERALLY);
        }
        pattern.push(character);
    }
}

/// A piece of a pattern.
enum Piece {
    Any,
    One,
    This(char),
}

fn piece(pattern: &mut Chars<'_>) -> Option<Piece> {
    Some(match pattern.next()? {
        '*' => Piece::Any,
        '?' => Piece::One,
        LITERALLY => Piece::This(pattern.next().unwrap_or(LITERALLY)),
        this => Piece::This(this),
    })
}

/// Whether a text fits a pattern in which `*` stands for any characters and `?` for one.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    walk(pattern, text, |expected, found| expected == found)
}

/// The same without regard to case, for actions.
pub(crate) fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    walk(pattern, text, |expected, found| expected.eq_ignore_ascii_case(&found))
}

fn walk(pattern: &str, text: &str, is: impl Fn(char, char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What comes after the last star, and what of the text it has not swallowed.
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut next, mut left) = (pattern.clone(), text.clone());
        match (piece(&mut next), left.next()) {
            (Some(Piece::Any), _) => {
                star = Some((next.clone(), text.clone()));
                pattern = next;
            }
            (None, None) => return true,
            (Some(Piece::One), Some(_)) => (pattern, text) = (next, left),
            (Some(Piece::This(expected)), Some(found)) if is(expected, found) => {
                (pattern, text) = (next, left);
            }
            _ => {
                let Some((after, rest)) = &mut star else { return false };
                if rest.next().is_none() {
                    return false;
                }
                (pattern, text) = (after.clone(), rest.clone());
            }
        }
    }
}

/// Whether an ARN fits a pattern: each of the six parts between colons by itself.
pub(crate) fn matches_arn(pattern: &str, arn: &str) -> bool {
    let (mut patterns, mut parts) = (pattern.splitn(6, ':'), arn.splitn(6, ':'));
    loop {
        match (patterns.next(), parts.next()) {
            (Some(pattern), Some(part)) if matches(pattern, part) => {}
            (None, None) => return true,
            _ => return pattern == "*",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        for (pattern, text) in [("*", ""), ("a*c", "abbc"), ("a?c", "abc"), ("*:q*", "x:y:queue"), ("", "")] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "A"), ("a?", "a"), ("a*b", "abc"), ("", "a")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_star_does_not_reach_over_a_colon_of_an_arn() {
        assert!(matches_arn("arn:aws:sns:*:1:t", "arn:aws:sns:eu-west-1:1:t"));
        assert!(matches_arn("arn:aws:s3:::b*", "arn:aws:s3:::bucket"));
        assert!(matches_arn("*", "arn:aws:s3:::bucket"));
        assert!(!matches_arn("arn:aws:sns:*:t", "arn:aws:sns:eu-west-1:1:t"));
        assert!(!matches_arn("arn:aws:*", "arn:aws:sns:eu-west-1:1:t"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_matches_what_plain_recursion_says(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            fn plain(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, rest) => rest.is_none(),
                    (Some((b'*', rest)), left) => {
                        plain(rest, text) || left.is_some_and(|(_, left)| plain(pattern, left))
                    }
                    (Some((expected, rest)), Some((found, left))) => {
                        (*expected == b'?' || expected == found) && plain(rest, left)
                    }
                    (Some(_), None) => false,
                }
            }
            prop_assert_eq!(matches(&pattern, &text), plain(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
