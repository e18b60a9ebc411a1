//! `konekuta serve`: the server from its start to its end.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use engine::Clock;
use local::{Local, SystemClock};
use server::{Bound, Road};
use service::{Ids, RandomIds, Tasks};
use tokio::signal::unix::{SignalKind, signal};

use konekuta::assembly::{Basis, assemble};

use crate::config::{Config, Durability, Isolation};
use crate::connection::Connection;
use crate::store_actions::{self, Store};
use crate::worker::Worker;
use crate::xray_daemon_setting;

/// Runs the server until it is told to end.
pub(crate) async fn serve(config: Config, partitions: u16) -> anyhow::Result<()> {
    let address = SocketAddr::new(config.host, config.port);
    if !config.host.is_loopback() {
        bail!(
            "{address} is not a loopback address: signatures are not verified yet, so only this machine may connect"
        );
    }
    // What a burst took goes back to the system when it is quiet, too. A supervisor could not have this thread.
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::debug!(%error, "unused memory is given back by later requests only");
    }
    let bound = Bound::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let endpoint = format!("http://{}", bound.local_addr());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let folder = Folder::of(&config)?;
    let local = Local::open(&engine_settings(&config, &folder, partitions), Arc::clone(&clock))?;
    let daemon = xray_daemon_setting::bind(config.xray_daemon, config.port).await?;
    if let Some(daemon) = &daemon {
        tracing::info!(address = %daemon.local_addr(), "segments for X-Ray are taken by UDP");
    }
    let tasks = Tasks::default();
    let ids: Arc<dyn Ids> = Arc::new(RandomIds);
    let basis = Basis {
        local: Arc::clone(&local),
        ids: Arc::clone(&ids),
        clock: Arc::clone(&clock),
        endpoint: endpoint.clone(),
        folder: folder.path.clone(),
        smtp_url: config.smtp_url.clone(),
        sqs: config.sqs,
        sync: config.durability == Durability::Fsync,
        supervisor: Some(PathBuf::from(THIS_PROGRAM)),
        isolation: config.isolation == Isolation::Auto,
        python: config.python.clone(),
        path: config.path.clone(),
        container_variables: config.container_variables.clone(),
        environments_max: config.environments_max,
        mapping_batches_max: config.mapping_batches_max,
        console_hosts: config.console_hosts.clone(),
    };
    // Before anything is recorded.
    let exported = match config.otlp.clone() {
        Some(settings) => {
            let history = Arc::clone(&local) as _;
            Some(
                otlp::start(settings, history, Arc::clone(&clock), &tasks)
                    .await
                    .context("cannot follow the history")?,
            )
        }
        None => None,
    };
    let mut services = assemble(&basis, daemon, &tasks);
    if let Some(figures) = exported {
        figures.register(&mut services.metrics);
    }
    let store = Store { local: Arc::clone(&local), ids: Arc::clone(&ids) };
    services.services.push(store_actions::service(&Arc::new(store)));
    let workers = workers(&config, &endpoint, &clock)?;
    let road = Road::new(services, ids, clock);
    tasks.spawn("listener", bound.serve(road, tasks.stop()));
    tracing::info!(folder = %folder.path.display(), durability = ?config.durability, "the store is open");
    // Before anybody is told: what is told to end then must end in order.
    let ended = ended()?;
    for worker in workers {
        let mut stop = tasks.stop();
        tasks.spawn("worker", async move { worker.keep_running(stop.requested()).await });
    }
    println!("konekuta {} is ready at {endpoint}", env!("CARGO_PKG_VERSION"));
    ended.await;
    tracing::info!("ending: what was accepted goes to disk, functions end");
    // First the services: their running work still needs the engine. Then the engine, which answers waiting receivers.
    if tokio::time::timeout(DRAIN_MAX, tasks.shut_down()).await.is_err() {
        tracing::warn!("some work was cut off; what it had not settled comes back after the next start");
    }
    local.shut_down().await?;
    Ok(())
}

/// The workers of the settings.
fn workers(config: &Config, endpoint: &str, clock: &Arc<dyn Clock>) -> anyhow::Result<Vec<Worker>> {
    let connection = Connection::to(endpoint.to_owned());
    let named = config.workers.clone().into_iter();
    named.map(|(name, worker)| worker.prepare(name, &connection, Arc::clone(clock))).collect()
}

/// As a child finds it, even if the file was replaced meanwhile.
pub(crate) const THIS_PROGRAM: &str = "/proc/self/exe";

/// Running invocations and requests get so long at the end.
const DRAIN_MAX: Duration = Duration::from_secs(15);

fn engine_settings(config: &Config, folder: &Folder, partitions: u16) -> local::Settings {
    let durability = match config.durability {
        Durability::Fsync => local::Durability::Fsync,
        Durability::Relaxed => local::Durability::Relaxed,
        Durability::Memory => local::Durability::Memory,
    };
    local::Settings {
        folder: folder.path.clone(),
        durability,
        partitions,
        history: config.history.clone().limits(),
    }
}

/// The data folder; with `--ephemeral` one that vanishes with the process.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn of(config: &Config) -> anyhow::Result<Self> {
        if !config.ephemeral {
            return Ok(Self { path: whole(&config.data_dir)?, _temporary: None });
        }
        let temporary = tempfile::Builder::new()
            .prefix("konekuta-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        Ok(Self { path: whole(temporary.path())?, _temporary: Some(temporary) })
    }
}

/// The whole way to a folder, which is made if need be: functions have another current folder, and links lead elsewhere
/// in what they see.
fn whole(folder: &Path) -> anyhow::Result<PathBuf> {
    let made = std::fs::create_dir_all(folder).and_then(|()| std::fs::canonicalize(folder));
    made.with_context(|| format!("cannot use {} for data", folder.display()))
}

/// Completes when the process is told to end.
pub(crate) fn ended() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
