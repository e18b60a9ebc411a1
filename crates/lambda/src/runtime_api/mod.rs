//! The Lambda Runtime API: what a function's runtime speaks to get its events and hand over its answers. Each execution
//! environment has a listener of its own on loopback, so that no function reaches another's.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

mod exchange;
mod routes;

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub(crate) use exchange::{Answer, Exchange, Work};

/// Serves one environment until the returned guard is dropped. Answers the address for `AWS_LAMBDA_RUNTIME_API`.
pub(crate) async fn listen(exchange: Arc<Exchange>) -> std::io::Result<(String, Listening)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?.to_string();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        loop {
            // An error concerns one connection that never was.
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            let exchange = Arc::clone(&exchange);
            connections.spawn(async move {
                let answer = service_fn(move |request| routes::answer(Arc::clone(&exchange), request));
                // A runtime that ends breaks its connection; the exit is seen elsewhere.
                let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    Ok((address, Listening(task)))
}

/// Ends the listener and its connections when dropped.
pub(crate) struct Listening(tokio::task::JoinHandle<()>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}
