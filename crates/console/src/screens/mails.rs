//! Mails: the outbox as it was sent, and text messages and push notifications that nobody sends.

use maud::{Markup, html};
use service::views::OutboxFile;

use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{escaped, facts, icon, link, nothing, search};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, json as payloads, limits, mail};

/// Files that a search looks into at most, newest first.
const LOOKED_INTO_MAX: usize = 500;

/// A row of the list.
struct Row {
    name: String,
    to: String,
    subject: String,
}

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let names = console.parts.outbox.names().await?;
    let (rows, next) = rows(console, ask, &names).await;
    let path = format!("{PREFIX}/mails");
    let live = html! {
        @if console.parts.outbox.sends_by_smtp() { p.notice { (texts.by_smtp) } }
        @if rows.is_empty() { (nothing(texts.no_mails, texts.no_mails_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.mails) {
                table.list {
                    thead { tr { th scope="col" { (texts.subject) } th scope="col" { (texts.to) } th scope="col" { (texts.sent_at) } } }
                    tbody { @for row in &rows {
                        tr id={ "r-" (row.name) } {
                            th scope="row" { a href=(link("mails", &row.name)) { (icon::of(if is_mail(&row.name) { "email" } else { "sms" })) span { (row.subject) } } }
                            td { (row.to) }
                            td { (sent_at(&row.name)) }
                        }
                    } }
                }
            }
        }
        @if !ask.value("after").is_empty() || next.is_some() {
            nav.pager aria-label=(texts.pages) {
                @if !ask.value("after").is_empty() { a href={ (path) "?search=" (escaped(ask.value("search"))) } { "⇤ " (texts.first) } }
                @if let Some(next) = next { a href={ (path) "?search=" (escaped(ask.value("search"))) "&after=" (escaped(&next)) } { (texts.later) " →" } }
            }
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_mails),
        live,
        ..View::new(Section::Mails, texts.mails)
    })
}

/// A page of what is searched for, and the name behind which the next begins.
async fn rows(console: &Console, ask: &Ask, names: &[String]) -> (Vec<Row>, Option<String>) {
    let (wanted, after) = (ask.value("search").to_lowercase(), ask.value("after"));
    let from = if after.is_empty() { 0 } else { names.partition_point(|name| name.as_str() >= after) };
    let mut rows = Vec::new();
    for (looked, name) in names.iter().skip(from).enumerate() {
        if rows.len() == limits::ROWS || looked == LOOKED_INTO_MAX {
            return (rows, names.get(from + looked - 1).cloned());
        }
        // One that has gone meanwhile is left out.
        let Ok(file) = console.parts.outbox.file(name.clone()).await else { continue };
        let row = row(&file);
        let text =
            format!("{} {} {}", row.to, row.subject, String::from_utf8_lossy(&file.content)).to_lowercase();
        if wanted.is_empty() || text.contains(&wanted) {
            rows.push(row);
        }
    }
    (rows, None)
}

fn is_mail(name: &str) -> bool {
    name.ends_with(".eml")
}

fn row(file: &OutboxFile) -> Row {
    let name = file.name.clone();
    if is_mail(&name) {
        let mail = mail::read(&file.content);
        return Row { name, to: mail.to, subject: mail.subject };
    }
    let document: serde_json::Value = serde_json::from_slice(&file.content).unwrap_or_default();
    let text = |member: &str| document[member].as_str().unwrap_or_default().to_owned();
    let subject = text("Message").chars().take(120).collect();
    Row { name, to: text("To"), subject }
}

/// The moment in a file's name: `20260101T000000Z-…`.
fn sent_at(name: &str) -> Markup {
    let stamp = name.split('-').next().unwrap_or_default();
    let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
    if stamp.len() < 15 {
        return html! { (stamp) };
    }
    let iso = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    );
    html! { time datetime=(iso) { (iso) } }
}

pub(super) async fn one(console: &Console, ask: &Ask, name: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let file = console.parts.outbox.file(name.to_owned()).await?;
    let title = row(&file).subject;
    let title = if title.is_empty() { name.to_owned() } else { title };
    let live = if is_mail(name) { shown_mail(texts, &file) } else { shown_record(texts, &file) };
    Ok(View { live, ..View::new(Section::Mails, title) }.below(texts))
}

fn shown_mail(texts: &Texts, file: &OutboxFile) -> Markup {
    let mail = mail::read(&file.content);
    let source = String::from_utf8_lossy(&file.content);
    html! {
        article.mail {
            (facts(&[
                (texts.from, html! { (mail.from) }),
                (texts.to, html! { (mail.to) }),
                (texts.subject, html! { strong { (mail.subject) } }),
                (texts.sent_at, sent_at(&file.name)),
            ]))
            div.letter { (mail::with_links(mail.text.trim_end())) }
        }
        details.more { summary { (texts.source) " " code { (file.name) } } pre.payload tabindex="0" { (source) } }
    }
}

fn shown_record(texts: &Texts, file: &OutboxFile) -> Markup {
    html! {
        p.notice { (texts.recorded) }
        (payloads::payload(texts, &String::from_utf8_lossy(&file.content)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_tells_when_it_was_sent() {
        assert!(sent_at("20260102T030405Z-id.eml").0.contains("2026-01-02T03:04:05Z"));
        assert_eq!(sent_at("x.eml").0, "x.eml");
    }
}
