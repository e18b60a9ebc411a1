//! Publishing, and asking filter policies about a message.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};
use service::ports::{MessageAttribute, MessageAttributeValue};
use service::views::Verdict;

use super::done;
use crate::Console;
use crate::ask::{Ask, Form};
use crate::services::arn;
use crate::texts::Texts;
use crate::trouble::Trouble;

/// Attributes as people write them: a JSON object of texts, numbers and lists.
pub(super) fn attributes(ask: &Ask, text: &str) -> Result<BTreeMap<String, MessageAttribute>, Trouble> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let unfit = || Trouble::Unfit(ask.texts().attributes_unfit.to_owned());
    let object: Map<String, Json> = serde_json::from_str(text).map_err(|_| unfit())?;
    let attribute = |(name, value): (String, Json)| {
        let (data_type, text) = match value {
            Json::String(text) => ("String", text),
            Json::Number(number) => ("Number", number.to_string()),
            Json::Array(items) => ("String.Array", Json::Array(items).to_string()),
            _ => return Err(unfit()),
        };
        let value = MessageAttributeValue::Text(text);
        Ok((name, MessageAttribute { data_type: data_type.to_owned(), value }))
    };
    object.into_iter().map(attribute).collect()
}

/// As the actions take them.
pub(super) fn as_members(attributes: &BTreeMap<String, MessageAttribute>) -> Json {
    let member = |(name, attribute): (&String, &MessageAttribute)| {
        let text = if let MessageAttributeValue::Text(text) = &attribute.value { text.as_str() } else { "" };
        (name.clone(), json!({"DataType": attribute.data_type, "StringValue": text}))
    };
    Json::Object(attributes.iter().map(member).collect())
}

pub(super) async fn publish(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let topic = arn(form.value("arn"), "sns")?;
    let mut input = json!({"TopicArn": topic.as_str(), "Message": form.value("body")});
    let fields =
        [("subject", "Subject"), ("group", "MessageGroupId"), ("deduplication", "MessageDeduplicationId")];
    for (field, member) in fields {
        if !form.value(field).is_empty() {
            input[member] = json!(form.value(field));
        }
    }
    let attributes = attributes(ask, form.value("attributes"))?;
    if !attributes.is_empty() {
        input["MessageAttributes"] = as_members(&attributes);
    }
    let published = console.call(&ask.context, &topic, "Publish", &input).await?;
    Ok(done(ask.texts().published, published["MessageId"].as_str().unwrap_or_default()))
}

pub(super) async fn judge(console: &Console, ask: &Ask, form: &Form) -> Result<Markup, Trouble> {
    let topic = arn(form.value("arn"), "sns")?;
    let attributes = attributes(ask, form.value("attributes"))?;
    let verdicts = console.parts.topics.judge(topic, form.value("body").to_owned(), attributes).await?;
    let texts = ask.texts();
    Ok(html! {
        @if verdicts.is_empty() { p.notice { (texts.no_subscriptions) } }
        ul.verdicts { @for one in &verdicts { li { (verdict(texts, one)) } } }
    })
}

fn verdict(texts: &Texts, verdict: &Verdict) -> Markup {
    let subscription = &verdict.subscription;
    html! {
        p {
            @if subscription.pending { span.badge.warn { (texts.pending) } }
            @else if verdict.wants { span.badge.good { (texts.matches) } }
            @else { span.badge.off { (texts.matches_not) } }
            " " span.faint { (subscription.protocol) } " " code { (subscription.endpoint) }
        }
        @if verdict.conditions.is_empty() {
            p.faint { (texts.no_filter) }
        } @else {
            table.conditions {
                thead { tr { th { (texts.key) } th { (texts.asks) } th { (texts.found) } th { span.hidden { (texts.result) } } } }
                tbody {
                    @for condition in &verdict.conditions {
                        tr class=(if condition.holds { "holds" } else { "fails" }) {
                            td { code { (condition.key) } @if let Some(number) = condition.alternative { " " span.faint { "$or " (number + 1) } } }
                            td { code { (condition.asks) } }
                            td { @match &condition.found { Some(found) => code { (found) }, None => span.faint { (texts.missing) } } }
                            td { @if condition.holds { span title=(texts.matches) { "✓" } } @else { span title=(texts.matches_not) { "✗" } } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use service::views::{Condition, SubscriptionGlance};

    use super::*;
    use crate::texts::ENGLISH;

    #[test]
    fn a_verdict_says_why_not_and_escapes_what_it_shows() {
        let shown = verdict(
            &ENGLISH,
            &Verdict {
                subscription: SubscriptionGlance {
                    arn: "arn".into(),
                    topic: "arn:aws:sns:us-east-1:000000000000:t".parse().unwrap(),
                    protocol: "sqs".into(),
                    endpoint: "<img src=x onerror=alert(1)>".into(),
                    pending: false,
                    raw: false,
                    filter_policy: None,
                    filter_scope: "MessageBody".into(),
                    dead_letter: None,
                },
                wants: false,
                conditions: vec![Condition {
                    key: "kind".into(),
                    asks: r#"["tea"]"#.into(),
                    found: Some(r#""</td><script>""#.into()),
                    holds: false,
                    alternative: None,
                }],
            },
        );
        assert!(!shown.0.contains("<img") && !shown.0.contains("<script"), "{}", shown.0);
        assert!(shown.0.contains(ENGLISH.matches_not) && shown.0.contains("class=\"fails\""), "{}", shown.0);
    }
}
