//! What a function's answer becomes: payload format 2.0, or the answer itself.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// The head of an answer, and in the buffered mode its body.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Formatted {
    status_code: Option<Json>,
    #[serde(default)]
    headers: Option<Map<String, Json>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<Json>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

/// The response of a buffered answer; `None`: it cannot be read as one.
pub(super) fn buffered(payload: Bytes) -> Option<Response<Bytes>> {
    let document: Json = serde_json::from_slice(&payload).ok()?;
    if document.get("statusCode").is_none() {
        let mut response = Response::new(payload);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        return Some(response);
    }
    let formatted: Formatted = serde_json::from_value(document).ok()?;
    let body = match &formatted.body {
        None | Some(Json::Null) => Bytes::new(),
        Some(Json::String(text)) if formatted.is_base64_encoded == Some(true) => {
            STANDARD.decode(text).ok()?.into()
        }
        Some(Json::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(other) => other.to_string().into(),
    };
    let (status, headers) = formatted.head()?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

impl Formatted {
    /// Status and headers; JSON where no content type is named.
    pub(super) fn head(&self) -> Option<(StatusCode, HeaderMap)> {
        let code = match &self.status_code {
            None => 200,
            Some(Json::Number(number)) => number.as_u64()?,
            Some(Json::String(text)) => text.parse().ok()?,
            Some(_) => return None,
        };
        let status = StatusCode::from_u16(u16::try_from(code).ok()?).ok()?;
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers.iter().flatten() {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let text = match value {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            };
            if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
                headers.insert(name, HeaderValue::from_str(&text).ok()?);
            }
        }
        for cookie in self.cookies.iter().flatten() {
            headers.append(header::SET_COOKIE, HeaderValue::from_str(cookie).ok()?);
        }
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        Some((status, headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(payload: &str) -> Option<(u16, String, String)> {
        let response = buffered(Bytes::copy_from_slice(payload.as_bytes()))?;
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        Some((response.status().as_u16(), kind, String::from_utf8(response.body().to_vec()).unwrap()))
    }

    #[test]
    fn an_answer_without_a_status_is_the_body() {
        let json = |status: u16, body: &str| Some((status, "application/json".to_owned(), body.to_owned()));
        assert_eq!(answer(r#"{"a":1}"#), json(200, r#"{"a":1}"#));
        assert_eq!(answer(r#""Hello""#), json(200, r#""Hello""#));
        assert_eq!(answer(r#"{"statusCode":404,"body":"no"}"#), json(404, "no"));
        assert_eq!(answer(r#"{"statusCode":200,"body":"aGk=","isBase64Encoded":true}"#), json(200, "hi"));
    }

    #[test]
    fn headers_and_cookies_are_set() {
        let payload = r#"{"statusCode":201,"headers":{"Content-Type":"text/html","X-A":1},"cookies":["a=1","b=2"],
                         "body":"<p>"}"#;
        let response = buffered(Bytes::from_static(payload.as_bytes())).unwrap();
        assert_eq!(response.headers()["content-type"], "text/html");
        assert_eq!(response.headers()["x-a"], "1");
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
    }

    #[test]
    fn what_cannot_be_a_response_is_none() {
        for wrong in [
            "",
            "no json",
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":20000}"#,
            r#"{"statusCode":200,"headers":1}"#,
        ] {
            assert_eq!(answer(wrong), None, "{wrong}");
        }
    }
}
