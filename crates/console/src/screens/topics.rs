//! Topics: the list; one topic with its subscriptions, a form to publish, and what filter policies say of a message.

use aws::Arn;
use maud::{Markup, html};
use service::views::{SubscriptionGlance, TopicGlance};

use super::paged;
use super::queues::attributes_field;
use crate::ask::Ask;
use crate::page::{Section, View};
use crate::parts::{dialog, form, icon, link, nothing, pager, place, search};
use crate::services::{arn, name};
use crate::texts::Texts;
use crate::trouble::Trouble;
use crate::{Console, PREFIX, figures, json as payloads};

pub(super) async fn list(console: &Console, ask: &Ask) -> Result<View, Trouble> {
    let texts = ask.texts();
    let topics = console.parts.topics.topics().await?;
    let path = format!("{PREFIX}/topics");
    let (rows, from, all) = paged(ask, topics.iter(), |topic| topic.arn.as_str().to_owned());
    let live = html! {
        @if rows.is_empty() { (nothing(texts.no_topics, texts.no_topics_hint)) } @else {
            div.scroll tabindex="0" role="region" aria-label=(texts.topics) {
                table.list {
                    thead { tr { th scope="col" { (texts.name) } th.number scope="col" { (texts.subscriptions) } } }
                    tbody { @for topic in &rows { (row(topic)) } }
                }
            }
            (pager(ask, &path, from, rows.len(), all))
        }
    };
    Ok(View {
        actions: search(ask, &path, texts.search_topics),
        live,
        ..View::new(Section::Topics, texts.topics)
    })
}

fn row(topic: &TopicGlance) -> Markup {
    html! {
        tr id={ "r-" (topic.arn) } {
            th scope="row" {
                a href=(link("topics", topic.arn.as_str())) { (icon::of("sns")) span { (name(&topic.arn)) } }
                @if is_fifo(&topic.arn) { " " span.badge { "FIFO" } }
                (place(&topic.arn))
            }
            td.number { (figures::number(topic.subscriptions as u64)) }
        }
    }
}

pub(super) fn is_fifo(topic: &Arn) -> bool {
    topic.resource().ends_with(".fifo")
}

pub(super) async fn one(console: &Console, ask: &Ask, topic: &str) -> Result<View, Trouble> {
    let texts = ask.texts();
    let topic = arn(topic, "sns")?;
    let known = console.parts.topics.topics().await?;
    if known.iter().all(|one| one.arn != topic) {
        return Err(Trouble::NotFound(format!("{}: {topic}", texts.no_topic)));
    }
    let mut subscriptions = console.parts.topics.subscriptions(Some(topic.clone())).await?;
    let all = subscriptions.len();
    subscriptions.truncate(crate::limits::ROWS);
    let live = html! {
        section aria-labelledby="subscriptions-title" {
            h2 #subscriptions-title { (texts.subscriptions) " " small { (figures::number(all as u64)) } }
            @if subscriptions.is_empty() { p.faint { (texts.no_subscriptions) } } @else {
                div.scroll tabindex="0" role="region" aria-label=(texts.subscriptions) {
                    table.list {
                        thead { tr {
                            th scope="col" { (texts.endpoint) } th scope="col" { (texts.delivery) } th scope="col" { (texts.filter_policy) }
                        } }
                        tbody { @for subscription in &subscriptions { (subscription_row(texts, subscription)) } }
                    }
                }
                @if all > subscriptions.len() { p.faint { (texts.left_out) " " (figures::number((all - subscriptions.len()) as u64)) } }
            }
        }
    };
    Ok(View {
        actions: html! { button.primary type="button" data-opens="publish" data-act { (texts.publish) } },
        live,
        still: html! {
            section.card aria-labelledby="filter-title" {
                h2 #filter-title { (icon::of("filter")) (texts.filter_tester) }
                p.faint { (texts.filter_tester_hint) }
                (filter_form(texts, &console.token, &topic))
            }
            (dialog(texts, "publish", texts.publish, &publish_form(texts, &console.token, &topic)))
        },
        ..View::new(Section::Topics, name(&topic))
    }
    .below(texts))
}

fn subscription_row(texts: &Texts, subscription: &SubscriptionGlance) -> Markup {
    let target = subscription.endpoint.parse::<Arn>().ok();
    let section = match subscription.protocol.as_str() {
        "sqs" => Some("queues"),
        "lambda" => Some("functions"),
        _ => None,
    };
    let kind = match subscription.protocol.as_str() {
        "email-json" => "email",
        "https" => "http",
        "application" => "sms",
        other => other,
    };
    html! {
        tr id={ "r-" (subscription.arn) } {
            th scope="row" {
                @match (target, section) {
                    (Some(arn), Some(section)) => { a href=(link(section, arn.as_str())) { (icon::of(kind)) span { (name(&arn)) } } }
                    _ => { span.endpoint { (icon::of(kind)) span { (subscription.endpoint) } } }
                }
            }
            td {
                span { (subscription.protocol) }
                @if subscription.raw { " " span.badge { (texts.raw) } }
                @if subscription.pending { " " span.badge.warn { (texts.pending) } }
                @if let Some(target) = &subscription.dead_letter { " " span.faint title=(target) { "→ " (target.rsplit(':').next().unwrap_or_default()) } }
            }
            td {
                @match &subscription.filter_policy {
                    Some(policy) => {
                        details { summary { (subscription.filter_scope) } (payloads::payload(texts, policy)) }
                    }
                    None => { span.faint { (texts.everything) } }
                }
            }
        }
    }
}

fn filter_form(texts: &Texts, token: &str, topic: &Arn) -> Markup {
    let inside = html! {
        input type="hidden" name="arn" value=(topic);
        div.columns {
            label { (texts.body) textarea name="body" rows="6" spellcheck="false" { "{\n  \"request_id\": \"\"\n}" } }
            label { (texts.attributes) textarea name="attributes" rows="6" spellcheck="false" placeholder="{\"kind\": \"tea\", \"price\": 12}" {} }
        }
        div.row { button type="submit" { (texts.would_match) } }
    };
    form(token, "topic-judge", "", &inside)
}

/// Publishes to a topic.
pub(super) fn publish_form(texts: &Texts, token: &str, topic: &Arn) -> Markup {
    let inside = html! {
        input type="hidden" name="arn" value=(topic);
        label { (texts.body) textarea name="body" rows="8" required autofocus spellcheck="false" { "{\n  \"request_id\": \"\"\n}" } }
        label { (texts.subject) input name="subject" maxlength="100"; }
        @if is_fifo(topic) {
            label { "MessageGroupId" input name="group" required value="default"; }
            label { "MessageDeduplicationId" input name="deduplication"; }
        }
        (attributes_field(texts))
        div.row { button type="button" data-closes { (texts.close) } button.primary type="submit" { (texts.publish) } }
    };
    form(token, "topic-publish", "", &inside)
}
