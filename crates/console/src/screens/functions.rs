//! Functions: the list with their instances; one function with its test, its log as it grows, and its configuration.

use aws::Arn;
use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::views::{FunctionGlance, LogLine, TestEvent};

use super::paged;
use crate::ask::Ask;
use crate::history::{Series, Snapshot, rate};
use crate::page::{Section, View};
use crate::parts::chart::{Line, chart};
use crate::parts::{figure, form, icon, link, moment, nothing, pager, place, search};
use crate::services::{arn, name};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, limits};

/// Where a function's counts stand in its history.
const ENDED: usize = 2;
const FAILED: usize = 3;
/// What of a function's configuration is shown, in this order.
const SHOWN: [&str; 12] = [
    "FunctionArn",
    "Runtime",
    "Handler",
    "Timeout",
    "MemorySize",
    "Role",
    "LastModified",
    "CodeSize",
    "Architectures",
    "State",
    "StateReason",
    "LastUpdateStatus",
];

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let snapshot = console.snapshot().await?;
    let now = console.parts.clock.now();
    let path = format!("{PREFIX}/functions");
    let (rows, from, all) = paged(ask, snapshot.functions.iter(), |one| one.arn.as_str().to_owned());
    let live = html! {
        @if rows.is_empty() { (nothing(texts.no_functions, texts.no_functions_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.functions) {
                table.list {
                    thead { tr {
                        th scope="col" { (texts.name) }
                        th scope="col" { (texts.runtime) }
                        th.number scope="col" { (texts.instances) }
                        th.number scope="col" { (texts.rate) }
                        th.number scope="col" { (texts.invocations) }
                        th.number scope="col" { (texts.errors) }
                        th.number scope="col" { (texts.mean_duration) }
                    } }
                    tbody { @for function in &rows { (row(console, texts, function, now)) } }
                }
            }
            (pager(ask, &path, from, rows.len(), all))
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_functions),
        live,
        ..View::new(Section::Functions, texts.functions)
    })
}

fn row(console: &Console, texts: &Texts, function: &FunctionGlance, now: service::Timestamp) -> Markup {
    let series = console.history.of(function.arn.as_str());
    let invocations = function.invocations;
    html! {
        tr id={ "r-" (function.arn) } {
            th scope="row" {
                a href=(link("functions", function.arn.as_str())) { (icon::of("lambda")) span { (function.name) } }
                @if function.state != "Active" { " " span.badge.warn { (function.state) } }
                (place(&function.arn))
            }
            td { (function.runtime) }
            td.number { (function.busy) " " (texts.busy) " · " (function.warm) " " (texts.warm) }
            td.number { (figures::rate(rate(&series, ENDED, now))) }
            td.number { (figures::number(invocations.ended)) }
            td.number.alarm[invocations.failed > 0] { (figures::number(invocations.failed)) }
            td.number { (mean(function)) }
        }
    }
}

fn mean(function: &FunctionGlance) -> String {
    match function.invocations.milliseconds.checked_div(function.invocations.ended) {
        Some(mean) => figures::span(mean),
        None => "–".to_owned(),
    }
}

pub(super) async fn one(console: &Console, ask: &Ask, function: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let function = arn(function, "lambda")?;
    let known = |snapshot: &Snapshot| snapshot.functions.iter().any(|one| one.arn == function);
    let snapshot = console.snapshot_with(known).await?;
    let glance = snapshot.functions.iter().find(|one| one.arn == function);
    let glance = glance.ok_or_else(|| Trouble::NotFound(format!("{}: {function}", texts.no_function)))?;
    let input = json!({"FunctionName": function.as_str()});
    let configuration = console.call(&ask.context, &function, "GetFunctionConfiguration", &input).await?;
    let lines = console.parts.functions.log_tail(glance.name.clone(), limits::LOG_LINES).await?;
    let series = console.history.of(function.as_str());
    let events = console.parts.functions.test_events(function.clone()).await?;
    let live = html! {
        (counts(console, texts, glance, &series))
        section.card.test #test data-still aria-labelledby="test-title" {
            h2 #test-title { (texts.test) }
            (test_form(texts, &console.token, &function, &events))
        }
        section aria-labelledby="log-title" {
            h2 #log-title { (texts.log) " " small { (texts.log_hint) } }
            (log(texts, &lines, ask.value("log")))
        }
        section aria-labelledby="configuration-title" {
            h2 #configuration-title { (texts.configuration) }
            (facts(texts, &configuration))
        }
    };
    Ok(View {
        actions: html! { button.primary type="button" data-focus="event" data-act { (texts.test) } },
        live,
        ..View::new(Section::Functions, name(&function))
    }
    .below(texts))
}

fn counts(console: &Console, texts: &Texts, function: &FunctionGlance, series: &Series) -> Markup {
    let now = console.parts.clock.now();
    let number = |count: u64| html! { (figures::number(count)) };
    let lines = [
        Line { count: 0, name: texts.busy, class: "two" },
        Line { count: 1, name: texts.warm, class: "three" },
    ];
    let failed = function.invocations.failed;
    html! {
        div.figures {
            (figure(texts.invocations, &number(function.invocations.ended), ""))
            (figure(texts.rate, &html! { (figures::rate(rate(series, ENDED, now))) }, ""))
            (figure(texts.errors, &number(failed), if failed > 0 { "alarm" } else { "" }))
            (figure(texts.errors_now, &html! { (figures::rate(rate(series, FAILED, now))) }, ""))
            (figure(texts.mean_duration, &html! { (mean(function)) }, ""))
            (figure(texts.cold_starts, &number(function.invocations.cold), ""))
            (figure(texts.busy, &number(function.busy as u64), "two"))
            (figure(texts.warm, &number(function.warm as u64), "three"))
        }
        (chart(texts, texts.instances_over_time, series, &lines, now))
    }
}

fn log(texts: &Texts, lines: &[LogLine], wanted: &str) -> Markup {
    let shown: Vec<&LogLine> = lines
        .iter()
        .filter(|line| {
            wanted.is_empty() || line.message.contains(wanted) || line.request_id.as_deref() == Some(wanted)
        })
        .collect();
    html! {
        @if shown.is_empty() { p.faint { (texts.no_log) } } @else {
            ol.log tabindex="0" aria-label=(texts.log) data-tail {
                @for line in shown {
                    li class=(class(&line.message)) { (moment(line.timestamp)) span { (line.message.trim_end()) } }
                }
            }
        }
    }
}

/// What the platform says is quiet, what went wrong is loud.
pub(super) fn class(message: &str) -> &'static str {
    let platform = ["START RequestId", "END RequestId", "REPORT RequestId", "INIT_START"];
    if platform.iter().any(|start| message.starts_with(start)) {
        return "platform";
    }
    let loud = ["[ERROR]", "Traceback", "Task timed out", " Error: ", "panicked at"];
    if loud.iter().any(|sign| message.contains(sign)) { "loud" } else { "" }
}

fn facts(texts: &Texts, configuration: &Json) -> Markup {
    let shown = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    let variables = configuration["Environment"]["Variables"].as_object();
    html! {
        dl.facts.wide {
            @for name in SHOWN {
                @let value = &configuration[name];
                @if !value.is_null() { div { dt { (name) } dd { code { (shown(value)) } } } }
            }
        }
        @if let Some(variables) = variables.filter(|variables| !variables.is_empty()) {
            h3 { (texts.variables) }
            dl.facts.wide { @for (name, value) in variables { div { dt { code { (name) } } dd { code { (shown(value)) } } } } }
        }
    }
}

/// Events to begin with.
fn templates(function: &Arn) -> [(&'static str, Json); 4] {
    let (region, account) = (function.region(), function.account());
    let queue = format!("arn:aws:sqs:{region}:{account}:queue");
    let topic = format!("arn:aws:sns:{region}:{account}:topic");
    let message = r#"{"request_id": "26d84a1ffe20c326499614a49b48dc8f"}"#;
    let envelope = json!({
        "Type": "Notification", "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e", "TopicArn": topic, "Message": message,
        "Timestamp": "2026-01-01T00:00:00.000Z",
    });
    [
        ("{}", json!({})),
        (
            "SQS",
            json!({"Records": [{
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "test", "body": message,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000", "SenderId": account,
                    "ApproximateFirstReceiveTimestamp": "1767225600001"},
                "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": queue, "awsRegion": region,
            }]}),
        ),
        (
            "SNS → SQS",
            json!({"Records": [{
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "test", "body": envelope.to_string(),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000", "SenderId": account,
                    "ApproximateFirstReceiveTimestamp": "1767225600001"},
                "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": queue, "awsRegion": region,
            }]}),
        ),
        (
            "S3",
            json!({"Records": [{
                "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": region, "eventTime": "2026-01-01T00:00:00.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": "bucket", "arn": "arn:aws:s3:::bucket"}, "object": {"key": "key.json", "size": 2}},
            }]}),
        ),
    ]
}

fn test_form(texts: &Texts, token: &str, function: &Arn, events: &[TestEvent]) -> Markup {
    let pretty = |document: &Json| serde_json::to_string_pretty(document).unwrap_or_default();
    let inside = html! {
        input type="hidden" name="arn" value=(function);
        div.row.spread {
            label { (texts.event) select data-sets="event" {
                optgroup label=(texts.templates) {
                    @for (name, document) in templates(function) { option value=(pretty(&document)) { (name) } }
                }
                @if !events.is_empty() {
                    optgroup label=(texts.saved_events) {
                        @for event in events { option value=(event.document) data-name=(event.name) { (event.name) } }
                    }
                }
            } }
            label { (texts.invocation_type) select name="type" {
                option value="RequestResponse" { (texts.synchronous) }
                option value="Event" { (texts.asynchronous) }
            } }
        }
        label { span.hidden { (texts.event) } textarea #event name="event" rows="10" spellcheck="false" { "{}" } }
        div.row {
            button.primary type="submit" { (texts.test) }
            span.gap {}
            label.inline { span { (texts.save_as) } input #event-name name="name" maxlength="80" placeholder=(texts.name); }
            button type="submit" formaction={ (PREFIX) "/do/event-save" } data-reloads { (texts.save) }
            @if !events.is_empty() {
                button type="submit" formaction={ (PREFIX) "/do/event-delete" } data-reloads data-asks=(texts.delete_event) { (texts.delete) }
            }
        }
    };
    form(token, "function-invoke", "", &inside)
}

/// Starts a function with an event, for other screens.
pub(super) fn start_form(texts: &Texts, token: &str, function: &Arn) -> Markup {
    let inside = html! {
        input type="hidden" name="arn" value=(function);
        input type="hidden" name="type" value="Event";
        label { (texts.event) textarea name="event" rows="8" autofocus spellcheck="false" { "{}" } }
        div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.start) } }
    };
    form(token, "function-invoke", "", &inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_lines_are_quiet_and_errors_are_loud() {
        assert_eq!(class("START RequestId: 1 Version: $LATEST"), "platform");
        assert_eq!(class("[ERROR] KeyError: 'Records'"), "loud");
        assert_eq!(
            (class("hello"), crate::json::payload(&crate::texts::ENGLISH, "").0.is_empty()),
            ("", false)
        );
    }
}
