//! `AWS::SNS::Subscription`.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use template::ResourceValues;

use super::topic::sns;
use super::{as_text, text};
use crate::up::Site;
use crate::up::record::ResourceRecord;

const ATTRIBUTES: [&str; 5] =
    ["FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy", "DeliveryPolicy"];

fn attributes(properties: &Json) -> Vec<(&'static str, String)> {
    ATTRIBUTES.into_iter().filter_map(|name| Some((name, as_text(properties.get(name)?)))).collect()
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let property = |name: &str| text(properties, name).unwrap_or_default().to_owned();
    let mut form = vec![
        ("TopicArn".to_owned(), property("TopicArn")),
        ("Protocol".to_owned(), property("Protocol")),
        ("Endpoint".to_owned(), property("Endpoint")),
        ("ReturnSubscriptionArn".to_owned(), "true".to_owned()),
    ];
    for (number, (name, value)) in (1..).zip(attributes(properties)) {
        form.push((format!("Attributes.entry.{number}.key"), name.to_owned()));
        form.push((format!("Attributes.entry.{number}.value"), value));
    }
    let answer = site.client.query("sns", "2010-03-31", "Subscribe", &form).await?;
    let arn = answer.element("SubscriptionArn").unwrap_or_default();
    Ok(ResourceValues { attributes: BTreeMap::from([("Arn".to_owned(), arn.clone())]), reference: arn })
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    for name in ATTRIBUTES {
        let value = properties.get(name);
        if value == existing.properties.get(name) {
            continue;
        }
        let reset = match name {
            "FilterPolicy" => "{}",
            "FilterPolicyScope" => "MessageAttributes",
            "RawMessageDelivery" => "false",
            _ => "",
        };
        let value = value.map_or_else(|| reset.to_owned(), as_text);
        let arn = existing.values.reference.as_str();
        let parameters =
            [("SubscriptionArn", arn), ("AttributeName", name), ("AttributeValue", value.as_str())];
        sns(site, "SetSubscriptionAttributes", &parameters).await?;
    }
    Ok(())
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    match sns(site, "Unsubscribe", &[("SubscriptionArn", &existing.values.reference)]).await {
        Err(error) if !error.is("NotFound") => Err(error.into()),
        _ => Ok(()),
    }
}
