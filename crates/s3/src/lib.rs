//! S3: buckets and objects over the engine's registry and blobs. The protocol is s3s's; what it does not do for requests
//! that are signed and not verified stands in `front.rs` and `aws_chunked.rs`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>

mod aws_chunked;
mod digest;
mod event_outbox;
mod front;
mod hops;
mod host;
mod limits;
mod notifications;
mod operations;
mod ports;
mod records;
mod store;
#[cfg(test)]
mod testing;
mod version_id;
mod versions;
mod view;
mod wording;

use std::sync::Arc;

use engine::{Clock, Engine};
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use s3s::service::{S3Service, S3ServiceBuilder};
use service::{Context, Ids, Ports, Streaming, StreamingBody, Tasks};

use event_outbox::EventOutbox;

pub use operations::operations;
pub use ports::Objects;

/// The service's state. Buckets and objects live in the engine.
pub struct S3 {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ports: Ports,
    pub(crate) outbox: EventOutbox,
}

impl S3 {
    /// Over an engine and the other services' ports.
    pub fn new(engine: Arc<dyn Engine>, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>, ports: Ports) -> Arc<Self> {
        Arc::new(Self { engine, ids, clock, ports, outbox: EventOutbox::default() })
    }
}

/// Starts what happens without a request.
pub fn start(s3: &Arc<S3>, tasks: &Tasks) {
    tasks.spawn("s3-events", event_outbox::run(Arc::clone(s3), tasks.stop()));
}

/// The service as the server takes it.
pub fn service(state: &Arc<S3>) -> Arc<dyn Streaming> {
    let mut builder = S3ServiceBuilder::new(operations::Operations(Arc::clone(state)));
    builder.set_host(host::AnyHost);
    Arc::new(Face { service: builder.build(), s3: Arc::clone(state) })
}

struct Face {
    service: S3Service,
    s3: Arc<S3>,
}

impl Streaming for Face {
    fn call(
        &self,
        context: Context,
        request: http::Request<StreamingBody>,
    ) -> BoxFuture<'static, http::Response<StreamingBody>> {
        let (service, s3) = (self.service.clone(), Arc::clone(&self.s3));
        Box::pin(async move {
            let (calling, now) = (s3.calling(&context, &request), s3.clock.now());
            let describes = front::asks(request.uri().query().unwrap_or_default(), "attributes");
            let request_id = context.request_id;
            let response = match front::prepare(context, request, now) {
                Ok(request) => {
                    let response = service.call(request).await.unwrap_or_else(|error| {
                        tracing::error!(?error, "S3 could not answer");
                        front::internal_error()
                    });
                    let response = wording::worded(response);
                    let response = if describes { wording::with_bare_e_tag(response) } else { response };
                    s3.tell_called(calling, &response);
                    response
                }
                Err(refused) => *refused,
            };
            wording::identified(response, request_id).map(|body| body.map_err(Into::into).boxed_unsync())
        })
    }
}
