//! The HTTP exchange: protection first, then routes.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use maud::{Markup, html};
use service::{Context, Streaming, StreamingBody};

use crate::ask::{Ask, Form, LANGUAGE_COOKIE};
use crate::page::{Section, View, page};
use crate::trouble::Trouble;
use crate::{Console, PREFIX, assets, deeds, limits, live, objects, protection, screens};

/// Answers everything below the prefix.
pub(crate) struct Front(pub(crate) Arc<Console>);

impl Streaming for Front {
    fn call(
        &self,
        context: Context,
        request: Request<StreamingBody>,
    ) -> BoxFuture<'static, Response<StreamingBody>> {
        let console = Arc::clone(&self.0);
        Box::pin(async move {
            let mut response = answer(&console, context, request).await;
            protection::protect(response.headers_mut());
            response
        })
    }
}

async fn answer(
    console: &Arc<Console>,
    context: Context,
    request: Request<StreamingBody>,
) -> Response<StreamingBody> {
    let (head, body) = request.into_parts();
    let ask = Ask::of(&head, context);
    let pieces: Vec<&str> = ask.path.iter().map(String::as_str).collect();
    match (head.method.clone(), pieces.as_slice()) {
        (Method::GET | Method::HEAD, []) => redirect(&format!("{PREFIX}/map")),
        (Method::GET, ["static", version, name]) => asset(version, name),
        (Method::GET, ["live"]) => live::answer(console, &ask),
        (Method::GET, ["language", tag @ ("en" | "ja")]) => language(&head, tag),
        (Method::GET, ["download", bucket, ..]) => {
            objects::download(console, &ask, bucket, &ask.path[2..].join("/")).await
        }
        (Method::PUT, ["upload", bucket, ..]) => {
            let given = head.headers.get(protection::TOKEN_HEADER).and_then(|value| value.to_str().ok());
            if !protection::is_token(console, given.unwrap_or_default()) {
                return plain(StatusCode::FORBIDDEN, "The form's token is not this server's.");
            }
            let key = ask.path[2..].join("/");
            notice(objects::upload(console, &ask, bucket, &key, &head, body).await)
        }
        (Method::GET, _) => screen(console, &ask).await,
        (Method::POST, ["do", deed]) => form(console, &ask, deed, &head, body).await,
        _ => plain(StatusCode::METHOD_NOT_ALLOWED, "The console has no such form."),
    }
}

async fn screen(console: &Console, ask: &Ask) -> Response<StreamingBody> {
    match screens::show(console, ask).await {
        Ok(view) => hypertext(StatusCode::OK, page(ask, &console.token, &view)),
        Err(trouble) => {
            let texts = ask.texts();
            let title = if matches!(trouble, Trouble::NotFound(_)) { texts.not_found } else { texts.failed };
            let view = View { live: html! { (trouble.notice()) }, ..View::new(Section::Map, title) };
            hypertext(trouble.status(), page(ask, &console.token, &view))
        }
    }
}

/// A form's answer is a piece of a page, which the script puts beside the form; without the script it is the page.
async fn form(
    console: &Arc<Console>,
    ask: &Ask,
    deed: &str,
    head: &Parts,
    body: StreamingBody,
) -> Response<StreamingBody> {
    let body = match objects::beginning(body, limits::FORM_BYTES_MAX + 1).await {
        Ok(body) if body.len() <= limits::FORM_BYTES_MAX => body,
        _ => return plain(StatusCode::PAYLOAD_TOO_LARGE, "The form is larger than 4 MiB."),
    };
    let form = Form::parse(&body);
    let in_header = head.headers.get(protection::TOKEN_HEADER).and_then(|value| value.to_str().ok());
    if !protection::is_token(console, in_header.unwrap_or_else(|| form.value("token"))) {
        return plain(StatusCode::FORBIDDEN, "The form's token is not this server's: load the page again.");
    }
    let done = deeds::run(console, ask, deed, &form).await;
    if in_header.is_some() {
        return notice(done);
    }
    let (status, shown) = match done {
        Ok(shown) => (StatusCode::OK, shown),
        Err(trouble) => (trouble.status(), trouble.notice()),
    };
    let view = View { live: shown, ..View::new(Section::Map, ask.texts().done) };
    hypertext(status, page(ask, &console.token, &view))
}

fn notice(done: Result<Markup, Trouble>) -> Response<StreamingBody> {
    match done {
        Ok(shown) => hypertext(StatusCode::OK, shown),
        Err(trouble) => hypertext(trouble.status(), trouble.notice()),
    }
}

fn language(head: &Parts, tag: &str) -> Response<StreamingBody> {
    let referrer =
        head.headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let back = referrer.find(PREFIX).map_or("/_konekuta/map", |at| &referrer[at..]);
    let mut response = redirect(back);
    let cookie = format!("{LANGUAGE_COOKIE}={tag}; Path={PREFIX}; Max-Age=31536000; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn asset(version: &str, name: &str) -> Response<StreamingBody> {
    let Some(asset) = assets::find(version, name) else {
        return plain(StatusCode::NOT_FOUND, "There is no such file.");
    };
    let mut response = body(StatusCode::OK, asset.content_type, Bytes::from_static(asset.content.as_bytes()));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, forever);
    response
}

fn redirect(to: &str) -> Response<StreamingBody> {
    let mut response = plain(StatusCode::SEE_OTHER, "");
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(header::LOCATION, to);
    }
    response
}

fn hypertext(status: StatusCode, markup: Markup) -> Response<StreamingBody> {
    body(status, "text/html; charset=utf-8", markup.into_string().into())
}

/// An answer without a page.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<StreamingBody> {
    body(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

/// Any answer; browsers keep none of it.
pub(crate) fn body(
    status: StatusCode,
    content_type: &'static str,
    content: Bytes,
) -> Response<StreamingBody> {
    let mut response = Response::new(Full::new(content).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
