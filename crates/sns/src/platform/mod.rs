//! Platform applications and their endpoints, for push notifications: kept as resources with AWS's rules.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-mobile-application-as-subscriber.html>

pub(crate) mod application_attributes;
pub(crate) mod endpoint_attributes;

use aws::Arn;
use engine::RecordKey;
use serde::{Deserialize, Serialize};
use service::ServiceError;
use sha2::{Digest as _, Sha256};

use crate::records::Attributes;
use crate::{Sns, errors};

/// The notification services that AWS knows.
pub(crate) const PLATFORMS: [&str; 11] = [
    "ADM",
    "APNS",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "BAIDU",
    "GCM",
    "MACOS",
    "MACOS_SANDBOX",
    "MPNS",
    "WNS",
];

/// A platform application. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApplicationRecord {
    pub(crate) version: u32,
    pub(crate) arn: Arn,
    pub(crate) attributes: Attributes,
}

/// A platform endpoint. Version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointRecord {
    pub(crate) version: u32,
    pub(crate) arn: Arn,
    pub(crate) attributes: Attributes,
}

impl ApplicationRecord {
    pub(crate) fn is_enabled(&self) -> bool {
        self.attributes.get("Enabled").is_none_or(|value| value == "true")
    }
}

impl EndpointRecord {
    pub(crate) fn is_enabled(&self) -> bool {
        self.attributes.get("Enabled").is_none_or(|value| value == "true")
    }

    pub(crate) fn token(&self) -> &str {
        self.attributes.get("Token").map(String::as_str).unwrap_or_default()
    }
}

const APPLICATIONS: &str = "sns/platform-application/";

pub(crate) fn application_key(arn: &Arn) -> RecordKey {
    RecordKey::new(format!("{APPLICATIONS}{arn}"))
}

pub(crate) fn applications_of(region: &str, account: &str) -> String {
    format!("{APPLICATIONS}arn:aws:sns:{region}:{account}:")
}

/// Endpoints of an application.
pub(crate) fn endpoints_of(application: &Arn) -> String {
    format!("sns/platform-endpoint/{application}/")
}

pub(crate) fn endpoint_key(application: &Arn, id: &str) -> RecordKey {
    RecordKey::new(format!("{}{id}", endpoints_of(application)))
}

/// Which endpoint of an application has a token.
pub(crate) fn tokens_of(application: &Arn) -> String {
    format!("sns/platform-endpoint-token/{application}/")
}

pub(crate) fn token_key(application: &Arn, token: &str) -> RecordKey {
    RecordKey::new(format!("{}{}", tokens_of(application), hex::encode(Sha256::digest(token))))
}

/// An application's ARN as a caller gave it.
pub(crate) fn application_arn(text: &str) -> Result<Arn, ServiceError> {
    let wrong = |reason: &str| errors::invalid(&format!("PlatformApplicationArn Reason: {reason}"));
    let arn: Arn = text.parse().map_err(|error: aws::ArnError| wrong(&error.to_string()))?;
    match arn.resource().split('/').collect::<Vec<_>>().as_slice() {
        ["app", _, _] if arn.service() == "sns" => Ok(arn),
        _ => Err(wrong("Wrong number of slashes in relative portion of the ARN.")),
    }
}

/// An endpoint's ARN as a caller gave it: the ARN, that of its application, its platform and its id.
pub(crate) struct EndpointArn {
    pub(crate) application: Arn,
    pub(crate) platform: String,
    pub(crate) id: String,
}

impl EndpointArn {
    pub(crate) fn parse(text: &str, parameter: &str) -> Result<Self, ServiceError> {
        let wrong = |reason: &str| errors::invalid(&format!("{parameter} Reason: {reason}"));
        let arn: Arn = text.parse().map_err(|error: aws::ArnError| wrong(&error.to_string()))?;
        match arn.resource().split('/').collect::<Vec<_>>().as_slice() {
            ["endpoint", platform, name, id] if arn.service() == "sns" => {
                let resource = format!("app/{platform}/{name}");
                let application = Arn::new("sns", arn.region(), arn.account(), &resource);
                Ok(Self { application, platform: (*platform).to_owned(), id: (*id).to_owned() })
            }
            _ => Err(wrong("Wrong number of slashes in relative portion of the ARN.")),
        }
    }

    pub(crate) fn key(&self) -> RecordKey {
        endpoint_key(&self.application, &self.id)
    }
}

pub(crate) fn no_such_application() -> ServiceError {
    ServiceError::new(&errors::NOT_FOUND, "PlatformApplication does not exist")
}

pub(crate) fn no_such_endpoint() -> ServiceError {
    ServiceError::new(&errors::NOT_FOUND, "Endpoint does not exist")
}

impl Sns {
    pub(crate) async fn application(&self, arn: &Arn) -> Result<ApplicationRecord, ServiceError> {
        let record = self.record(&application_key(arn)).await?;
        record.map(|(record, _)| record).ok_or_else(no_such_application)
    }

    pub(crate) async fn endpoint(&self, arn: &EndpointArn) -> Result<Option<EndpointRecord>, ServiceError> {
        Ok(self.record(&arn.key()).await?.map(|(record, _)| record))
    }
}

#[cfg(test)]
mod tests;
