//! One field of a cron expression: lists, ranges and increments of numbers or names.

use super::ExpressionError;

/// What a field may hold.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) name: &'static str,
    pub(super) least: i16,
    pub(super) greatest: i16,
    /// Names of values, from `least` on.
    pub(super) names: &'static [&'static str],
    /// Whether `/` may stand in it.
    pub(super) increments: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Steps {
    from: i16,
    to: i16,
    every: i16,
}

/// The values of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field(Vec<Steps>);

impl Field {
    pub(super) fn contains(&self, value: i16) -> bool {
        self.0
            .iter()
            .any(|steps| (steps.from..=steps.to).contains(&value) && (value - steps.from) % steps.every == 0)
    }
}

impl Bounds {
    /// Reads `*`, `5`, `1-5`, `MON,WED`, `0/15`, `10-20/5`.
    pub(super) fn parse(&self, text: &str) -> Result<Field, ExpressionError> {
        text.split(',').map(|part| self.steps(part)).collect::<Result<_, _>>().map(Field)
    }

    fn steps(&self, part: &str) -> Result<Steps, ExpressionError> {
        let (range, every) = match part.split_once('/') {
            None => (part, None),
            Some((range, every)) if self.increments => (range, Some(self.increment(every)?)),
            Some(_) => return Err(self.wrong(part)),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.greatest),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None => {
                let from = self.value(range)?;
                (from, if every.is_some() { self.greatest } else { from })
            }
        };
        if from > to {
            return Err(self.wrong(part));
        }
        Ok(Steps { from, to, every: every.unwrap_or(1) })
    }

    fn increment(&self, text: &str) -> Result<i16, ExpressionError> {
        text.parse().ok().filter(|every| *every > 0).ok_or_else(|| self.wrong(text))
    }

    /// A number or a name within the bounds.
    pub(super) fn value(&self, text: &str) -> Result<i16, ExpressionError> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let named = named.and_then(|index| i16::try_from(index).ok()).map(|index| self.least + index);
        let digits = || text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let value = named.or_else(digits).filter(|value| (self.least..=self.greatest).contains(value));
        value.ok_or_else(|| self.wrong(text))
    }

    pub(super) fn wrong(&self, text: &str) -> ExpressionError {
        let Self { name, least, greatest, .. } = self;
        ExpressionError::new(format!("{text:?} cannot stand in the field {name} ({least}-{greatest})"))
    }
}
