//! Starting anywhere: a step gets a message as it would come to it, or what it got before once more.

use maud::{Markup, html};
use serde_json::json;

use super::done;
use crate::Console;
use crate::ask::{Ask, Form};
use crate::parts::link;
use crate::trouble::Trouble;

pub(super) async fn start(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let input = json!({"step": form.value("step"), "message": form.value("body")});
    let started = console.call_own(&ask.context, "StartStep", &input).await?;
    let journey = started["journey"].as_str().unwrap_or_default();
    Ok(html! {
        p.notice.good data-done { (ask.texts().started) " " a href=(link("journeys", journey)) { (ask.texts().its_journey) } }
    })
}

pub(super) async fn replay(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let texts = ask.texts();
    let mut input = json!({"hop": form.value("hop")});
    if !form.value("message").trim().is_empty() {
        input["message"] = json!(form.value("message"));
    }
    if form.value("again") == "1" {
        input["run"] = json!(format!("console-{}", ask.context.request_id));
    }
    let answer = console.call_own(&ask.context, "ReplayStep", &input).await?;
    let replays = answer["replays"].as_array().map(Vec::as_slice).unwrap_or_default();
    let objects = answer["objects"].as_array().map(Vec::as_slice).unwrap_or_default();
    let changed: Vec<String> =
        objects.iter().filter(|one| one["state"] == "changed").map(ToString::to_string).collect();
    if replays.is_empty() {
        return Ok(done(texts.replayed, "0"));
    }
    Ok(html! {
        @for replay in replays {
            @let journey = replay["journey"].as_str().unwrap_or_default();
            p.notice.(if replay["state"] == "before" { "bad" } else { "good" }) data-done {
                @if replay["state"] == "before" { (texts.replayed_before) } @else { (texts.replayed) }
                " " a href=(link("journeys", journey)) { (texts.its_journey) }
            }
        }
        @for object in changed { p.notice { (texts.object_changed) " " code { (object) } } }
    })
}
