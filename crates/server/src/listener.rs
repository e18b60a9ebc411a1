//! The socket: accepted connections, each served until it closes or the server stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use service::{Stop, StreamingBody};
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
            let activity = Arc::new(Activity::default());
            // In a box: a task would hold it twice, as what it was given and as what it waits for.
            let connection = Box::pin(graceful.watch(connection(&road, stream, peer, &activity)));
            tokio::spawn(async move {
                tokio::select! {
                    biased;
                    ended = connection => if let Err(error) = ended {
                        tracing::debug!(%peer, %error, "connection ended early");
                    },
                    () = activity.ceased() => tracing::debug!(%peer, "an idle connection is closed"),
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

/// Requests of a connection. Counting them costs less than a timer for each.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Activity {
    /// Completes when no request has come or gone for the longest time a connection may idle.
    async fn ceased(&self) {
        let counts = || (self.begun.load(Ordering::Relaxed), self.ended.load(Ordering::Relaxed));
        let mut before = counts();
        loop {
            tokio::time::sleep(limits::IDLE_CONNECTION).await;
            let now = counts();
            if now == before && now.0 == now.1 {
                return;
            }
            before = now;
        }
    }
}

/// A request that has begun; it ends when this is dropped.
struct Running(Arc<Activity>);

impl Running {
    fn begin(activity: Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        Self(activity)
    }

    /// An answer that may take long to write keeps its request running until it is written.
    fn until_written(self, answer: Response<StreamingBody>) -> Response<StreamingBody> {
        if answer.body().size_hint().exact().is_some_and(|bytes| bytes <= limits::SMALL_ANSWER_BYTES) {
            return answer;
        }
        answer.map(|body| {
            body.map_frame(move |frame| {
                let _running = &self;
                frame
            })
            .boxed_unsync()
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
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
    activity: &Arc<Activity>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    let (road, activity) = (Arc::clone(road), Arc::clone(activity));
    let answer = service_fn(move |request| {
        let running = Running::begin(Arc::clone(&activity));
        Arc::clone(&road)
            .travel(request, peer)
            .map(|answer| Ok::<_, std::convert::Infallible>(running.until_written(answer)))
    });
    http1::Builder::new().pipeline_flush(true).serve_connection(TokioIo::new(stream), answer)
}
