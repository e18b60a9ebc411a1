//! The daemon's UDP port: a line that says how the rest is written, then a segment document, as X-Ray's SDKs send them.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon>

use std::sync::Arc;

use serde::Deserialize;
use service::Stop;
use tokio::net::UdpSocket;

use crate::Xray;

/// What UDP can carry.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// The first line.
#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Takes datagrams until it is told to end. Nobody hears of one that is wrong, as at AWS: the log does.
pub async fn receive(xray: Arc<Xray>, socket: UdpSocket, mut stop: Stop) {
    if !xray.keeps_traces() {
        tracing::warn!("segments that come to the X-Ray daemon's port are dropped: the history is off");
    }
    let mut datagram = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let received = tokio::select! {
            () = stop.requested() => return,
            received = socket.recv_from(&mut datagram) => received,
        };
        match received {
            Ok((length, from)) => {
                if let Err(reason) = take(&xray, &datagram[..length]) {
                    tracing::debug!(%from, reason, "a datagram for X-Ray is dropped");
                }
            }
            // The next one may come: errors of UDP concern one datagram.
            Err(error) => {
                tracing::debug!(%error, "cannot receive a datagram for X-Ray");
                tokio::task::yield_now().await;
            }
        }
    }
}

/// One datagram.
fn take(xray: &Xray, datagram: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(datagram).map_err(|error| error.to_string())?;
    let (header, document) = text.split_once('\n').ok_or("it has no header line")?;
    let header: Header = serde_json::from_str(header).map_err(|error| error.to_string())?;
    if header.format != "json" || header.version != 1 {
        return Err(format!("format {:?}, version {} is not known", header.format, header.version));
    }
    xray.put(document.trim()).map(drop).map_err(|rejected| rejected.message())
}
