//! The one call of the Telemetry API: a subscription.

use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::json;

use super::routes::{Reply, error, text, unknown};
use super::telemetry::{Buffering, Destination};
use super::{Apis, Kind};

const SUBSCRIPTION_BYTES_MAX: usize = 64 << 10;
const SCHEMA_VERSIONS: [&str; 3] = ["2022-07-01", "2022-12-13", "2025-01-29"];
/// Names under which extensions know this machine.
const HOSTS: [&str; 4] = ["sandbox.localdomain", "sandbox", "localhost", "127.0.0.1"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    #[serde(default)]
    schema_version: Option<String>,
    types: Vec<String>,
    #[serde(default)]
    buffering: Asked,
    destination: Target,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    max_items: Option<u32>,
    max_bytes: Option<u32>,
    timeout_ms: Option<u32>,
}

#[derive(Deserialize)]
struct Target {
    protocol: String,
    #[serde(rename = "URI")]
    uri: Option<String>,
    port: Option<u16>,
}

/// Answers `PUT /2022-07-01/telemetry`.
pub(super) async fn answer(apis: &Apis, request: Request<Incoming>) -> Reply {
    if request.method() != Method::PUT {
        return unknown();
    }
    let identifier = text(request.headers(), "lambda-extension-identifier").unwrap_or_default();
    let Some(name) = apis.extensions.name_of(&identifier) else {
        let message = "Unknown Lambda-Extension-Identifier";
        return error(StatusCode::FORBIDDEN, "Extension.UnknownExtensionIdentifier", message);
    };
    let body = Limited::new(request.into_body(), SUBSCRIPTION_BYTES_MAX).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let (types, kinds, buffering, destination) = match parse(&body) {
        Ok(parsed) => parsed,
        Err(message) => return error(StatusCode::BAD_REQUEST, "ValidationError", &message),
    };
    if !apis.telemetry.subscribe(kinds, buffering, destination) {
        let message = "Telemetry API subscription is closed already";
        return error(StatusCode::FORBIDDEN, "Telemetry.SubscriptionClosed", message);
    }
    apis.telemetry.emit(
        Kind::Platform,
        "platform.telemetrySubscription",
        || json!({"name": name, "state": "Subscribed", "types": types}),
    );
    Response::new(Full::new(bytes::Bytes::from_static(b"\"OK\"")))
}

type Parsed = (Vec<String>, Vec<Kind>, Buffering, Destination);

fn parse(body: &[u8]) -> Result<Parsed, String> {
    let asked: Subscription = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if let Some(version) = asked.schema_version.filter(|version| !SCHEMA_VERSIONS.contains(&&**version)) {
        return Err(format!("schemaVersion {version} is not one of {}", SCHEMA_VERSIONS.join(", ")));
    }
    let kinds: Option<Vec<Kind>> = asked.types.iter().map(|name| Kind::parse(name)).collect();
    let kinds = kinds.filter(|kinds| !kinds.is_empty()).ok_or("types: platform, function, extension")?;
    let within = |given: Option<u32>, default: u32, range: std::ops::RangeInclusive<u32>, name: &str| {
        let value = given.unwrap_or(default);
        if range.contains(&value) {
            return Ok(value);
        }
        Err(format!("{name} must be between {} and {}", range.start(), range.end()))
    };
    let items_max = within(asked.buffering.max_items, 10_000, 1000..=10_000, "maxItems")?;
    let bytes_max = within(asked.buffering.max_bytes, 262_144, 262_144..=1_048_576, "maxBytes")?;
    let timeout = within(asked.buffering.timeout_ms, 1000, 25..=30_000, "timeoutMs")?;
    let buffering = Buffering {
        items_max: items_max as usize,
        bytes_max: bytes_max as usize,
        timeout: Duration::from_millis(timeout.into()),
    };
    Ok((asked.types, kinds, buffering, destination(&asked.destination)?))
}

fn destination(target: &Target) -> Result<Destination, String> {
    match target.protocol.as_str() {
        "TCP" => {
            target.port.map(|port| Destination::Tcp { port }).ok_or_else(|| "a port is missing".to_owned())
        }
        "HTTP" => {
            let uri: http::Uri =
                target.uri.as_deref().unwrap_or_default().parse().map_err(|_| "URI is not one".to_owned())?;
            let host = uri.host().unwrap_or_default();
            if uri.scheme_str() != Some("http") || !HOSTS.contains(&host) {
                return Err("URI must be http://sandbox.localdomain:PORT".to_owned());
            }
            let port = uri.port_u16().unwrap_or(80);
            let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
            Ok(Destination::Http { port, path })
        }
        other => Err(format!("protocol {other} is not HTTP or TCP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_held_to_awss_ranges() {
        let body = |buffering: &str, uri: &str| {
            format!(
                r#"{{"schemaVersion":"2022-12-13","types":["platform","function"],"buffering":{buffering},
                "destination":{{"protocol":"HTTP","URI":"{uri}"}}}}"#
            )
        };
        let (_, kinds, buffering, destination) =
            parse(body("{\"timeoutMs\":25}", "http://sandbox.localdomain:8080/x").as_bytes()).unwrap();
        assert_eq!(kinds, [Kind::Platform, Kind::Function]);
        assert_eq!((buffering.items_max, buffering.timeout), (10_000, Duration::from_millis(25)));
        assert_eq!(destination, Destination::Http { port: 8080, path: "/x".into() });
        for (buffering, uri) in [
            ("{\"maxItems\":999}", "http://sandbox:1"),
            ("{\"timeoutMs\":24}", "http://sandbox:1"),
            ("{}", "http://example.com:1"),
            ("{}", "https://sandbox:1"),
        ] {
            assert!(parse(body(buffering, uri).as_bytes()).is_err(), "{buffering} {uri}");
        }
    }
}
