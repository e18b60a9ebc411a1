//! Queues: the list with counts and rates; one queue with its counts over time and its messages, looked at without being
//! received.

use aws::Arn;
use maud::{Markup, html};
use serde_json::{Value as Json, json};
use service::Standing;
use service::ports::MessageAttributeValue;
use service::views::{PeekedMessage, QueueGlance};

use super::paged;
use crate::ask::Ask;
use crate::deeds::queue_url;
use crate::history::{Series, Snapshot, rate};
use crate::page::{Section, View};
use crate::parts::chart::{Line, chart};
use crate::parts::{
    Question, dialog, escaped, facts, figure, form, icon, link, moment, nothing, pager, place, search,
};
use crate::services::{arn, name};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads, limits};

/// Where a queue's counts stand in its history.
const ENTERED: usize = 3;

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let snapshot = console.snapshot().await?;
    let now = console.parts.clock.now();
    let mut queues: Vec<&QueueGlance> = snapshot.queues.iter().collect();
    if ask.value("sort") == "backlog" {
        queues.sort_by_key(|queue| std::cmp::Reverse(queue.counts.visible + queue.counts.not_visible));
    }
    let (rows, from, all) = paged(ask, queues.into_iter(), |queue| queue.arn.as_str().to_owned());
    let path = format!("{PREFIX}/queues");
    let live = html! {
        @if rows.is_empty() { (nothing(texts.no_queues, texts.no_queues_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.queues) {
                table.list {
                    thead { tr {
                        th scope="col" { (texts.name) }
                        th.number scope="col" { (texts.visible) }
                        th.number scope="col" { (texts.in_flight) }
                        th.number scope="col" { (texts.delayed) }
                        th.number scope="col" { (texts.incoming) }
                        th.number scope="col" { (texts.oldest) }
                        th scope="col" { (texts.dead_letter_queue) }
                    } }
                    tbody { @for queue in &rows { (row(console, texts, queue, now)) } }
                }
            }
            (pager(ask, &path, from, rows.len(), all))
        }
    };
    Ok(View {
        actions: html! {
            (search(ask, &path, texts.search_queues))
            a.button href={ (path) "?sort=" (if ask.value("sort") == "backlog" { "name" } else { "backlog" }) "&search=" (escaped(ask.value("search"))) } {
                @if ask.value("sort") == "backlog" { (texts.by_name) } @else { (texts.by_backlog) }
            }
        },
        live,
        ..View::new(Section::Queues, texts.queues)
    })
}

fn row(console: &Console, texts: &Texts, queue: &QueueGlance, now: service::Timestamp) -> Markup {
    let series = console.history.of(queue.arn.as_str());
    let counts = queue.counts;
    html! {
        tr id={ "r-" (queue.arn) } {
            th scope="row" {
                a href=(link("queues", queue.arn.as_str())) { (icon::of("sqs")) span { (name(&queue.arn)) } }
                @if queue.fifo { " " span.badge { "FIFO" } }
                (place(&queue.arn))
            }
            td.number.strong[counts.visible > 0] { (figures::number(counts.visible)) }
            td.number { (figures::number(counts.not_visible)) }
            td.number { (figures::number(counts.delayed)) }
            td.number { (figures::rate(rate(&series, ENTERED, now))) }
            td.number { (age(queue, now)) }
            td { @match queue.dead_letter.as_deref().and_then(|text| text.parse::<Arn>().ok()) {
                Some(target) => { a href=(link("queues", target.as_str())) { (name(&target)) } }
                None => { span.faint aria-label=(texts.none) { "–" } }
            } }
        }
    }
}

fn age(queue: &QueueGlance, now: service::Timestamp) -> String {
    let held = queue.counts.visible + queue.counts.not_visible + queue.counts.delayed;
    let age = queue.oldest.filter(|_| held > 0).map(|oldest| now.since(oldest).as_millis());
    age.map_or_else(|| "–".to_owned(), |age| figures::span(u64::try_from(age).unwrap_or(u64::MAX)))
}

pub(super) async fn one(console: &Console, ask: &Ask, queue: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let queue = arn(queue, "sqs")?;
    let known = |snapshot: &Snapshot| snapshot.queues.iter().any(|one| one.arn == queue);
    let snapshot = console.snapshot_with(known).await?;
    let glance = snapshot.queues.iter().find(|one| one.arn == queue);
    let glance = glance.ok_or_else(|| Trouble::NotFound(format!("{}: {queue}", texts.no_queue)))?;
    let sources: Vec<&QueueGlance> =
        snapshot.queues.iter().filter(|one| one.dead_letter.as_deref() == Some(queue.as_str())).collect();
    let input = json!({"QueueUrl": queue_url(&queue), "AttributeNames": ["All"]});
    let attributes = console.call(&ask.context, &queue, "GetQueueAttributes", &input).await?;
    let series = console.history.of(queue.as_str());
    let after = ask.number("after").unwrap_or(0);
    let peeked = console.parts.queues.peek(queue.clone(), after, limits::MESSAGES + 1).await?;
    let redrives = redrives(console, ask, &queue).await;
    let live = html! {
        (counts(console, texts, glance, &series))
        (redrives)
        section aria-labelledby="messages-title" {
            h2 #messages-title { (texts.messages) " " small { (texts.peek_hint) } }
            (messages(texts, &queue, &peeked, after))
        }
        section aria-labelledby="settings-title" { h2 #settings-title { (texts.settings) } (settings(texts, &attributes["Attributes"])) }
    };
    let can_redrive = !sources.is_empty() && console.has("sqs", "StartMessageMoveTask");
    Ok(View {
        actions: html! {
            button.primary type="button" data-opens="send" data-act { (texts.send) }
            @if can_redrive { button type="button" data-opens="redrive" { (texts.redrive) } }
            button type="button" data-opens="purge" { (texts.purge) }
        },
        live,
        still: html! {
            (dialog(texts, "send", texts.send, &send_form(texts, &console.token, glance)))
            @if can_redrive { (dialog(texts, "redrive", texts.redrive, &redrive_form(texts, &console.token, &queue, &sources))) }
            (Question {
                id: "purge",
                deed: "queue-purge",
                title: texts.purge_title,
                text: texts.purge_text,
                yes: texts.purge_yes,
            }.dialog(texts, &console.token, &[("arn", queue.as_str())]))
        },
        ..View::new(Section::Queues, name(&queue))
    }
    .below(texts))
}

fn counts(console: &Console, texts: &Texts, queue: &QueueGlance, series: &Series) -> Markup {
    let now = console.parts.clock.now();
    let number = |count: u64| html! { (figures::number(count)) };
    let lines = [
        Line { count: 0, name: texts.visible, class: "one" },
        Line { count: 1, name: texts.in_flight, class: "two" },
        Line { count: 2, name: texts.delayed, class: "three" },
    ];
    html! {
        div.figures {
            (figure(texts.visible, &number(queue.counts.visible), "one"))
            (figure(texts.in_flight, &number(queue.counts.not_visible), "two"))
            (figure(texts.delayed, &number(queue.counts.delayed), "three"))
            (figure(texts.incoming, &html! { (figures::rate(rate(series, ENTERED, now))) }, ""))
            (figure(texts.entered, &number(queue.entered), ""))
            (figure(texts.oldest, &html! { (age(queue, now)) }, ""))
        }
        (chart(texts, texts.counts_over_time, series, &lines, now))
    }
}

fn messages(texts: &Texts, queue: &Arn, peeked: &[PeekedMessage], after: u64) -> Markup {
    let shown = &peeked[..peeked.len().min(limits::MESSAGES)];
    let next = shown.last().filter(|_| peeked.len() > limits::MESSAGES);
    let path = link("queues", queue.as_str());
    html! {
        @if shown.is_empty() { p.faint { (texts.no_messages) } }
        div.messages { @for message in shown { (self::message(texts, message)) } }
        @if after > 0 || next.is_some() {
            nav.pager aria-label=(texts.pages) {
                @if after > 0 { a href=(path) { "⇤ " (texts.first) } }
                @if let Some(last) = next { a href={ (path) "?after=" (last.number) } { (texts.later) " →" } }
            }
        }
    }
}

fn message(texts: &Texts, message: &PeekedMessage) -> Markup {
    let (class, standing) = match message.standing {
        Standing::Visible => ("one", texts.visible),
        Standing::InFlight => ("two", texts.in_flight),
        Standing::Delayed => ("three", texts.delayed),
    };
    let text = |value: &MessageAttributeValue| match value {
        MessageAttributeValue::Text(text) => text.clone(),
        MessageAttributeValue::Binary(blob) => format!("{} B", blob.0.len()),
    };
    html! {
        details.message id={ "m-" (message.number) } {
            summary {
                span.dot.(class) title=(standing) { span.hidden { (standing) } }
                (moment(message.sent_at))
                span.preview { (preview(&message.body)) }
                @if message.receive_count > 0 { span.badge.warn[message.receive_count > 1] title=(texts.receive_count) { "×" (message.receive_count) } }
            }
            div.inside {
                (payloads::payload(texts, &message.body))
                @let standing = html! { (standing) @if let Some(at) = message.visible_at { " " (texts.until) " " (moment(at)) } };
                (facts(&[
                    ("MessageId", html! { code { (message.message_id) } }),
                    (texts.standing, standing),
                    (texts.receive_count, html! { (message.receive_count) }),
                ]))
                dl.facts {
                    @for (name, value) in &message.system { div { dt { (name) } dd { code { (value) } } } }
                    @for (name, attribute) in &message.attributes {
                        div { dt { (name) " " span.faint { (attribute.data_type) } } dd { code { (text(&attribute.value)) } } }
                    }
                }
            }
        }
    }
}

/// The beginning of a body, on one line.
fn preview(body: &str) -> String {
    let inner = serde_json::from_str::<Json>(body).ok();
    let message = inner.as_ref().and_then(|document| document.get("Message")).and_then(Json::as_str);
    message.unwrap_or(body).chars().take(160).map(|one| if one.is_control() { ' ' } else { one }).collect()
}

fn settings(texts: &Texts, attributes: &Json) -> Markup {
    let Some(attributes) = attributes.as_object() else { return html! {} };
    let hidden = |name: &str| name.starts_with("ApproximateNumber");
    html! {
        dl.facts.wide {
            @for (name, value) in attributes.iter().filter(|(name, _)| !hidden(name)) {
                @let value = value.as_str().unwrap_or_default();
                div { dt { (name) } dd {
                    @if name.ends_with("Timestamp") && let Ok(seconds) = value.parse::<u64>() { (moment(service::Timestamp(seconds * 1000))) }
                    @else if value.starts_with('{') { (payloads::payload(texts, value)) }
                    @else { code { (value) } }
                } }
            }
        }
    }
}

/// Moves of dead letters, as they go on.
async fn redrives(console: &Console, ask: &Ask, queue: &Arn) -> Markup {
    let texts = ask.texts();
    if !console.has("sqs", "ListMessageMoveTasks") {
        return html! {};
    }
    let input = json!({"SourceArn": queue.as_str(), "MaxResults": 3});
    // A queue that is nobody's dead-letter queue has none, and says so with an error.
    let Ok(answer) = console.call(&ask.context, queue, "ListMessageMoveTasks", &input).await else {
        return html! {};
    };
    let tasks = answer["Results"].as_array().cloned().unwrap_or_default();
    html! {
        @if !tasks.is_empty() {
            section aria-labelledby="redrives-title" {
                h2 #redrives-title { (texts.redrives) }
                @for task in &tasks { (redrive(texts, &console.token, queue, task)) }
            }
        }
    }
}

fn redrive(texts: &Texts, token: &str, queue: &Arn, task: &Json) -> Markup {
    let moved = task["ApproximateNumberOfMessagesMoved"].as_u64().unwrap_or(0);
    let all = task["ApproximateNumberOfMessagesToMove"].as_u64().unwrap_or(moved).max(moved);
    let status = task["Status"].as_str().unwrap_or_default();
    html! {
        div.task {
            span.badge.(match status { "RUNNING" => "warn", "COMPLETED" => "good", "FAILED" => "bad", _ => "off" }) { (status) }
            progress max=(all.max(1)) value=(moved) aria-label=(texts.moved) {}
            span { (figures::number(moved)) " / " (figures::number(all)) }
            @if let Some(started) = task["StartedTimestamp"].as_u64() { (moment(service::Timestamp(started))) }
            @if let Some(reason) = task["FailureReason"].as_str() { span.faint { (reason) } }
            @if let Some(handle) = task["TaskHandle"].as_str() {
                (form(token, "queue-redrive-cancel", "inline", &html! {
                    input type="hidden" name="arn" value=(queue);
                    input type="hidden" name="task" value=(handle);
                    button { (texts.cancel) }
                }))
            }
        }
    }
}

fn redrive_form(texts: &Texts, token: &str, queue: &Arn, sources: &[&QueueGlance]) -> Markup {
    let inside = html! {
        p { (texts.redrive_text) }
        input type="hidden" name="arn" value=(queue);
        label { (texts.destination) select name="destination" {
            option value="" { (texts.to_sources) }
            @for source in sources { option value=(source.arn) { (name(&source.arn)) } }
        } }
        label { (texts.rate_max) input type="number" name="rate" min="1" max="500" placeholder=(texts.automatic); }
        div.row { button type="button" data-closes { (texts.cancel) } button.primary type="submit" { (texts.redrive) } }
    };
    form(token, "queue-redrive", "", &inside)
}

/// Sends a message into a queue.
pub(super) fn send_form(texts: &Texts, token: &str, queue: &QueueGlance) -> Markup {
    let inside = html! {
        input type="hidden" name="arn" value=(queue.arn);
        label { (texts.body) textarea name="body" rows="8" required autofocus spellcheck="false" { "{\n  \"request_id\": \"\"\n}" } }
        @if queue.fifo {
            label { "MessageGroupId" input name="group" required value="default"; }
            label { "MessageDeduplicationId" input name="deduplication"; }
        } @else {
            label { "DelaySeconds" input type="number" name="delay" min="0" max="900" placeholder="0"; }
        }
        (attributes_field(texts))
        div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.send) } }
    };
    form(token, "queue-send", "", &inside)
}

/// Message attributes, for those who have some.
pub(super) fn attributes_field(texts: &Texts) -> Markup {
    html! {
        details.more {
            summary { (texts.attributes) }
            label { span.faint { (texts.attributes_hint) } textarea name="attributes" rows="3" spellcheck="false" placeholder="{\"kind\": \"tea\", \"price\": 12}" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::texts::ENGLISH;

    #[test]
    fn a_hostile_message_is_only_text() {
        let hostile = "\"><script>alert(1)</script><img src=x onerror=alert(2)>";
        let shown = message(
            &ENGLISH,
            &PeekedMessage {
                number: 1,
                message_id: hostile.into(),
                body: hostile.into(),
                attributes: BTreeMap::new(),
                system: BTreeMap::from([("SenderId", hostile.to_owned())]),
                sent_at: service::Timestamp(0),
                standing: Standing::Visible,
                visible_at: None,
                receive_count: 0,
            },
        );
        assert!(!shown.0.contains("<script") && !shown.0.contains("<img"), "{}", shown.0);
    }

    #[test]
    fn a_preview_is_the_message_of_an_envelope_on_one_line() {
        assert_eq!(preview("{\"Message\":\"a\\nb\"}"), "a b");
        assert_eq!(preview("plain\ttext"), "plain text");
    }
}
