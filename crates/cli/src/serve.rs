//! `konekuta serve`: the one place that names every service and puts them together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use engine::{Clock, Engine};
use local::{Local, SystemClock};
use server::{Bound, Road, Services};
use service::{Ids, Ports, RandomIds, Tasks};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Durability};

/// Runs the server until it is told to end.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let address = SocketAddr::new(config.host, config.port);
    if !config.host.is_loopback() {
        bail!(
            "{address} is not a loopback address: signatures are not verified yet, so only this machine may connect"
        );
    }
    let bound = Bound::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let endpoint = format!("http://{}", bound.local_addr());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let folder = Folder::of(&config)?;
    let local = Local::open(&engine_settings(&config, &folder), Arc::clone(&clock))?;
    let tasks = Tasks::default();
    let ids: Arc<dyn Ids> = Arc::new(RandomIds);
    let basis = Parts { local: &local, ids: &ids, clock: &clock, endpoint: &endpoint, folder: &folder.path };
    let services = assemble(&basis, &config, &tasks);
    let road = Road::new(services, ids, clock);
    tasks.spawn("listener", bound.serve(road, tasks.stop()));
    tracing::info!(folder = %folder.path.display(), durability = ?config.durability, "the store is open");
    println!("konekuta {} is ready at {endpoint}", env!("CARGO_PKG_VERSION"));
    ended().await?;
    tracing::info!("ending: what was accepted goes to disk, functions end");
    // First the services: their running work still needs the engine. Then the engine, which answers waiting receivers.
    if tokio::time::timeout(DRAIN_MAX, tasks.shut_down()).await.is_err() {
        tracing::warn!("some work was cut off; what it had not settled comes back after the next start");
    }
    local.shut_down().await?;
    Ok(())
}

/// Running invocations and requests get so long at the end.
const DRAIN_MAX: Duration = Duration::from_secs(15);

/// What every service is built on.
struct Parts<'a> {
    local: &'a Arc<Local>,
    ids: &'a Arc<dyn Ids>,
    clock: &'a Arc<dyn Clock>,
    endpoint: &'a str,
    folder: &'a Path,
}

/// Every service over one engine, each with the ports of the others.
fn assemble(basis: &Parts<'_>, config: &Config, tasks: &Tasks) -> Services {
    let ports = Ports::default();
    let engine = || Arc::clone(basis.local) as Arc<dyn Engine>;
    let (ids, clock) = (|| Arc::clone(basis.ids), || Arc::clone(basis.clock));
    let sqs = sqs::Sqs::new(engine(), ids());
    ports.offer_queues(Arc::new(sqs::Queues(Arc::clone(&sqs))));
    let sns_settings = sns::Settings {
        endpoint: basis.endpoint.to_owned(),
        outbox: basis.folder.join("outbox"),
        smtp_url: config.smtp_url.clone(),
    };
    let sns = sns::Sns::new(engine(), ids(), clock(), ports.clone(), sns_settings);
    ports.offer_topics(Arc::new(sns::Topics(Arc::clone(&sns))));
    let s3 = s3::S3::new(engine(), ids(), clock(), ports.clone());
    ports.offer_objects(Arc::new(s3::Objects(Arc::clone(&s3))));
    let logs = lambda::FunctionLogs::new(basis.folder.join("logs"), clock());
    let executor = lambda::Executor::new(
        lambda::ExecutorSettings {
            data_dir: basis.folder.to_path_buf(),
            python: config.python.clone(),
            path: config.path.clone(),
        },
        clock(),
        ids(),
        Arc::clone(&logs),
    );
    let lambda = lambda::Lambda::new(lambda::Dependencies {
        engine: engine(),
        ids: ids(),
        clock: clock(),
        ports: ports.clone(),
        executor: Arc::clone(&executor) as _,
        settings: lambda::Settings {
            data_dir: basis.folder.to_path_buf(),
            endpoint: basis.endpoint.to_owned(),
        },
    });
    ports.offer_functions(Arc::new(lambda::Functions(Arc::clone(&lambda))));
    executor.start(tasks);
    sns::start(&sns, tasks);
    lambda::start(&lambda, tasks);
    let mut functions = lambda::service(&lambda);
    functions.pages.push(lambda::log_page(&logs));
    let stacks = stacks::Stacks::new(Arc::clone(basis.local) as _);
    let services =
        vec![sqs::service(&sqs), sns::service(&sns), functions, sts::service(), stacks::service(&stacks)];
    Services { services, streaming: Some(s3::service(&s3)) }
}

fn engine_settings(config: &Config, folder: &Folder) -> local::Settings {
    let durability = match config.durability {
        Durability::Fsync => local::Durability::Fsync,
        Durability::Relaxed => local::Durability::Relaxed,
        Durability::Memory => local::Durability::Memory,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let partitions = u16::try_from(cores).unwrap_or(u16::MAX);
    local::Settings { folder: folder.path.clone(), durability, partitions }
}

/// The data folder; with `--ephemeral` one that vanishes with the process.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn of(config: &Config) -> anyhow::Result<Self> {
        if !config.ephemeral {
            return Ok(Self { path: config.data_dir.clone(), _temporary: None });
        }
        let temporary = tempfile::Builder::new()
            .prefix("konekuta-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        Ok(Self { path: temporary.path().to_path_buf(), _temporary: Some(temporary) })
    }
}

/// Completes when the process is told to end.
async fn ended() -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
