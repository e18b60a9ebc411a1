//! The circumstances of a request: condition keys and their values.

/// Keys with values. A key that stands there several times has several values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys<'a>(pub(crate) &'a [(&'a str, &'a str)]);

impl<'a> Keys<'a> {
    /// All values of a key. Keys are compared without regard to case.
    pub(crate) fn all(self, key: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| *value)
    }

    /// The value of a key that has one alone.
    pub(crate) fn one(self, key: &str) -> Option<&'a str> {
        let mut values = self.all(key);
        values.next().filter(|_| values.next().is_none())
    }
}
