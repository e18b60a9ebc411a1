//! The screens, by their paths.

mod buckets;
mod functions;
mod journeys;
mod mails;
mod map;
mod object;
mod queues;
mod topics;

use crate::Console;
use crate::ask::Ask;
use crate::page::View;
use crate::trouble::Trouble;

pub(crate) use journeys::objects_since;

/// The screen that was asked for.
pub(crate) async fn show(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let path: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["map"] => map::map(console, ask).await,
        ["journeys"] => journeys::list(console, ask).await,
        ["journeys", journey] => journeys::one(console, ask, journey).await,
        ["queues"] => queues::list(console, ask).await,
        ["queues", queue] => queues::one(console, ask, queue).await,
        ["topics"] => topics::list(console, ask).await,
        ["topics", topic] => topics::one(console, ask, topic).await,
        ["functions"] => functions::list(console, ask).await,
        ["functions", function] => functions::one(console, ask, function).await,
        ["buckets"] => buckets::list(console, ask).await,
        ["buckets", bucket] => buckets::one(console, ask, bucket).await,
        ["mails"] => mails::list(console, ask).await,
        ["mails", file] => mails::one(console, ask, file).await,
        _ => Err(Trouble::NotFound(format!("/{}", ask.path.join("/")))),
    }
}

/// Rows of a list that match the search, and the page of them that was asked for.
fn paged<T>(ask: &Ask, rows: impl Iterator<Item = T>, text: impl Fn(&T) -> String) -> (Vec<T>, usize, usize) {
    let wanted = ask.value("search").to_lowercase();
    let found: Vec<T> =
        rows.filter(|row| wanted.is_empty() || text(row).to_lowercase().contains(&wanted)).collect();
    let all = found.len();
    let from = usize::try_from(ask.number("from").unwrap_or(0)).unwrap_or(0).min(all.saturating_sub(1));
    (found.into_iter().skip(from).take(crate::limits::ROWS).collect(), from, all)
}
