//! Answers whose bodies stream: a whole service whose protocol lives in a crate of its own (S3), or a single action.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt as _};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use wire::Reply;

use crate::Context;

/// A body that comes piece by piece.
pub type StreamingBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Takes the whole HTTP exchange, credentials already recognised.
pub trait Streaming: Send + Sync + 'static {
    /// Answers a request.
    fn call(
        &self,
        context: Context,
        request: http::Request<StreamingBody>,
    ) -> BoxFuture<'static, http::Response<StreamingBody>>;
}

/// What an action answers.
pub enum Answer {
    /// All of it.
    Whole(Reply),
    /// Its head; the body follows as it comes.
    Stream(Response<StreamingBody>),
}

impl Answer {
    /// Its status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Whole(reply) => reply.status,
            Self::Stream(response) => response.status(),
        }
    }
}

/// A body out of its pieces. Dropping the body drops the stream: the caller has gone away.
pub fn streaming_body(pieces: impl Stream<Item = Bytes> + Send + 'static) -> StreamingBody {
    StreamBody::new(pieces.map(|piece| Ok(http_body::Frame::data(piece)))).boxed_unsync()
}

/// An answer of events, each written by `wire::event_stream`.
pub fn event_stream(events: impl Stream<Item = Bytes> + Send + 'static) -> Response<StreamingBody> {
    let mut response = Response::new(streaming_body(events));
    let content_type = http::HeaderValue::from_static(wire::event_stream::CONTENT_TYPE);
    response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    response
}

/// In a request's extensions: it comes from somebody who looks at what there is, and belongs to no journey.
#[derive(Clone, Copy, Debug)]
pub struct OnlyLooking;
