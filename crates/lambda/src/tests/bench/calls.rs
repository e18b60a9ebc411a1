//! Requests as they come over the wire.

use aws::TraceHeader;
use bytes::Bytes;
use serde_json::Value as Json;
use service::{Context, Method, Reply};
use wire::{Protocol, Request};

use super::Bench;

impl Bench {
    /// A request as it comes over the wire.
    pub(in crate::tests) async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.send_in(self.context(), method, target, headers, body).await
    }

    /// The same in other circumstances.
    pub(in crate::tests) async fn send_in(
        &self,
        context: Context,
        method: Method,
        target: &str,
        headers: &[(&'static str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let service = crate::service(&self.lambda);
        let (action, rest, path_members) = service
            .actions
            .iter()
            .filter_map(|action| {
                let rest = action.rest.filter(|rest| rest.method == method)?;
                let has = |(name, value): (&str, &str)| query.contains(&format!("{name}={value}"));
                let fits = rest.query_literal.is_none_or(has);
                fits.then_some((action, rest, members(rest.path, path)?))
            })
            .max_by_key(|(_, rest, _)| rest.query_literal.is_some())
            .expect("an action lives there");
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let request = Request {
            protocol: Protocol::RestJson(rest),
            action: action.name,
            path_members,
            query: query.to_owned(),
            headers: map,
            body: body.into(),
        };
        let trace =
            request.headers.get("x-amzn-trace-id").and_then(|value| TraceHeader::parse(value.to_str().ok()?));
        match action.call(Context { trace, ..context }, request).await {
            Ok(service::Answer::Whole(reply)) => reply,
            Ok(service::Answer::Stream(streamed)) => {
                let (head, body) = streamed.into_parts();
                let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
                Reply { status: head.status, headers: head.headers, body }
            }
            Err((protocol, error)) => {
                if let Some(detail) = &error.detail {
                    eprintln!("internal: {detail}");
                }
                protocol.encode_fault("id", &error.fault())
            }
        }
    }

    /// A page of the service's own.
    pub(in crate::tests) async fn page(&self, path: &str) -> Reply {
        let service = crate::service(&self.lambda);
        let page = service.pages.iter().find(|page| path.starts_with(page.path_prefix)).expect("a page");
        let request =
            service::PageRequest { path: path.to_owned(), query: String::new(), context: self.context() };
        (page.answer)(request).await
    }

    pub(in crate::tests) async fn json(&self, method: Method, target: &str, body: &Json) -> (u16, Json) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.send(method, target, &[], body).await;
        let answer =
            if reply.body.is_empty() { Json::Null } else { serde_json::from_slice(&reply.body).unwrap() };
        (reply.status.as_u16(), answer)
    }

    pub(in crate::tests) async fn get(&self, target: &str) -> (u16, Json) {
        self.json(Method::Get, target, &Json::Null).await
    }

    pub(in crate::tests) async fn post(&self, target: &str, body: &Json) -> (u16, Json) {
        self.json(Method::Post, target, body).await
    }

    pub(in crate::tests) async fn put(&self, target: &str, body: &Json) -> (u16, Json) {
        self.json(Method::Put, target, body).await
    }

    pub(in crate::tests) async fn delete(&self, target: &str) -> (u16, Json) {
        self.json(Method::Delete, target, &Json::Null).await
    }
}

fn members(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.trim_end_matches('/').split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut members = Vec::new();
    for (part, given) in template.into_iter().zip(path) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => members.push((name, given.to_owned())),
            None if part == given => {}
            None => return None,
        }
    }
    Some(members)
}
