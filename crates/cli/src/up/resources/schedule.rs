//! `AWS::Scheduler::Schedule`.

use std::collections::BTreeMap;

use anyhow::Context as _;
use http::Method;
use serde_json::{Value as Json, json};
use template::ResourceValues;

use super::text;
use crate::up::Site;
use crate::up::record::ResourceRecord;

const NAME_MAX: usize = 64;

/// The API's form: moments in seconds, numbers as numbers.
fn input(properties: &Json) -> anyhow::Result<Json> {
    let mut input = properties.clone();
    for name in ["StartDate", "EndDate"] {
        if let Some(given) = text(properties, name) {
            let moment = aws::timestamp::parse_iso(given);
            let moment =
                moment.with_context(|| format!("{name} {given} is no moment like 2026-01-01T00:00:00Z"))?;
            input[name] = json!(moment / 1000);
        }
    }
    for path in [
        "/FlexibleTimeWindow/MaximumWindowInMinutes",
        "/Target/RetryPolicy/MaximumRetryAttempts",
        "/Target/RetryPolicy/MaximumEventAgeInSeconds",
    ] {
        if let Some(value) = input.pointer_mut(path) {
            *value = super::number(value);
        }
    }
    Ok(input)
}

pub(super) async fn create(site: &Site, properties: &Json) -> anyhow::Result<ResourceValues> {
    let name = text(properties, "Name").map_or_else(|| site.generated_name(NAME_MAX), str::to_owned);
    let (path, input) = (format!("/schedules/{name}"), input(properties)?);
    let mut made = site.client.rest("scheduler", Method::POST, &path, Some(&input)).await;
    if made.as_ref().is_err_and(|error| error.is("ConflictException")) {
        made = site.client.rest("scheduler", Method::PUT, &path, Some(&input)).await;
    }
    let arn = text(&made?, "ScheduleArn").unwrap_or_default().to_owned();
    Ok(ResourceValues { reference: name, attributes: BTreeMap::from([("Arn".to_owned(), arn)]) })
}

pub(super) async fn update(site: &Site, existing: &ResourceRecord, properties: &Json) -> anyhow::Result<()> {
    let path = format!("/schedules/{}", existing.values.reference);
    site.client.rest("scheduler", Method::PUT, &path, Some(&input(properties)?)).await?;
    Ok(())
}

pub(super) async fn delete(site: &Site, existing: &ResourceRecord) -> anyhow::Result<()> {
    let path = format!("/schedules/{}", existing.values.reference);
    super::gone(site.client.rest("scheduler", Method::DELETE, &path, None).await)
}
