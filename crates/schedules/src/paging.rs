//! Pages of lists: what follows a name.

use service::ServiceError;

use crate::errors::constraint;
use crate::limits::LISTED_MAX;

/// The entries after the token, as many as are asked for, and the token of what follows. `name` of the entries grows.
pub(crate) fn page<T>(
    all: Vec<T>,
    token: Option<&str>,
    limit: Option<i64>,
    name: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let asked = limit.map_or(LISTED_MAX, |limit| usize::try_from(limit).unwrap_or(0));
    if !(1..=LISTED_MAX).contains(&asked) {
        let rule = format!("have value between 1 and {LISTED_MAX}");
        return Err(constraint(&limit.unwrap_or_default().to_string(), "limit", &rule));
    }
    let mut later: Vec<T> =
        all.into_iter().filter(|entry| token.is_none_or(|token| name(entry) > token)).collect();
    let more = later.len() > asked;
    later.truncate(asked);
    let next = later.last().filter(|_| more).map(|entry| name(entry).to_owned());
    Ok((later, next))
}
