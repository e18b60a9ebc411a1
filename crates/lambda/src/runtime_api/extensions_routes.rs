//! The calls of extensions: register, event/next, init/error, exit/error.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::extensions::{EventType, Extensions, Refused};
use super::routes::{Reply, accepted, error, json as reply, text, unknown};
use super::{Apis, Kind};

const IDENTIFIER: &str = "lambda-extension-identifier";
/// A registration or an error document, bytes.
const DOCUMENT_BYTES_MAX: usize = 1 << 20;

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    events: Vec<String>,
}

/// Answers a call below `/2020-01-01/extension/`.
pub(super) async fn answer(apis: &Apis, call: &str, request: Request<Incoming>) -> Reply {
    match (request.method(), call) {
        (&Method::POST, "register") => register(apis, request).await,
        (&Method::GET, "event/next") => match identifier(&request) {
            Ok(identifier) => next(&apis.extensions, &identifier).await,
            Err(refusal) => *refusal,
        },
        (&Method::POST, "init/error" | "exit/error") => match identifier(&request) {
            Ok(identifier) => failed(&apis.extensions, call, &identifier, request).await,
            Err(refusal) => *refusal,
        },
        _ => unknown(),
    }
}

async fn register(apis: &Apis, request: Request<Incoming>) -> Reply {
    let Some(name) = text(request.headers(), "lambda-extension-name").filter(|name| !name.is_empty()) else {
        return error(StatusCode::FORBIDDEN, "Extension.InvalidExtensionName", "Empty extension name");
    };
    let features = text(request.headers(), "lambda-extension-accept-feature").unwrap_or_default();
    let Ok(registration) = serde_json::from_slice::<Registration>(&document(request).await) else {
        return error(StatusCode::BAD_REQUEST, "InvalidRequestFormat", "the body is no registration");
    };
    let mut events = Vec::new();
    for event in &registration.events {
        match EventType::parse(event) {
            Some(known) => events.push(known),
            None => return error(StatusCode::FORBIDDEN, "Extension.InvalidEventType", event),
        }
    }
    let identifier = Uuid::new_v4().to_string();
    if let Err(refused) = apis.extensions.register(identifier.clone(), name.clone(), events) {
        return refusal(refused);
    }
    let facts = &apis.extensions.function;
    let mut answer = json!({
        "functionName": facts.name, "functionVersion": facts.version, "handler": facts.handler,
    });
    if features.split(',').any(|feature| feature.trim() == "accountId") {
        answer["accountId"] = Json::from(facts.account.as_str());
    }
    apis.telemetry.emit(
        Kind::Platform,
        "platform.extension",
        || json!({"name": name, "state": "Registered", "events": registration.events}),
    );
    let mut reply = reply(StatusCode::OK, &answer);
    set(&mut reply, IDENTIFIER, &identifier);
    reply
}

async fn next(extensions: &Extensions, identifier: &str) -> Reply {
    match extensions.next(identifier).await {
        Ok(Some(event)) => {
            let mut reply = reply(StatusCode::OK, &event);
            set(&mut reply, "lambda-extension-event-identifier", &Uuid::new_v4().to_string());
            reply
        }
        Ok(None) => error(StatusCode::GONE, "Gone", "the environment has ended"),
        Err(refused) => refusal(refused),
    }
}

async fn failed(extensions: &Extensions, call: &str, identifier: &str, request: Request<Incoming>) -> Reply {
    let Some(kind) = text(request.headers(), "lambda-extension-function-error-type") else {
        let message = "Lambda-Extension-Function-Error-Type is missing";
        return error(StatusCode::FORBIDDEN, "Extension.MissingHeader", message);
    };
    let phase = if call == "init/error" { "Extension.InitError" } else { "Extension.ExitError" };
    tracing::debug!(kind, phase, "an extension reports an error");
    match extensions.fail(identifier, phase.to_owned(), document(request).await) {
        Ok(()) => accepted(),
        Err(refused) => refusal(refused),
    }
}

/// Who calls.
fn identifier(request: &Request<Incoming>) -> Result<String, Box<Reply>> {
    let refuse = |kind, message| Err(Box::new(error(StatusCode::FORBIDDEN, kind, message)));
    match text(request.headers(), IDENTIFIER) {
        None => refuse("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"),
        Some(identifier) if Uuid::parse_str(&identifier).is_err() => {
            refuse("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
        }
        Some(identifier) => Ok(identifier),
    }
}

async fn document(request: Request<Incoming>) -> Bytes {
    let body = Limited::new(request.into_body(), DOCUMENT_BYTES_MAX).collect().await;
    body.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

fn refusal(refused: Refused) -> Reply {
    let (kind, message) = match refused {
        Refused::Closed => ("Extension.RegistrationClosed", "Extension registration closed already"),
        Refused::Registered => ("Extension.AlreadyRegistered", "Extension with this name already registered"),
        Refused::TooMany => ("Extension.TooManyExtensions", "Extension limit (10) reached"),
        Refused::ShutdownOfInternal => (
            "ShutdownEventNotSupportedForInternalExtension",
            "Internal extensions may register for INVOKE only",
        ),
        Refused::UnknownIdentifier => ("Extension.UnknownExtensionIdentifier", "Unknown extension"),
    };
    error(StatusCode::FORBIDDEN, kind, message)
}

fn set(reply: &mut Reply, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers_mut().insert(name, value);
    }
}
