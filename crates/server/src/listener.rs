//! The socket: accepted connections, each served until it closes or the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use service::Stop;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::limits;
use crate::road::Road;

/// A listening socket that is not served yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Listens on an address; port 0 takes any free one.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until told to stop; then lets running requests end, for a bounded time.
    pub async fn serve(self, road: Arc<Road>, mut stop: Stop) {
        let graceful = GracefulShutdown::new();
        let connections = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                () = stop.requested() => break,
                accepted = accept(&self.listener, &connections) => accepted,
            };
            let Some((stream, peer, place)) = accepted else { continue };
            let connection = graceful.watch(connection(&road, stream, peer));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%peer, %error, "connection ended early");
                }
                drop(place);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(limits::SHUTDOWN_GRACE, graceful.shutdown()).await.is_err() {
            tracing::info!("requests that still waited were cut off");
        }
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;

/// `None` when the operating system could not accept (out of descriptors): the next try may succeed.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, Place)> {
    let place = Arc::clone(connections).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are small and waited for; a failure here costs some milliseconds only.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::task::yield_now().await;
            None
        }
    }
}

fn connection(
    road: &Arc<Road>,
    stream: TcpStream,
    peer: SocketAddr,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    let road = Arc::clone(road);
    let answer = service_fn(move |request| {
        let road = Arc::clone(&road);
        async move { Ok::<_, std::convert::Infallible>(road.travel(request, peer).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::IDLE_CONNECTION)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), answer)
}
