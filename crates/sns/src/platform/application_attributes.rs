//! Attributes of a platform application.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html>

use aws::Arn;
use service::ServiceError;

use crate::errors;
use crate::records::Attributes;

const KNOWN: [&str; 12] = [
    "PlatformCredential",
    "PlatformPrincipal",
    "EventEndpointCreated",
    "EventEndpointDeleted",
    "EventEndpointUpdated",
    "EventDeliveryFailure",
    "SuccessFeedbackRoleArn",
    "FailureFeedbackRoleArn",
    "SuccessFeedbackSampleRate",
    "ApplePlatformTeamID",
    "ApplePlatformBundleID",
    "Enabled",
];
/// Never shown.
const SECRET: [&str; 2] = ["PlatformCredential", "PlatformPrincipal"];

fn wrong(reason: &str) -> ServiceError {
    errors::invalid(&format!("Attributes Reason: {reason}"))
}

/// Checks what is given on create: services other than GCM need both halves of the credentials.
pub(crate) fn check_new(platform: &str, given: &Attributes) -> Result<(), ServiceError> {
    check(given)?;
    let has = |name: &str| given.get(name).is_some_and(|value| !value.is_empty());
    match (has("PlatformPrincipal"), has("PlatformCredential")) {
        (_, true) if platform == "GCM" => Ok(()),
        (true, true) => Ok(()),
        (true, false) => Err(wrong("PlatformPrincipal attribute provided without PlatformCredential")),
        (false, true) => Err(wrong("PlatformCredential attribute provided without PlatformPrincipal")),
        (false, false) => Err(wrong("PlatformCredential attribute required")),
    }
}

/// Checks names and values.
pub(crate) fn check(given: &Attributes) -> Result<(), ServiceError> {
    if given.is_empty() {
        return Err(errors::invalid("Attributes Reason: cannot be empty"));
    }
    given.iter().try_for_each(|(name, value)| check_one(name, value))
}

fn check_one(name: &str, value: &str) -> Result<(), ServiceError> {
    if !KNOWN.contains(&name) {
        return Err(wrong(&format!("Invalid attribute name: {name}")));
    }
    let is_arn_of = |service: &str| value.parse::<Arn>().is_ok_and(|arn| arn.service() == service);
    let fits = match name {
        "EventEndpointCreated" | "EventEndpointDeleted" | "EventEndpointUpdated" | "EventDeliveryFailure" => {
            value.is_empty() || is_arn_of("sns")
        }
        "SuccessFeedbackRoleArn" | "FailureFeedbackRoleArn" => value.is_empty() || is_arn_of("iam"),
        "SuccessFeedbackSampleRate" => value.parse::<u8>().is_ok_and(|percent| percent <= 100),
        "Enabled" => matches!(value, "true" | "false"),
        _ => true,
    };
    if fits { Ok(()) } else { Err(wrong(&format!("Invalid value for attribute: {name}: {value}"))) }
}

/// As they are shown: without the credentials.
pub(crate) fn shown(attributes: &Attributes) -> Attributes {
    let mut all = attributes.clone();
    all.retain(|name, value| !SECRET.contains(&name.as_str()) && !value.is_empty());
    all.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
    all
}
