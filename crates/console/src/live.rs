//! A page's middle, sent anew whenever it has changed: server-sent events, one stream a page that is looked at.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use service::{Stop, StreamingBody};
use tokio::sync::OwnedSemaphorePermit;

use crate::ask::Ask;
use crate::limits::{REDRAW_EVERY, STILL_THERE_EVERY};
use crate::{Console, screens};

struct Stream {
    console: Arc<Console>,
    ask: Ask,
    /// The digest of what was sent last.
    sent: Option<u32>,
    stop: Stop,
    _place: OwnedSemaphorePermit,
}

/// Answers with a stream, or that there are too many.
pub(crate) fn answer(console: &Arc<Console>, ask: &Ask) -> Response<StreamingBody> {
    let Ok(place) = Arc::clone(&console.streams).try_acquire_owned() else {
        return crate::front::plain(StatusCode::SERVICE_UNAVAILABLE, "Too many pages are open.");
    };
    let stream = Stream {
        console: Arc::clone(console),
        ask: ask.at(ask.value("path")),
        sent: None,
        stop: console.stop.clone(),
        _place: place,
    };
    let events = stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok(http_body::Frame::data(event)), stream))
    });
    let mut response = Response::new(StreamBody::new(events).boxed_unsync());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl Stream {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        for _ in 0..STILL_THERE_EVERY {
            if self.sent.is_some() {
                tokio::select! {
                    () = tokio::time::sleep(REDRAW_EVERY) => {}
                    () = self.stop.requested() => return None,
                }
            }
            let drawn = match screens::show(&self.console, &self.ask).await {
                Ok(view) => view.live,
                Err(trouble) => trouble.notice(),
            };
            let digest = crc32fast::hash(drawn.0.as_bytes());
            if self.sent.replace(digest) != Some(digest) {
                return Some(event(&drawn.0));
            }
        }
        Some(Bytes::from_static(b": still there\n\n"))
    }
}

/// Each line of an event's text begins with its field's name.
fn event(text: &str) -> Bytes {
    let mut event = String::with_capacity(text.len() + 64);
    event.push_str("event: drawn\n");
    for line in text.replace("\r\n", "\n").split(['\n', '\r']) {
        event.extend(["data: ", line, "\n"]);
    }
    event.push('\n');
    event.into()
}

#[cfg(test)]
mod tests {
    use super::event;

    #[test]
    fn no_line_of_a_text_can_become_a_field() {
        assert_eq!(event("a\r\nb"), "event: drawn\ndata: a\ndata: b\n\n");
        assert_eq!(event("a\nevent: x\r\rb"), "event: drawn\ndata: a\ndata: event: x\ndata: \ndata: b\n\n");
    }
}
