//! The server's settings: flag, environment variable, file, default, in that order; resolved once.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::history_setting::{HistorySetting, KeySetting};
use crate::worker;
use crate::xray_daemon_setting::XrayDaemonSetting;

const FILE: &str = "konekuta.toml";

/// What an acknowledgement promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Durability {
    /// Survives power loss.
    Fsync,
    /// Survives the end of the process; may lose the last 20 ms at power loss.
    Relaxed,
    /// Survives nothing.
    Memory,
}

/// How far functions are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Isolation {
    /// Namespaces of their own where the machine allows it.
    Auto,
    /// Processes of their own, no more.
    Off,
}

/// Run the server: SNS, SQS, S3 and Lambda on one endpoint.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Settings {
    /// Address to listen on.
    #[arg(long, env = "KONEKUTA_HOST")]
    host: Option<IpAddr>,
    /// Port to listen on; 0 takes any free one.
    #[arg(long, env = "KONEKUTA_PORT")]
    port: Option<u16>,
    /// Folder in which everything is kept.
    #[arg(long, env = "KONEKUTA_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Keep everything in a temporary folder that vanishes with the process.
    #[arg(long, env = "KONEKUTA_EPHEMERAL", num_args = 0..=1, default_missing_value = "true")]
    ephemeral: Option<bool>,
    /// What an acknowledgement promises.
    #[arg(long, env = "KONEKUTA_DURABILITY")]
    durability: Option<Durability>,
    /// Where mails go: `smtp://[user:password@]host:port` or `smtps://…`; without it they land in the data folder.
    #[arg(long, env = "KONEKUTA_SMTP_URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// Let the name of a deleted queue be free again after 60 seconds only, as at AWS.
    #[arg(long, env = "KONEKUTA_QUEUE_DELETED_RECENTLY", num_args = 0..=1, default_missing_value = "true")]
    queue_deleted_recently: Option<bool>,
    /// Keep queues' policies without enforcing them: topics and buckets may send into every queue.
    #[arg(long, env = "KONEKUTA_LENIENT_POLICIES", num_args = 0..=1, default_missing_value = "true")]
    lenient_policies: Option<bool>,
    /// How much of what happened is kept: `off`, an age, a size, or both, whichever is reached first (`24h,1GiB`).
    #[arg(long, env = "KONEKUTA_HISTORY")]
    history: Option<HistorySetting>,
    /// Where X-Ray's SDKs send segments, by UDP, and ask for sampling rules: an address of this machine, or `off`;
    /// 127.0.0.1:2000, or any other port if that is taken.
    #[arg(long, env = "KONEKUTA_XRAY_DAEMON")]
    xray_daemon: Option<XrayDaemonSetting>,
    /// Where journeys are exported to as OpenTelemetry traces, by OTLP over HTTP: `http://127.0.0.1:4318`.
    #[arg(long, env = "KONEKUTA_OTLP")]
    otlp: Option<String>,
    /// A header of every export, `name=value`; may be repeated.
    #[arg(long = "otlp-header", env = "KONEKUTA_OTLP_HEADER", value_delimiter = ',', hide_env_values = true)]
    #[serde(rename = "otlp-header")]
    otlp_headers: Vec<String>,
    /// Where messages have a key by which their journeys are found: a JSON path (`order.id`), of one queue or topic with
    /// its name before it (`orders=order.id`); may be repeated. The tag `konekuta:key` of a queue or topic does the same.
    #[arg(long = "key", env = "KONEKUTA_KEY", value_delimiter = ',')]
    #[serde(rename = "key")]
    keys: Vec<KeySetting>,
    /// A Python interpreter that has `awslambdaric` and `boto3`, for Python functions.
    #[arg(long, env = "KONEKUTA_PYTHON")]
    python: Option<PathBuf>,
    /// A name under which the console and all else below `/_konekuta/` may be reached besides this machine's own (behind a
    /// proxy); may be repeated.
    #[arg(long = "console-host", env = "KONEKUTA_CONSOLE_HOST", value_delimiter = ',')]
    #[serde(rename = "console-host")]
    console_hosts: Vec<String>,
    /// How far functions are kept apart from the machine and from each other.
    #[arg(long, env = "KONEKUTA_ISOLATION")]
    isolation: Option<Isolation>,
    /// Invocations of functions at once, of all functions together: more are throttled; 512.
    #[arg(long, env = "KONEKUTA_ENVIRONMENTS_MAX", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    environments_max: Option<u32>,
    /// Batches of an event source mapping at once where it sets neither `MaximumConcurrency` nor provisioned pollers; 64.
    /// AWS goes to 1,250.
    #[arg(long, env = "KONEKUTA_MAPPING_BATCHES_MAX", value_parser = clap::value_parser!(u32).range(1..=1250))]
    mapping_batches_max: Option<u32>,
    /// Commands that the server keeps running with the environment that functions have, by their names.
    #[arg(skip)]
    workers: BTreeMap<String, worker::Settings>,
    /// File with these settings; `konekuta.toml` in the working folder if there is one.
    #[arg(long, env = "KONEKUTA_CONFIG")]
    #[serde(skip)]
    config: Option<PathBuf>,
}

/// The settings, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) data_dir: PathBuf,
    pub(crate) ephemeral: bool,
    pub(crate) durability: Durability,
    pub(crate) smtp_url: Option<String>,
    pub(crate) sqs: sqs::Settings,
    pub(crate) history: HistorySetting,
    pub(crate) xray_daemon: Option<XrayDaemonSetting>,
    pub(crate) otlp: Option<otlp::Settings>,
    pub(crate) python: Option<PathBuf>,
    pub(crate) isolation: Isolation,
    pub(crate) environments_max: usize,
    pub(crate) mapping_batches_max: usize,
    pub(crate) console_hosts: Vec<String>,
    pub(crate) workers: BTreeMap<String, worker::Settings>,
    /// The search path for interpreters and functions.
    pub(crate) path: String,
    /// Variables by which podman and docker find their images and daemons.
    pub(crate) container_variables: BTreeMap<String, String>,
}

impl Settings {
    /// Reads the file, if there is one, and fills in defaults.
    pub(crate) fn resolve(self) -> anyhow::Result<Config> {
        let named = self.config.clone();
        let path = named.as_deref().unwrap_or(Path::new(FILE));
        let file = match std::fs::read_to_string(path) {
            Ok(text) => parse(&text).with_context(|| format!("in {}", path.display()))?,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        self.over(file)
    }

    fn over(self, file: Self) -> anyhow::Result<Config> {
        let keys = if self.keys.is_empty() { &file.keys } else { &self.keys };
        let history = self.history.or(file.history).unwrap_or_default().with_keys(keys);
        let headers = if self.otlp_headers.is_empty() { file.otlp_headers } else { self.otlp_headers };
        let otlp = otlp(self.otlp.or(file.otlp).as_deref(), &headers, history.clone())?;
        Ok(Config {
            otlp,
            host: self.host.or(file.host).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            port: self.port.or(file.port).unwrap_or(4566),
            data_dir: self.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from(".konekuta")),
            ephemeral: self.ephemeral.or(file.ephemeral).unwrap_or(false),
            durability: self.durability.or(file.durability).unwrap_or(Durability::Fsync),
            smtp_url: self.smtp_url.or(file.smtp_url),
            sqs: sqs::Settings {
                queue_deleted_recently: self
                    .queue_deleted_recently
                    .or(file.queue_deleted_recently)
                    .unwrap_or(false),
                lenient_policies: self.lenient_policies.or(file.lenient_policies).unwrap_or(false),
            },
            history,
            xray_daemon: self.xray_daemon.or(file.xray_daemon),
            python: self.python.or(file.python),
            isolation: self.isolation.or(file.isolation).unwrap_or(Isolation::Auto),
            console_hosts: if self.console_hosts.is_empty() {
                file.console_hosts
            } else {
                self.console_hosts
            },
            environments_max: bound(self.environments_max, file.environments_max, 512),
            mapping_batches_max: bound(self.mapping_batches_max, file.mapping_batches_max, 64),
            workers: file.workers,
            path: search_path(),
            container_variables: container_variables(),
        })
    }
}

/// How many of something: none at all would be no server.
fn bound(flag: Option<u32>, file: Option<u32>, default: usize) -> usize {
    flag.or(file).and_then(|most| usize::try_from(most.max(1)).ok()).unwrap_or(default)
}

/// Where journeys are exported to. There must be some.
fn otlp(
    url: Option<&str>,
    headers: &[String],
    history: HistorySetting,
) -> anyhow::Result<Option<otlp::Settings>> {
    let Some(url) = url.filter(|url| !url.is_empty()) else { return Ok(None) };
    if history.limits().is_none() {
        bail!("--otlp exports what --history keeps, and that is off");
    }
    let endpoint = url.parse().map_err(anyhow::Error::msg).context("--otlp")?;
    let headers = headers.iter().map(|header| header.parse().map_err(anyhow::Error::msg));
    let headers = headers.collect::<anyhow::Result<_>>().context("--otlp-header")?;
    Ok(Some(otlp::Settings { endpoint, headers }))
}

/// The variables that this program was started with: what a worker gets besides those of functions.
#[allow(clippy::disallowed_methods, reason = "the environment is read here only")]
pub(crate) fn inherited() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The server's own search path: the one thing that functions inherit.
#[allow(clippy::disallowed_methods, reason = "settings are resolved here")]
fn search_path() -> String {
    std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".to_owned())
}

/// What podman and docker find their images, daemons and settings by. Functions do not see them.
const CONTAINER_VARIABLES: [&str; 12] = [
    "CONTAINERS_CONF",
    "CONTAINERS_REGISTRIES_CONF",
    "CONTAINERS_STORAGE_CONF",
    "CONTAINER_HOST",
    "DBUS_SESSION_BUS_ADDRESS",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
];

#[allow(clippy::disallowed_methods, reason = "settings are resolved here")]
fn container_variables() -> BTreeMap<String, String> {
    let named = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    CONTAINER_VARIABLES.iter().filter_map(named).collect()
}

fn parse(text: &str) -> anyhow::Result<Settings> {
    Ok(toml::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let file = parse("port = 1\ndata-dir = \"/d\"\ndurability = \"memory\"").unwrap();
        let flags = Settings { port: Some(2), ..Settings::default() };
        let config = flags.over(file).unwrap();
        assert_eq!(
            (config.port, config.data_dir, config.durability),
            (2, PathBuf::from("/d"), Durability::Memory)
        );
        assert_eq!(Settings::default().over(Settings::default()).unwrap().port, 4566);
        let keys = parse("key = [\"order.id\", \"orders=customer\"]").unwrap();
        let history = Settings::default().over(keys).unwrap().history.limits().unwrap();
        assert_eq!(history.words.len(), 2);
    }

    #[test]
    fn an_export_needs_a_url_and_a_history() {
        let resolved = |text: &str| Settings::default().over(parse(text).unwrap());
        let config = resolved("otlp = \"http://h:4318\"\notlp-header = [\"k=v\"]").unwrap();
        assert_eq!(config.otlp.unwrap().headers.len(), 1);
        for wrong in [
            "otlp = \"h\"",
            "otlp = \"http://h\"\nhistory = \"off\"",
            "otlp = \"http://h\"\notlp-header = [\"k\"]",
        ] {
            assert!(resolved(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn workers_stand_in_the_file() {
        let file =
            parse("[workers.consumer]\ncommand = [\"python3\", \"consumer.py\"]\nenvironment = {A = \"b\"}");
        let workers = Settings::default().over(file.unwrap()).unwrap().workers;
        assert_eq!(workers.keys().collect::<Vec<_>>(), ["consumer"]);
        assert!(parse("[workers.consumer]\ncomand = []").is_err());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(parse("prot = 1").unwrap_err().to_string().contains("prot"));
    }
}
