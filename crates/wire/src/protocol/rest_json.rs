//! restJson1: members in path, query, headers and body.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>

mod de;
mod ser;

use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::{Binding, Reply, Request, Rest, reply, set};
use crate::{DecodeError, Fault};
use de::{Members, Source};

const CONTENT_TYPE: &str = "application/json";

pub(super) fn decode<T: DeserializeOwned>(rest: &Rest, request: &Request) -> Result<T, DecodeError> {
    let mut members: Vec<(String, Source)> = Vec::new();
    if let Some(member) = rest.payload {
        members.push((member.to_owned(), Source::Bytes(request.body.clone())));
    } else {
        let body = body_members(&request.body)?;
        members.extend(body.into_iter().map(|(name, value)| (name, Source::Json(value))));
    }
    let bound = |name: &str| rest.query.iter().chain(rest.headers).any(|binding| binding.member == name);
    members
        .retain(|(name, _)| !bound(name) && !request.path_members.iter().any(|(member, _)| *member == name));
    for (member, text) in &request.path_members {
        members.push(((*member).to_owned(), Source::Texts(vec![text.clone()])));
    }
    for binding in rest.query {
        let texts = query_values(&request.query, binding);
        if !texts.is_empty() {
            members.push((binding.member.to_owned(), Source::Texts(texts)));
        }
    }
    for binding in rest.headers {
        if let Some(text) = request.headers.get(binding.name).and_then(|value| value.to_str().ok()) {
            members.push((binding.member.to_owned(), Source::Texts(vec![text.to_owned()])));
        }
    }
    T::deserialize(Members(members)).map_err(|error| super::aws_json::from_json_error(&error))
}

fn body_members(body: &[u8]) -> Result<Map<String, Json>, DecodeError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|error| DecodeError::Malformed(error.to_string()))
}

fn query_values(query: &str, binding: &Binding) -> Vec<String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| decode(name) == binding.name)
        .map(|(_, value)| decode(value))
        .collect()
}

pub(super) fn encode<T: Serialize>(rest: &Rest, request_id: &str, output: &T) -> Reply {
    let parts = ser::split(rest, output).expect("shapes have text keys and finite numbers");
    let status = parts.status.unwrap_or(rest.status);
    let body = match parts.payload {
        Some(payload) => payload,
        None if status == 204 || rest.output_payload.is_some() => Bytes::new(),
        None => Json::Object(parts.body).to_string().into(),
    };
    let mut reply = reply(status, if status == 204 { "" } else { CONTENT_TYPE }, request_id, body);
    for (name, value) in parts.headers {
        set(&mut reply.headers, name, &value);
    }
    reply
}

pub(super) fn encode_fault(request_id: &str, fault: &Fault) -> Reply {
    let kind = if fault.sender { "User" } else { "Server" };
    let mut document = Map::new();
    document.insert("Type".to_owned(), Json::String(kind.to_owned()));
    document.insert("Message".to_owned(), Json::String(fault.message.clone()));
    document
        .extend(fault.members.iter().map(|(name, value)| ((*name).to_owned(), Json::String(value.clone()))));
    let mut reply = reply(fault.status, CONTENT_TYPE, request_id, Json::Object(document).to_string().into());
    let shape = fault.shape.rsplit('#').next().unwrap_or_default();
    set(&mut reply.headers, "x-amzn-errortype", shape);
    reply
}

#[cfg(test)]
mod tests;
