//! A chosen hop: what went in, what came out and what was printed, side by side; and a replay from there.

use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::Timestamp;

use super::{badge, short, text, whole};
use crate::ask::Ask;
use crate::parts::{escaped, facts, form, link, moment};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads, limits};

/// Lines of a function's log that are looked through for an invocation's.
const LOG_LINES: usize = 5_000;

/// A hop with all that is known of it.
pub(super) struct Detail {
    hop: Json,
    payload: String,
    answer: String,
    attributes: Json,
    log: Vec<(Timestamp, String)>,
    /// What a replay from here would do, if one can be made.
    replay: Option<Json>,
}

impl Detail {
    pub(super) async fn of(console: &Console, ask: &Ask, hop: &Json) -> Result<Self, Trouble> {
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

    pub(super) fn shown(&self, texts: &Texts, id: &str) -> Markup {
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
                        @for (at, line) in &self.log { li class=(crate::screens::functions::class(line)) { (moment(*at)) span { (line.trim_end()) } } }
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
    pub(super) fn replay_form(&self, texts: &Texts, token: &str) -> Option<Markup> {
        let would = self.replay.as_ref()?;
        let replays = would["replays"].as_array()?;
        let inside = html! {
            p { (texts.replay_text) }
            @if replays.len() > 1 { p { (texts.replay_many) " " strong { (figures::number(replays.len() as u64)) } } }
            (objects_since(texts, would))
            @if has_restorable(would) {
                label.check { input type="checkbox" name="restore" value="1"; span { (texts.restore_objects) } }
            }
            input type="hidden" name="hop" value=(text(&self.hop, "id"));
            @let steps = would["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
            @if !steps.is_empty() {
                (ends_at(texts, steps.iter().filter_map(Json::as_str)))
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
    let objects = objects(replay).iter().filter(|object| object["state"] != "unchanged");
    html! {
        @for object in objects {
            p.notice.object.good[object["state"] == "restored"] {
                @match text(object, "state") {
                    "gone" => { (texts.object_gone) }
                    "restored" => { (texts.object_restored) }
                    _ => { (texts.object_changed) }
                }
                " " code { "s3://" (text(object, "bucket")) "/" (text(object, "key")) }
                @if let Some(why) = not_restorable(texts, object) { " " (why) }
            }
        }
    }
}

fn objects(replay: &Json) -> &[Json] {
    replay["objects"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether there is something to restore, and nothing that cannot be.
fn has_restorable(replay: &Json) -> bool {
    let codes = objects(replay).iter().map(|object| text(object, "restore"));
    let codes: Vec<&str> = codes.filter(|code| !code.is_empty()).collect();
    !codes.is_empty() && codes.iter().all(|code| *code == "possible")
}

fn not_restorable(texts: &Texts, object: &Json) -> Option<&'static str> {
    match text(object, "restore") {
        "noBucket" => Some(texts.restore_no_bucket),
        "noVersions" => Some(texts.restore_no_versions),
        "versionGone" => Some(texts.restore_version_gone),
        "wouldLose" => Some(texts.restore_would_lose),
        "ambiguous" => Some(texts.restore_ambiguous),
        _ => None,
    }
}

/// The field that says where a start or replay ends.
pub(crate) fn ends_at<'a>(texts: &Texts, steps: impl Iterator<Item = &'a str>) -> Markup {
    html! {
        label { (texts.replay_to) select name="to" {
            option value="" { (texts.replay_to_end) }
            @for step in steps { option value=(step) { (step_name(texts, step)) } }
        } }
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
