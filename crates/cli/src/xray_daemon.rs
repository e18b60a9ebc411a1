//! The X-Ray daemon's port: segments by UDP, sampling rules and targets over HTTP, as X-Ray's SDKs expect both at one
//! address.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use engine::{Clock, History};
use prometheus_client::registry::Registry;
use server::{Bound, Road, Services};
use service::{Ids, Tasks};
use tokio::net::UdpSocket;
use xray::Xray;

/// Ports that are tried where any will do: one may be free for UDP and taken for TCP.
const TRIES: usize = 20;

/// Both sockets, not served yet.
pub struct Daemon {
    segments: UdpSocket,
    sampling: Bound,
    address: SocketAddr,
}

impl Daemon {
    /// Listens on an address; port 0 takes one that is free for both.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let mut tries = if address.port() == 0 { TRIES } else { 1 };
        loop {
            tries -= 1;
            match Self::bind_once(address).await {
                Err(error) if tries > 0 && error.kind() == io::ErrorKind::AddrInUse => {}
                bound => return bound,
            }
        }
    }

    async fn bind_once(address: SocketAddr) -> io::Result<Self> {
        let segments = UdpSocket::bind(address).await?;
        let address = segments.local_addr()?;
        Ok(Self { segments, sampling: Bound::bind(address).await?, address })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves both until the end: of HTTP, X-Ray's actions and nothing else.
    pub(crate) fn serve(
        self,
        xray: &Arc<Xray>,
        history: Arc<dyn History>,
        (ids, clock): (Arc<dyn Ids>, Arc<dyn Clock>),
        tasks: &Tasks,
    ) {
        let services = Services {
            services: vec![xray::service(xray)],
            streaming: None,
            mounts: Vec::new(),
            health: Box::new(|| None),
            metrics: Registry::default(),
            history,
            hosts: Vec::new(),
        };
        let road = Road::new(services, ids, clock);
        tasks.spawn("xray-daemon-sampling", self.sampling.serve(road, tasks.stop()));
        tasks.spawn("xray-daemon", xray::daemon::receive(Arc::clone(xray), self.segments, tasks.stop()));
    }
}
