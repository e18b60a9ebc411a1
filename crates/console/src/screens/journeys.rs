//! Journeys: the list with its search; one journey as a waterfall, and of a chosen hop what went in, what came out and what
//! was printed, side by side.

use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::Timestamp;

use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{dialog, escaped, facts, form, icon, link, moment, nothing, search};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads, limits};

/// The service whose actions tell journeys.
pub(super) const SERVICE: &str = "konekuta";
/// Journeys of a page.
const JOURNEYS: usize = 30;
/// Names of resources beside a journey.
const RESOURCES: usize = 5;
/// Lines of a function's log that are looked through for an invocation's.
const LOG_LINES: usize = 5_000;

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

pub(super) async fn one(console: &Console, ask: &Ask, id: &str) -> Result<View, Trouble> {
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

/// A hop with all that is known of it.
struct Detail {
    hop: Json,
    payload: String,
    answer: String,
    attributes: Json,
    log: Vec<(Timestamp, String)>,
    /// What a replay from here would do, if one can be made.
    replay: Option<Json>,
}

impl Detail {
    async fn of(console: &Console, ask: &Ask, hop: &Json) -> Result<Self, Trouble> {
        let found = console.call_own(&ask.context, "GetHop", &json!({"hopId": text(hop, "id")})).await?;
        let request = text(hop, "requestId");
        let mut log = Vec::new();
        if text(hop, "kind") == "invoke" && !request.is_empty() {
            let function = short(text(hop, "resource")).to_owned();
            let lines = console.parts.functions.log_tail(function, LOG_LINES).await?;
            let own = lines.into_iter().filter(|line| line.request_id.as_deref() == Some(request));
            log = own.map(|line| (line.timestamp, line.message)).take(limits::LOG_LINES).collect();
        }
        Ok(Self {
            hop: hop.clone(),
            payload: text(&found, "payloadText").to_owned(),
            answer: text(&found, "answerText").to_owned(),
            attributes: found["messageAttributes"].clone(),
            log,
            replay: console.would_replay(ask, hop).await,
        })
    }

    fn shown(&self, texts: &Texts, id: &str) -> Markup {
        let hop = &self.hop;
        let resource = text(hop, "resource");
        let page = match resource.split(':').nth(2) {
            Some("sqs") => Some(link("queues", resource)),
            Some("sns") => Some(link("topics", resource)),
            Some("lambda") => Some(link("functions", resource)),
            _ => None,
        };
        let fact =
            |name: &'static str, value: &str| (!value.is_empty()).then(|| (name, html! { code { (value) } }));
        let mut rows = vec![
            (texts.outcome, badge(texts, text(hop, "outcome"))),
            (texts.sent_at, moment(Timestamp(whole(hop, "at")))),
        ];
        rows.extend(
            [
                fact("MessageId", text(hop, "messageId")),
                fact("RequestId", text(hop, "requestId")),
                fact("ARN", resource),
            ]
            .into_iter()
            .flatten(),
        );
        let (error, printed) = (text(&hop["notes"], "error"), text(&hop["notes"], "log"));
        let shown_above = |name: &str| matches!(name, "log" | "error");
        let notes: Vec<(&String, &Json)> =
            hop["notes"].as_object().into_iter().flatten().filter(|(name, _)| !shown_above(name)).collect();
        html! {
            aside.details.hop-details #hop-details aria-labelledby="hop-title" {
                header { h2 #hop-title { (text(hop, "title")) } a.plain href=(link("journeys", id)) aria-label=(texts.close) title=(texts.close) { "✕" } }
                @if text(hop, "kind") == "start" {
                    @let (own, origin) = (text(hop, "traceId"), text(&hop["links"][0], "traceId"));
                    div.row {
                        @if own != id { a href=(link("journeys", own)) { (texts.own_journey) } }
                        @if !origin.is_empty() && origin != id { a href=(link("journeys", origin)) { (texts.repeated) } }
                    }
                }
                div.row {
                    @if self.replay.is_some() { button.primary type="button" data-opens="replay" data-act { (texts.replay) } }
                    @if let Some(page) = page { a.button href=(page) { (texts.open) } }
                    a.button href={ (PREFIX) "/journeys?resource=" (escaped(resource)) } { (texts.its_journeys) }
                }
                @if !error.is_empty() { p.notice.bad { strong { (error) } } }
                div.in-and-out {
                    @if !self.payload.is_empty() { div { h3 { (texts.went_in) } (payloads::payload(texts, &self.payload)) } }
                    @if !self.answer.is_empty() { div { h3 { (texts.came_out) } (payloads::payload(texts, &self.answer)) } }
                }
                @if !self.log.is_empty() {
                    h3 { (texts.log) }
                    ol.log tabindex="0" aria-label=(texts.log) {
                        @for (at, line) in &self.log { li class=(super::functions::class(line)) { (moment(*at)) span { (line.trim_end()) } } }
                    }
                } @else if !printed.is_empty() {
                    h3 { (texts.log) }
                    pre.payload tabindex="0" { (printed) }
                }
                (facts(&rows))
                @if !notes.is_empty() {
                    dl.facts { @for (name, value) in notes { div { dt { (name) } dd { code { (value.as_str().unwrap_or_default()) } } } } }
                }
                @if let Some(attributes) = self.attributes.as_object().filter(|attributes| !attributes.is_empty()) {
                    h3 { (texts.attributes) }
                    dl.facts { @for (name, value) in attributes { div { dt { (name) } dd { code { (value.as_str().unwrap_or_default()) } } } } }
                }
            }
        }
    }

    /// The form of a replay from here, with the recorded message in it where there is one alone.
    fn replay_form(&self, texts: &Texts, token: &str) -> Option<Markup> {
        let would = self.replay.as_ref()?;
        let replays = would["replays"].as_array()?;
        let inside = html! {
            p { (texts.replay_text) }
            @if replays.len() > 1 { p { (texts.replay_many) " " strong { (figures::number(replays.len() as u64)) } } }
            (objects_since(texts, would))
            input type="hidden" name="hop" value=(text(&self.hop, "id"));
            @let steps = would["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
            @if !steps.is_empty() {
                label { (texts.replay_to) select name="to" {
                    option value="" { (texts.replay_to_end) }
                    @for step in steps.iter().filter_map(Json::as_str) { option value=(step) { (step_name(texts, step)) } }
                } }
            }
            label.check { input type="checkbox" name="again" value="1"; span { (texts.replay_again) } }
            @if let [one] = replays.as_slice() {
                @let message = text(one, "message");
                input type="hidden" name="recorded" value=(message);
                details.more {
                    summary { (texts.replay_edit) }
                    label { (texts.body) textarea name="message" rows="8" spellcheck="false" { "\n" (message) } }
                }
            }
            div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.replay) } }
        };
        Some(form(token, "replay", "", &inside))
    }
}

/// What became of the objects that a replay reads, where they are not what they were.
pub(crate) fn objects_since(texts: &Texts, replay: &Json) -> Markup {
    let objects = replay["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @for object in objects.iter().filter(|object| object["state"] != "unchanged") {
            p.notice.object {
                @if object["state"] == "gone" { (texts.object_gone) } @else { (texts.object_changed) }
                " " code { "s3://" (text(object, "bucket")) "/" (text(object, "key")) }
            }
        }
    }
}

/// A step by its kind and name.
fn step_name(texts: &Texts, step: &str) -> String {
    let kind = match step.split(':').nth(2) {
        Some("sqs") => texts.queue,
        Some("sns") => texts.topic,
        _ => texts.function,
    };
    format!("{kind} {}", short(step))
}

impl Console {
    /// What a replay from a hop would do; `None` where what went in there cannot be given again.
    async fn would_replay(&self, ask: &Ask, hop: &Json) -> Option<Json> {
        let can = matches!(
            text(hop, "kind"),
            "publish"
                | "send"
                | "receive"
                | "delete"
                | "return"
                | "deadLetter"
                | "invoke"
                | "deliver"
                | "start"
        );
        if !can {
            return None;
        }
        let input = json!({"hop": text(hop, "id"), "dryRun": true});
        self.call_own(&ask.context, "ReplayStep", &input).await.ok()
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
