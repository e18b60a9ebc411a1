//! Testing functions: the article's [Test] button, and the events it is pressed with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};
use service::views::TestEvent;

use super::done;
use crate::ask::{Ask, Form};
use crate::services::{arn, name};
use crate::trouble::Trouble;
use crate::{Console, figures, json};

fn decoded(answer: &Json, member: &str) -> String {
    let bytes = answer[member].as_str().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn checked<'a>(ask: &Ask, document: &'a str) -> Result<&'a str, Trouble> {
    let document = if document.trim().is_empty() { "{}" } else { document };
    serde_json::from_str::<IgnoredAny>(document)
        .map_err(|error| Trouble::Unfit(format!("{}: {error}", ask.texts().event_unfit)))?;
    Ok(document)
}

pub(super) async fn invoke(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let function = arn(form.value("arn"), "lambda")?;
    let event = checked(ask, form.value("event"))?;
    let asynchronous = form.value("type") == "Event";
    let mut input = json!({
        "FunctionName": function.as_str(),
        "InvocationType": if asynchronous { "Event" } else { "RequestResponse" },
        "Payload": STANDARD.encode(event),
    });
    if !asynchronous {
        input["LogType"] = json!("Tail");
    }
    let began = console.parts.clock.now();
    let answer = console.call(&ask.context, &function, "Invoke", &input).await?;
    let texts = ask.texts();
    if asynchronous {
        return Ok(done(texts.accepted, name(&function)));
    }
    let took = console.parts.clock.now().since(began).as_millis();
    let took = figures::span(u64::try_from(took).unwrap_or(u64::MAX));
    let error = answer["FunctionError"].as_str();
    Ok(html! {
        p.notice.(if error.is_some() { "bad" } else { "good" }) data-done {
            @match error {
                Some(error) => { strong { (texts.function_failed) } " (" (error) ")" }
                None => { strong { (texts.function_succeeded) } }
            }
            " · " (took)
        }
        h3 { (texts.answer) }
        (json::payload(texts, &decoded(&answer, "Payload")))
        h3 { (texts.log) }
        pre.payload tabindex="0" { (decoded(&answer, "LogResult")) }
    })
}

pub(super) async fn save_event(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let function = arn(form.value("arn"), "lambda")?;
    let document = checked(ask, form.value("event"))?.to_owned();
    let event = TestEvent { name: form.value("name").trim().to_owned(), document };
    let saved = event.name.clone();
    console.parts.functions.save_test_event(function, event).await?;
    Ok(done(ask.texts().saved, &saved))
}

pub(super) async fn delete_event(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let function = arn(form.value("arn"), "lambda")?;
    console.parts.functions.delete_test_event(function, form.value("name").to_owned()).await?;
    Ok(done(ask.texts().deleted, form.value("name")))
}
