//! The one place that names every service and puts them together.

use std::path::PathBuf;
use std::sync::Arc;

use engine::{Clock, Engine, History};
use local::Local;
use server::Services;
use service::{Ids, Ports, Tasks};

use crate::metrics;
use crate::xray_daemon::Daemon;

/// What every service is built on.
pub struct Basis {
    /// The engine.
    pub local: Arc<Local>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where functions and links find this server.
    pub endpoint: String,
    /// The data folder.
    pub folder: PathBuf,
    /// Where mails go; without it they land in the data folder.
    pub smtp_url: Option<String>,
    /// What can be chosen of SQS.
    pub sqs: sqs::Settings,
    /// What is acknowledged survives power loss.
    pub sync: bool,
    /// An interpreter that has `awslambdaric`.
    pub python: Option<PathBuf>,
    /// This very program, to supervise functions.
    pub supervisor: Option<PathBuf>,
    /// Functions live in namespaces of their own where the machine allows it.
    pub isolation: bool,
    /// The search path for interpreters and functions.
    pub path: String,
    /// Variables by which podman and docker find their images and daemons.
    pub container_variables: std::collections::BTreeMap<String, String>,
    /// Invocations at once.
    pub environments_max: usize,
    /// Batches at once of a mapping that does not say how many.
    pub mapping_batches_max: usize,
    /// Names under which the console may be reached besides this machine's own.
    pub console_hosts: Vec<String>,
}

/// What runs functions, as the settings have it.
fn executor_settings(basis: &Basis, daemon: Option<&Daemon>) -> lambda::ExecutorSettings {
    lambda::ExecutorSettings {
        data_dir: basis.folder.clone(),
        python: basis.python.clone(),
        path: basis.path.clone(),
        container_variables: basis.container_variables.clone(),
        supervisor: basis.supervisor.clone(),
        isolation: basis.isolation,
        xray_daemon: daemon.map(Daemon::local_addr),
        environments_max: basis.environments_max,
    }
}

/// Every service over one engine, each with the ports of the others; behind the X-Ray daemon's port, if there is one.
pub fn assemble(basis: &Basis, daemon: Option<Daemon>, tasks: &Tasks) -> Services {
    let ports = Ports::default();
    let engine = || Arc::clone(&basis.local) as Arc<dyn Engine>;
    let (ids, clock) = (|| Arc::clone(&basis.ids), || Arc::clone(&basis.clock));
    let sqs = sqs::Sqs::new(engine(), ids(), basis.sqs);
    ports.offer_queues(Arc::new(sqs::Queues(Arc::clone(&sqs))));
    let sns_settings = sns::Settings {
        endpoint: basis.endpoint.clone(),
        outbox: basis.folder.join("outbox"),
        smtp_url: basis.smtp_url.clone(),
        lenient_policies: basis.sqs.lenient_policies,
    };
    let sns = sns::Sns::new(engine(), ids(), clock(), ports.clone(), sns_settings);
    ports.offer_topics(Arc::new(sns::Topics(Arc::clone(&sns))));
    let s3 = s3::S3::new(engine(), ids(), clock(), ports.clone());
    ports.offer_objects(Arc::new(s3::Objects(Arc::clone(&s3))));
    let settings = logs::Settings { folder: basis.folder.join("logs"), sync: basis.sync };
    let logs = logs::Logs::new(engine(), ids(), clock(), settings);
    ports.offer_logs(Arc::new(logs::LogsPort(Arc::clone(&logs))));
    let executor =
        lambda::Executor::new(executor_settings(basis, daemon.as_ref()), clock(), ids(), ports.clone());
    let lambda = lambda::Lambda::new(lambda::Dependencies {
        engine: engine(),
        ids: ids(),
        clock: clock(),
        ports: ports.clone(),
        executor: Arc::clone(&executor) as _,
        settings: lambda::Settings {
            data_dir: basis.folder.clone(),
            endpoint: basis.endpoint.clone(),
            lenient_policies: basis.sqs.lenient_policies,
            mapping_batches_max: basis.mapping_batches_max,
        },
    });
    ports.offer_functions(Arc::new(lambda::Functions(Arc::clone(&lambda))));
    executor.start(tasks);
    sqs::start(&sqs, &clock(), tasks);
    sns::start(&sns, tasks);
    s3::start(&s3, tasks);
    lambda::start(&lambda, tasks);
    logs::start(&logs, tasks);
    let xray = xray::Xray::new(engine(), ids(), clock());
    if let Some(daemon) = daemon {
        daemon.serve(&xray, Arc::clone(&basis.local) as _, (ids(), clock()), tasks);
    }
    let schedules = schedules::Schedules::new(engine(), ids(), clock(), ports.clone());
    schedules::start(&schedules, tasks);
    let stacks = stacks::Stacks::new(Arc::clone(&basis.local) as _);
    let journeys = journey::Journeys::new(engine(), ids(), clock(), ports.clone());
    let console = console::mount(
        console::Parts {
            services: vec![
                sqs::service(&sqs),
                sns::service(&sns),
                lambda::service(&lambda),
                journey::service(&journeys),
            ],
            s3: s3::service(&s3),
            queues: Arc::new(sqs::Queues(Arc::clone(&sqs))),
            topics: Arc::new(sns::Topics(Arc::clone(&sns))),
            functions: Arc::new(lambda::View {
                lambda: Arc::clone(&lambda),
                executor: Arc::clone(&executor),
            }),
            buckets: Arc::new(s3::Objects(Arc::clone(&s3))),
            outbox: Arc::new(sns::Topics(Arc::clone(&sns))),
            clock: clock(),
            ids: ids(),
        },
        tasks,
    );
    let services = vec![
        sqs::service(&sqs),
        sns::service(&sns),
        lambda::service(&lambda),
        logs::service(&logs),
        schedules::rules_service(&schedules),
        schedules::schedules_service(&schedules),
        sts::service(),
        xray::service(&xray),
        stacks::service(&stacks),
        journey::service(&journeys),
    ];
    let engine = Arc::clone(&basis.local);
    let mut metrics = metrics::of(&basis.local, &sqs, &sns);
    lambda.register(&mut metrics);
    schedules.register(&mut metrics);
    let history = Arc::clone(&basis.local) as Arc<dyn History>;
    Services {
        services,
        streaming: Some(s3::service(&s3)),
        mounts: vec![console],
        health: Box::new(move || engine.failure()),
        metrics,
        history,
        hosts: basis.console_hosts.clone(),
    }
}
