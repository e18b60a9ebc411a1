//! One journey as a waterfall: each hop with its bar.

use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::Timestamp;

use super::hop::Detail;
use super::{badge, text, whole};
use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{dialog, link, moment};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, figures, limits};

pub(crate) async fn one(console: &Console, ask: &Ask, id: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let found = console.call_own(&ask.context, "GetJourney", &json!({"journeyId": id})).await?;
    let (journey, hops) =
        (&found["journey"], found["hops"].as_array().map(Vec::as_slice).unwrap_or_default());
    let chosen = hops.iter().find(|hop| text(hop, "id") == ask.value("hop"));
    let detail = match chosen {
        Some(hop) => Some(Detail::of(console, ask, hop).await?),
        None => None,
    };
    let live = html! {
        div.figures {
            (crate::parts::figure(texts.outcome, &badge(texts, text(journey, "outcome")), ""))
            (crate::parts::figure(texts.begun, &moment(Timestamp(whole(journey, "startedAt"))), ""))
            (crate::parts::figure(texts.took, &html! { (figures::span(whole(journey, "tookMs"))) }, ""))
            (crate::parts::figure(texts.hops, &html! { (figures::number(whole(journey, "hopCount"))) }, ""))
            (crate::parts::figure(texts.errors, &html! { (figures::number(whole(journey, "errorCount"))) }, if whole(journey, "errorCount") > 0 { "alarm" } else { "" }))
        }
        @if let Some(origin) = repeated(hops) { p { (texts.repeats) " " a href=(link("journeys", origin)) { (texts.its_journey) } } }
        @if journey["cutShort"] == true { p.notice { (texts.cut_short) } }
        div.journey.chosen[detail.is_some()] {
            (waterfall(ask, id, hops, whole(journey, "tookMs")))
            @if let Some(detail) = &detail { (detail.shown(texts, id)) }
        }
        p.faint { (texts.trace) " " code { (text(journey, "id")) } }
    };
    let replay = detail.as_ref().and_then(|detail| detail.replay_form(texts, &console.token));
    let title = text(journey, "title").to_owned();
    Ok(View {
        live,
        still: html! {
            @if let Some(form) = replay { (dialog(texts, "replay", texts.replay_title, &form)) }
        },
        ..View::new(Section::Journeys, title)
    }
    .below(texts))
}

/// The journey that one repeats.
fn repeated(hops: &[Json]) -> Option<&str> {
    let first = hops.first().filter(|hop| text(hop, "kind") == "start")?;
    first["links"].as_array()?.first()?["traceId"].as_str()
}

/// A page of the hops, each with its bar.
fn waterfall(ask: &Ask, id: &str, hops: &[Json], took: u64) -> Markup {
    let texts = ask.texts();
    let path = link("journeys", id);
    let from =
        usize::try_from(ask.number("from").unwrap_or(0)).unwrap_or(0).min(hops.len().saturating_sub(1));
    let shown = &hops[from..hops.len().min(from + limits::HOPS)];
    let at = |from: usize| format!("{path}?from={from}");
    html! {
        div.waterfall {
            ol aria-label=(texts.hops) {
                @for hop in shown { (bar(texts, &path, from, hop, took, text(hop, "id") == ask.value("hop"))) }
            }
            @if hops.len() > limits::HOPS {
                nav.pager aria-label=(texts.pages) {
                    @if from > 0 { a href=(at(from.saturating_sub(limits::HOPS))) rel="prev" { "← " (texts.earlier) } }
                    span { (figures::number(from as u64 + 1)) "–" (figures::number((from + shown.len()) as u64)) " / " (figures::number(hops.len() as u64)) }
                    @if from + shown.len() < hops.len() { a href=(at(from + limits::HOPS)) rel="next" { (texts.later) " →" } }
                }
            }
        }
    }
}

/// Steps of the tree that are indented.
const DEPTH_MAX: u64 = 12;

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn bar(texts: &Texts, path: &str, from: usize, hop: &Json, took: u64, chosen: bool) -> Markup {
    let (start, lasts) = (whole(hop, "startMs") as f64, hop["tookMs"].as_f64().unwrap_or(0.0));
    let all = (took as f64).max(1.0);
    let (x, width) = (start / all * 1000.0, (lasts / all * 1000.0).max(4.0));
    let x = x.min(1000.0 - width.min(1000.0));
    let waited = hop["waitedMs"].as_u64().unwrap_or(0) as f64 / all * 1000.0;
    let lasts = if lasts >= 1.0 { format!("{lasts:.0} ms") } else { String::new() };
    let outcome = text(hop, "outcome");
    html! {
        li id={ "h-" (text(hop, "id")) } {
            a.hop.(text(hop, "kind")).(outcome).chosen[chosen] href={ (path) "?hop=" (text(hop, "id")) @if from > 0 { "&from=" (from) } "#h-" (text(hop, "id")) } aria-current=[chosen.then_some("true")] {
                svg.indent width=(whole(hop, "depth").min(DEPTH_MAX) * 14) height="1" aria-hidden="true" {}
                span.dot {}
                span.what { (text(hop, "title")) @if matches!(outcome, "failed" | "refused") { " " (badge(texts, outcome)) } }
                svg.time viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                    @if waited > 1.0 { rect.wait x=(format!("{:.1}", (x - waited).max(0.0))) width=(format!("{:.1}", waited.min(x))) y="4" height="2" {} }
                    rect.lasting x=(format!("{x:.1}")) width=(format!("{width:.1}")) y="1" height="8" {}
                }
                span.lasts { (lasts) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::ENGLISH;

    #[test]
    fn a_bar_stays_inside_and_escapes_what_it_shows() {
        let hop = json!({"id": "1", "kind": "call", "outcome": "failed", "title": "<script>", "startMs": 990, "tookMs": 500.0, "depth": 99});
        let shown = bar(&ENGLISH, "/j", 0, &hop, 1000, false).0;
        assert!(!shown.contains("<script>") && shown.contains("x=\"500.0\" width=\"500.0\""), "{shown}");
        assert!(shown.contains("width=\"168\""), "{shown}");
    }
}
