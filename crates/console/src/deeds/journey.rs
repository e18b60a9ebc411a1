//! Starting anywhere: a step gets a message as it would come to it, or what it got before once more.

use maud::{Markup, html};
use serde_json::json;

use super::done;
use crate::Console;
use crate::ask::{Ask, Form};
use crate::parts::link;
use crate::screens::objects_since;
use crate::trouble::Trouble;

pub(super) async fn start(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let input = json!({"step": form.value("step"), "message": form.value("body"), "to": form.value("to")});
    let started = console.call_own(&ask.context, "StartStep", &input).await?;
    let journey = started["journey"].as_str().unwrap_or_default();
    Ok(html! {
        p.notice.good data-done { (ask.texts().started) " " a href=(link("journeys", journey)) { (ask.texts().its_journey) } }
    })
}

pub(super) async fn replay(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let texts = ask.texts();
    let mut input = json!({"hop": form.value("hop")});
    // A browser ends the lines of a field with CR and LF.
    let written = |field: &str| form.value(field).replace("\r\n", "\n");
    if !written("message").trim().is_empty() && written("message") != written("recorded") {
        input["message"] = json!(written("message"));
    }
    if !form.value("to").is_empty() {
        input["to"] = json!(form.value("to"));
    }
    if form.value("restore") == "1" {
        input["restore"] = json!(true);
    }
    if form.value("again") == "1" {
        input["run"] = json!(format!("console-{}", ask.context.request_id));
    }
    let answer = console.call_own(&ask.context, "ReplayStep", &input).await?;
    let replays = answer["replays"].as_array().map(Vec::as_slice).unwrap_or_default();
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
        (objects_since(texts, &answer))
    })
}
