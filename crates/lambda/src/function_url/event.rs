//! The event that a request to a URL becomes: API Gateway's payload format, version 2.0.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-request-payload>

use aws::timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};
use service::Context;

/// Content types that are text; everything else is handed on in base64.
const TEXTS: [&str; 4] = ["text/", "application/json", "application/javascript", "application/xml"];

/// What is known of a request besides itself.
pub(super) struct About<'a> {
    pub(super) url_id: &'a str,
    pub(super) domain: &'a str,
    /// Without what told the URL.
    pub(super) path: &'a str,
    pub(super) signed: bool,
    pub(super) context: &'a Context,
}

/// The event document.
pub(super) fn event(head: &Parts, body: &Bytes, about: &About<'_>) -> Bytes {
    let query = head.uri.query().unwrap_or_default();
    let context = about.context;
    let user_agent = head.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": percent_decode_str(about.path).decode_utf8_lossy(),
        "rawQueryString": query,
        "headers": headers(&head.headers, context),
        "requestContext": {
            "accountId": if about.signed { context.caller.account.as_str() } else { "anonymous" },
            "apiId": about.url_id,
            "domainName": about.domain,
            "domainPrefix": about.url_id,
            "http": {
                "method": head.method.as_str(),
                "path": about.path,
                "protocol": "HTTP/1.1",
                "sourceIp": context.source_ip,
                "userAgent": user_agent,
            },
            "requestId": context.request_id.to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": timestamp::common_log(context.now.0),
            "timeEpoch": context.now.0,
        },
        "isBase64Encoded": false,
    });
    let cookies = cookies(&head.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    let parameters = parameters(query);
    if !parameters.is_empty() {
        event["queryStringParameters"] = Json::Object(parameters);
    }
    if about.signed {
        event["requestContext"]["authorizer"] = json!({"iam": {
            "accessKey": context.caller.access_key_id,
            "accountId": context.caller.account.as_str(),
            "callerId": context.caller.access_key_id,
            "cognitoIdentity": null,
            "principalOrgId": null,
            "userArn": format!("arn:aws:iam::{}:root", context.caller.account),
            "userId": context.caller.account.as_str(),
        }});
    }
    match text(&head.headers, body) {
        _ if body.is_empty() => {}
        Some(text) => event["body"] = json!(text),
        None => {
            event["body"] = json!(STANDARD.encode(body));
            event["isBase64Encoded"] = json!(true);
        }
    }
    event.to_string().into()
}

/// The body, if it is text.
fn text<'a>(headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
    let is_text = TEXTS.iter().any(|text| content_type.starts_with(text));
    is_text.then(|| std::str::from_utf8(body).ok()).flatten()
}

/// Headers in lower case, several of one name joined by commas; cookies stand elsewhere.
fn headers(given: &HeaderMap, context: &Context) -> Map<String, Json> {
    let mut headers = Map::new();
    for name in given.keys().filter(|name| **name != header::COOKIE && **name != header::CONNECTION) {
        let values = given.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        headers.insert(name.to_string(), json!(values.collect::<Vec<_>>().join(",")));
    }
    headers.insert("x-forwarded-for".to_owned(), json!(context.source_ip));
    headers.insert("x-forwarded-proto".to_owned(), json!("http"));
    let endpoint = context.endpoint.to_string();
    let port = endpoint.rsplit_once(':').map(|(_, port)| port).filter(|port| port.parse::<u16>().is_ok());
    headers.insert("x-forwarded-port".to_owned(), json!(port.unwrap_or("80")));
    headers
}

fn cookies(given: &HeaderMap) -> Vec<String> {
    let values = given.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).map(|cookie| cookie.trim().to_owned()).collect()
}

/// Parameters, several of one name joined by commas.
fn parameters(query: &str) -> Map<String, Json> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut parameters: Map<String, Json> = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name), decode(value));
        match parameters.get_mut(&name) {
            Some(Json::String(known)) => {
                known.push(',');
                known.push_str(&value);
            }
            _ => {
                parameters.insert(name, Json::String(value));
            }
        }
    }
    parameters
}
