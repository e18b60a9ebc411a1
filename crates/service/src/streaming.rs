//! Services whose protocol lives in a crate of its own and whose bodies stream (S3).

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::combinators::UnsyncBoxBody;

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
