//! Pieces that several screens are made of.

pub(crate) mod chart;
pub(crate) mod icon;

use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::Timestamp;

use crate::ask::Ask;
use crate::texts::Texts;
use crate::{PREFIX, figures};

/// What stays as it is in one piece of a path.
const PIECE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// A text as one piece of a path or a value of a query.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PIECE).to_string()
}

/// The page of a thing.
pub(crate) fn link(section: &str, id: &str) -> String {
    format!("{PREFIX}/{section}/{}", escaped(id))
}

/// A moment; the script writes it in the reader's own time.
pub(crate) fn moment(moment: Timestamp) -> Markup {
    let iso = figures::iso(moment);
    html! { time datetime=(iso) { (iso) } }
}

/// A search field that keeps its place.
pub(crate) fn search(ask: &Ask, path: &str, label: &str) -> Markup {
    html! {
        form.search role="search" action=(path) data-search {
            label.hidden for="search" { (label) }
            (icon::of("search"))
            input #search type="search" name="search" value=(ask.value("search")) placeholder=(label) autocomplete="off";
        }
    }
}

/// Where a list goes on. Shown only where it is longer than a page.
pub(crate) fn pager(ask: &Ask, path: &str, from: usize, shown: usize, all: usize) -> Markup {
    let texts = ask.texts();
    let at = |from: usize| format!("{path}?search={}&from={from}", escaped(ask.value("search")));
    let rows = crate::limits::ROWS;
    html! {
        @if all > rows || from > 0 {
            nav.pager aria-label=(texts.pages) {
                @if from > 0 { a href=(at(from.saturating_sub(rows))) rel="prev" { "← " (texts.earlier) } }
                span { (figures::number(from as u64 + 1)) "–" (figures::number((from + shown) as u64)) " / " (figures::number(all as u64)) }
                @if from + shown < all { a href=(at(from + rows)) rel="next" { (texts.later) " →" } }
            }
        }
    }
}

/// An empty list, and what would fill it.
pub(crate) fn nothing(title: &str, hint: &str) -> Markup {
    html! { div.nothing { p.big { (title) } p { (hint) } } }
}

/// Where an ARN's resource lives, where that is not the usual place.
pub(crate) fn place(arn: &aws::Arn) -> Markup {
    html! { span.place { (arn.region()) " · " (arn.account()) } }
}

/// A form that the script sends and whose answer appears in it.
pub(crate) fn form(token: &str, deed: &str, class: &str, inside: &Markup) -> Markup {
    html! {
        form class=(class) method="post" action={ (PREFIX) "/do/" (deed) } data-deed {
            input type="hidden" name="token" value=(token);
            (inside)
            output aria-live="polite" {}
        }
    }
}

/// A dialog with a form in it.
pub(crate) fn dialog(texts: &Texts, id: &str, title: &str, form: &Markup) -> Markup {
    html! {
        dialog id=(id) aria-labelledby={ (id) "-title" } {
            header { h2 id={ (id) "-title" } { (title) } button.plain type="button" data-closes aria-label=(texts.close) { "✕" } }
            (form)
        }
    }
}

/// A question before something is destroyed; it goes on only when that is said again.
pub(crate) struct Question<'a> {
    pub(crate) id: &'a str,
    pub(crate) deed: &'a str,
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) yes: &'a str,
}

impl Question<'_> {
    /// The dialog; `fields` are what the form carries.
    pub(crate) fn dialog(&self, texts: &Texts, token: &str, fields: &[(&str, &str)]) -> Markup {
        let inside = html! {
            p { (self.text) }
            @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
            div.row {
                button type="button" data-closes autofocus { (texts.cancel) }
                button.danger type="submit" { (self.yes) }
            }
        };
        dialog(texts, self.id, self.title, &form(token, self.deed, "question", &inside))
    }
}

/// A number with a name below it.
pub(crate) fn figure(name: &str, value: &Markup, class: &str) -> Markup {
    html! { div.figure.(class) { strong { (value) } span { (name) } } }
}

/// A table of names and values.
pub(crate) fn facts(rows: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } }
}
