//! Journeys: the list with its search; `waterfall.rs` is one of them, `hop.rs` what is known of a chosen hop.

mod hop;
mod waterfall;

use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::Timestamp;

use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{escaped, icon, link, moment, nothing, search};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures};

pub(crate) use hop::{ends_at, objects_since};
pub(crate) use waterfall::one;

/// The service whose actions tell journeys.
pub(super) const SERVICE: &str = "konekuta";
/// Journeys of a page.
const JOURNEYS: usize = 30;
/// Names of resources beside a journey.
const RESOURCES: usize = 5;

fn text<'a>(document: &'a Json, member: &str) -> &'a str {
    document[member].as_str().unwrap_or_default()
}

fn whole(document: &Json, member: &str) -> u64 {
    document[member].as_u64().unwrap_or(0)
}

/// The last part of an ARN; a name as it is.
fn short(resource: &str) -> &str {
    if resource.starts_with("arn:") { resource.rsplit(':').next().unwrap_or(resource) } else { resource }
}

fn badge(texts: &Texts, outcome: &str) -> Markup {
    let (class, name) = match outcome {
        "ok" => ("good", texts.outcome_ok),
        "running" => ("warn", texts.outcome_running),
        "failed" => ("bad", texts.outcome_failed),
        "refused" => ("bad", texts.outcome_refused),
        "skipped" => ("off", texts.outcome_skipped),
        other => ("off", other),
    };
    html! { span.badge.(class) { (name) } }
}

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let outcome = ask.value("outcome");
    let mut input = json!({"limit": JOURNEYS, "q": ask.value("search"), "outcome": outcome, "resource": ask.value("resource")});
    if let Some(before) = ask.number("before") {
        input["before"] = json!(before);
    }
    let answer = console.call_own(&ask.context, "ListJourneys", &input).await?;
    let journeys = answer["journeys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let path = format!("{PREFIX}/journeys");
    let at = |outcome: &str| {
        let (search, resource) = (escaped(ask.value("search")), escaped(ask.value("resource")));
        format!("{path}?outcome={outcome}&search={search}&resource={resource}")
    };
    let tabs = [
        ("", texts.all),
        ("running", texts.outcome_running),
        ("failed", texts.outcome_failed),
        ("ok", texts.outcome_ok),
    ];
    let live = html! {
        nav.tabs aria-label=(texts.outcome) {
            @for (name, title) in tabs { a href=(at(name)) aria-current=[(outcome == name).then_some("page")] { (title) } }
            @if !ask.value("resource").is_empty() {
                span.chip { (short(ask.value("resource"))) " " a href=(path) aria-label=(texts.close) { "✕" } }
            }
        }
        @if journeys.is_empty() { (nothing(texts.no_journeys, texts.no_journeys_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.journeys) {
                table.list {
                    thead { tr {
                        th scope="col" { (texts.name) }
                        th scope="col" { (texts.outcome) }
                        th scope="col" { (texts.begun) }
                        th.number scope="col" { (texts.took) }
                        th.number scope="col" { (texts.hops) }
                        th.number scope="col" { (texts.errors) }
                        th scope="col" { (texts.passes) }
                    } }
                    tbody { @for journey in journeys { (row(texts, journey)) } }
                }
            }
        }
        @if ask.number("before").is_some() || answer["next"].is_string() {
            nav.pager aria-label=(texts.pages) {
                @if ask.number("before").is_some() { a href=(at(outcome)) { "⇤ " (texts.first) } }
                @if let Some(next) = answer["next"].as_str() { a href={ (at(outcome)) "&before=" (next) } { (texts.earlier_ones) " →" } }
            }
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_journeys),
        live,
        ..View::new(Section::Journeys, texts.journeys)
    })
}

fn row(texts: &Texts, journey: &Json) -> Markup {
    let errors = whole(journey, "errorCount");
    let resources = journey["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        tr id={ "r-" (text(journey, "id")) } {
            th scope="row" { a href=(link("journeys", text(journey, "id"))) { (icon::of("journeys")) span { (text(journey, "title")) } } }
            td { (badge(texts, text(journey, "outcome"))) }
            td { (moment(Timestamp(whole(journey, "startedAt")))) }
            td.number { (figures::span(whole(journey, "tookMs"))) }
            td.number { (figures::number(whole(journey, "hopCount"))) }
            td.number.alarm[errors > 0] { (figures::number(errors)) }
            td.faint.passes {
                @for (index, resource) in resources.iter().take(RESOURCES).enumerate() { @if index > 0 { " · " } (short(resource.as_str().unwrap_or_default())) }
                @if resources.len() > RESOURCES { " +" (resources.len() - RESOURCES) }
            }
        }
    }
}
