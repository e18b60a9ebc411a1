//! What a function's runtime and its extensions speak: the Lambda Runtime API, the Extensions API, the Telemetry API.
//! Each execution environment has a listener of its own on loopback, so that no function reaches another's.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod exchange;
mod extensions;
mod extensions_routes;
mod routes;
mod telemetry;
mod telemetry_routes;

use std::convert::Infallible;
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub(crate) use exchange::{Answer, Answered, Exchange, Work};
pub(crate) use extensions::{EventType, Extensions, FunctionFacts};
pub(crate) use telemetry::{Kind, Telemetry};

/// One environment's side of the three APIs.
#[derive(Clone)]
pub(crate) struct Apis {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) extensions: Arc<Extensions>,
    pub(crate) telemetry: Arc<Telemetry>,
}

/// Serves one environment until the returned guard is dropped. Answers the address for `AWS_LAMBDA_RUNTIME_API`.
pub(crate) async fn listen(apis: Apis) -> std::io::Result<(String, Listening)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            // An error concerns one connection that never was.
            let Ok((stream, _)) = listener.accept().await else { continue };
            while connections.try_join_next().is_some() {}
            let _ = stream.set_nodelay(true);
            let apis = apis.clone();
            connections.spawn(async move {
                let answer = service_fn(move |request| answer(apis.clone(), request));
                // A runtime that ends breaks its connection; the exit is seen elsewhere.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    Ok((address, Listening(task)))
}

async fn answer(apis: Apis, request: Request<Incoming>) -> Result<routes::Reply, Infallible> {
    let path = request.uri().path().to_owned();
    if let Some(call) = path.strip_prefix("/2018-06-01/runtime/") {
        return Ok(routes::answer(&apis.exchange, call, request).await);
    }
    if let Some(call) = path.strip_prefix("/2020-01-01/extension/") {
        return Ok(extensions_routes::answer(&apis, call, request).await);
    }
    if path.trim_end_matches('/') == "/2022-07-01/telemetry" {
        return Ok(telemetry_routes::answer(&apis, request).await);
    }
    Ok(routes::unknown())
}

/// Ends the listener and its connections when dropped.
pub(crate) struct Listening(tokio::task::JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}
