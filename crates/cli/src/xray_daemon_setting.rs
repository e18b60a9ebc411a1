//! `--xray-daemon`: where the X-Ray daemon's port is.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use anyhow::Context as _;
use konekuta::xray_daemon::Daemon;
use serde::Deserialize;

/// Where X-Ray's SDKs send to unless they are told.
const PORT: u16 = 2000;

/// `off`, or an address of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct XrayDaemonSetting(Option<SocketAddr>);

impl FromStr for XrayDaemonSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let address: SocketAddr = text
            .parse()
            .map_err(|_| format!("{text:?} is neither off nor an address such as 127.0.0.1:2000"))?;
        if !address.ip().is_loopback() {
            return Err(format!(
                "{address} is not a loopback address: the daemon's port knows no signatures"
            ));
        }
        Ok(Self(Some(address)))
    }
}

impl TryFrom<String> for XrayDaemonSetting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Listens where it is set; without a setting at the usual port, or at any other if another program is there or the
/// server itself takes any port: functions are told which.
pub(crate) async fn bind(
    setting: Option<XrayDaemonSetting>,
    server_port: u16,
) -> anyhow::Result<Option<Daemon>> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match setting {
        Some(XrayDaemonSetting(None)) => return Ok(None),
        Some(XrayDaemonSetting(Some(address))) => {
            let bound = Daemon::bind(address).await;
            return bound.map(Some).with_context(|| format!("cannot listen for X-Ray on {address}"));
        }
        None if server_port != 0 => match Daemon::bind(at(PORT)).await {
            Ok(daemon) => return Ok(Some(daemon)),
            Err(error) => tracing::info!(%error, "port {PORT} is not free for the X-Ray daemon's port"),
        },
        None => {}
    }
    Daemon::bind(at(0)).await.map(Some).context("cannot listen for X-Ray")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_or_an_address_of_this_machine() {
        let of = |text: &str| text.parse::<XrayDaemonSetting>().map(|setting| setting.0);
        assert_eq!(of("off"), Ok(None));
        assert_eq!(of("127.0.0.1:0"), Ok(Some("127.0.0.1:0".parse().unwrap())));
        for wrong in ["", "2000", "0.0.0.0:2000", "localhost:2000"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn without_a_setting_another_port_is_taken_where_the_usual_one_is_not_free() {
        let first = bind(None, 4566).await.unwrap().unwrap();
        let second = bind(None, 4566).await.unwrap().unwrap();
        assert_ne!(first.local_addr(), second.local_addr());
        let taken = XrayDaemonSetting(Some(second.local_addr()));
        assert!(bind(Some(taken), 4566).await.is_err(), "what is asked for must be so");
    }
}
