//! Function URLs: a function as a web site, at a host of its own (`<id>.lambda-url.<region>.…`) and below
//! `/_konekuta/url/<id>/`, for clients that cannot resolve such hosts.
//!
//! Differs from AWS: of `AWS_IAM` the signature must be there and is not verified; everyone of the account may call.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

mod cors;
mod event;
mod response;
mod site;

use aws::{Arn, timestamp};
use engine::Expect;
use serde::{Deserialize, Serialize};
use service::{Endpoint, ServiceError};

use crate::Lambda;
use crate::errors::{constraint, invalid};
use crate::function_name::{FunctionName, LATEST};
use crate::records::{self, Cors, FunctionRecord, FunctionUrl, UrlOwner, url_key};

pub(crate) use site::site;

/// What every URL's path begins with, where it is not told by its host.
const PATH: &str = "/_konekuta/url/";
/// Between a URL's id and its Region.
const HOST: &str = ".lambda-url.";
const MAX_AGE_SECONDS_MAX: u32 = 86_400;

/// The settings that creating and updating share.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Settings {
    auth_type: Option<String>,
    cors: Option<Cors>,
    invoke_mode: Option<String>,
}

impl Settings {
    /// Puts what is given into the record. `ValidationException`, `InvalidParameterValueException`.
    pub(crate) fn apply(self, url: &mut FunctionUrl) -> Result<(), ServiceError> {
        if let Some(auth_type) = self.auth_type {
            url.signed = one_of(&auth_type, "authType", ["NONE", "AWS_IAM"])?;
        }
        if let Some(mode) = self.invoke_mode {
            url.streams = one_of(&mode, "invokeMode", ["BUFFERED", "RESPONSE_STREAM"])?;
        }
        if let Some(cors) = self.cors {
            if cors.max_age.is_some_and(|seconds| seconds > MAX_AGE_SECONDS_MAX) {
                let rule = format!("Member must have value less than or equal to {MAX_AGE_SECONDS_MAX}");
                return Err(constraint(cors.max_age.unwrap_or_default(), "cors.maxAge", &rule));
            }
            if cors.allow_credentials == Some(true) && cors.allow_origins.iter().any(|origin| origin == "*") {
                return Err(invalid(
                    "Cors is not valid: AllowCredentials cannot be true when AllowOrigins contains *.",
                ));
            }
            url.cors = (cors != Cors::default()).then_some(cors);
        }
        Ok(())
    }

    /// `AuthType` is a must when a URL is created.
    pub(crate) fn has_auth_type(&self) -> bool {
        self.auth_type.is_some()
    }
}

/// Whether it is the second of two words.
fn one_of(given: &str, member: &str, words: [&str; 2]) -> Result<bool, ServiceError> {
    let rule = format!("Member must satisfy enum value set: [{}]", words.join(", "));
    let at = words.iter().position(|word| *word == given);
    at.map(|at| at == 1).ok_or_else(|| constraint(given, member, &rule))
}

/// `FunctionUrlConfig`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct FunctionUrlConfig {
    function_url: String,
    function_arn: String,
    auth_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<Cors>,
    creation_time: String,
    /// What is created has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_time: Option<String>,
    invoke_mode: &'static str,
}

impl FunctionUrlConfig {
    /// As AWS shows it.
    pub(crate) fn of(function: &Arn, qualifier: &str, url: &FunctionUrl, endpoint: &Endpoint) -> Self {
        let function_arn =
            if qualifier == LATEST { function.to_string() } else { format!("{function}:{qualifier}") };
        Self {
            function_url: address(function, url, endpoint),
            function_arn,
            auth_type: if url.signed { "AWS_IAM" } else { "NONE" },
            cors: url.cors.clone(),
            creation_time: timestamp::iso_milliseconds(url.created.0),
            last_modified_time: Some(timestamp::iso_milliseconds(url.last_modified.0)),
            invoke_mode: if url.streams { "RESPONSE_STREAM" } else { "BUFFERED" },
        }
    }

    /// As it is shown to who creates it.
    pub(crate) fn created(self) -> Self {
        Self { last_modified_time: None, ..self }
    }
}

/// `http://<id>.lambda-url.<region>.localhost:4566/`. An address of numbers has no hosts below it; `localhost` has.
fn address(function: &Arn, url: &FunctionUrl, endpoint: &Endpoint) -> String {
    let endpoint = endpoint.to_string();
    let authority = endpoint.trim_start_matches("http://");
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (authority, String::new()),
    };
    let is_number = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    let host = if is_number { "localhost" } else { host };
    format!("http://{}{HOST}{}.{host}{port}/", url.id, function.region())
}

/// The alias that is meant, or `$LATEST`: versions have no URLs. `ValidationException`.
pub(crate) fn url_qualifier(name: &FunctionName) -> Result<&str, ServiceError> {
    let qualifier = name.qualifier.as_deref().unwrap_or(LATEST);
    if qualifier.bytes().all(|byte| byte.is_ascii_digit()) {
        let rule =
            "Member must satisfy regular expression pattern: (^\\$LATEST$)|((?!^[0-9]+$)([a-zA-Z0-9-_]+))";
        return Err(constraint(qualifier, "qualifier", rule));
    }
    Ok(qualifier)
}

/// The URL of an alias, or of the function.
pub(crate) fn url_of<'a>(function: &'a FunctionRecord, qualifier: &str) -> Option<&'a FunctionUrl> {
    function.qualified.get(qualifier)?.url.as_ref()
}

impl Lambda {
    /// Writes down whose URL an id is; it counts once the function's record has it too.
    pub(crate) async fn name_url(
        &self,
        id: &str,
        function: &Arn,
        qualifier: &str,
    ) -> Result<(), ServiceError> {
        let owner = UrlOwner { function: function.clone(), qualifier: qualifier.to_owned() };
        self.engine.put(url_key(id), records::encode(&owner), Expect::Anything).await?;
        Ok(())
    }

    /// The id is nobody's any more.
    pub(crate) async fn forget_url(&self, id: &str) -> Result<(), engine::Error> {
        self.engine.delete(url_key(id), Expect::Anything).await
    }
}

#[cfg(test)]
mod tests {
    use engine::Timestamp;

    use super::*;
    use crate::testing::record;

    #[test]
    fn an_address_of_numbers_becomes_localhost() {
        let url = FunctionUrl {
            id: "abc".to_owned(),
            signed: false,
            cors: None,
            streams: false,
            created: Timestamp(0),
            last_modified: Timestamp(0),
        };
        let of = |host: &str| address(&record("f").arn, &url, &Endpoint::of_host(host));
        assert_eq!(of("127.0.0.1:4566"), "http://abc.lambda-url.us-east-1.localhost:4566/");
        assert_eq!(of("[::1]:4566"), "http://abc.lambda-url.us-east-1.localhost:4566/");
        assert_eq!(of("konekuta.example"), "http://abc.lambda-url.us-east-1.konekuta.example/");
    }
}
