//! The server of these tests: all services on the engine in memory, on a free port, gone with the test.

use std::sync::Arc;

use client::{Client, Settings};
use engine::Clock;
use konekuta::assembly::{Basis, assemble};
use konekuta::xray_daemon::Daemon;
use local::{Durability, Local, SystemClock};
use serde_json::{Value as Json, json};
use server::{Bound, Road};
use service::{Ids, RandomIds, Tasks};

pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) endpoint: String,
    /// Where segments come by UDP.
    pub(crate) xray_daemon: std::net::SocketAddr,
    tasks: Tasks,
    local: Arc<Local>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let ids: Arc<dyn Ids> = Arc::new(RandomIds);
        let settings = local::Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Memory,
            partitions: 2,
            history: Some(local::HistoryLimits::default()),
        };
        let local = Local::open(&settings, Arc::clone(&clock)).unwrap();
        let bound = Bound::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let endpoint = format!("http://{}", bound.local_addr());
        let tasks = Tasks::default();
        let basis = Basis {
            local: Arc::clone(&local),
            ids: Arc::clone(&ids),
            clock: Arc::clone(&clock),
            endpoint: endpoint.clone(),
            folder: folder.path().to_path_buf(),
            smtp_url: None,
            sqs: sqs::Settings::default(),
            sync: false,
            supervisor: None,
            isolation: false,
            python: None,
            path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
            container_variables: std::collections::BTreeMap::new(),
            environments_max: 64,
            mapping_batches_max: 64,
            console_hosts: Vec::new(),
        };
        let daemon = Daemon::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let xray_daemon = daemon.local_addr();
        let road = Road::new(assemble(&basis, Some(daemon), &tasks), ids, Arc::clone(&clock));
        tasks.spawn("listener", bound.serve(road, tasks.stop()));
        let settings = Settings {
            endpoint: endpoint.clone(),
            region: "eu-west-1".to_owned(),
            access_key_id: "111122223333".to_owned(),
            secret_access_key: "any".to_owned(),
        };
        Self { client: Client::new(settings, clock), endpoint, xray_daemon, tasks, local, _folder: folder }
    }

    pub(crate) async fn sqs(&self, action: &str, input: Json) -> Json {
        self.client.json("sqs", &format!("AmazonSQS.{action}"), &input).await.unwrap()
    }

    /// Creates a queue and answers its URL and ARN.
    pub(crate) async fn queue(&self, name: &str) -> (String, String) {
        let answer = self.sqs("CreateQueue", json!({"QueueName": name})).await;
        let url = answer["QueueUrl"].as_str().unwrap().to_owned();
        (url, format!("arn:aws:sqs:eu-west-1:111122223333:{name}"))
    }

    /// Lets a topic or bucket send into a queue.
    pub(crate) async fn allow(&self, queue_arn: &str, principal: &str, source: &str) {
        let statement = json!({
            "Effect": "Allow", "Principal": {"Service": principal}, "Action": "sqs:SendMessage",
            "Resource": queue_arn, "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        });
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let name = queue_arn.rsplit(':').next().unwrap();
        let url = format!("{}/111122223333/{name}", self.endpoint);
        let input = json!({"QueueUrl": url, "Attributes": {"Policy": policy}});
        self.sqs("SetQueueAttributes", input).await;
    }

    /// The body of the next message, waited for.
    pub(crate) async fn next_body(&self, url: &str) -> String {
        let answer = self.sqs("ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 20})).await;
        answer["Messages"][0]["Body"].as_str().expect("a message within 20 seconds").to_owned()
    }

    /// The page that operators look at.
    pub(crate) async fn metrics(&self) -> String {
        let call = client::Call {
            service: "sqs",
            method: http::Method::GET,
            path: "/_konekuta/metrics",
            headers: Vec::new(),
            body: bytes::Bytes::new(),
        };
        self.client.send(call).await.unwrap().text()
    }

    pub(crate) async fn sns(&self, action: &str, parameters: &[(&str, &str)]) -> client::Answer {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.client.query("sns", "2010-03-31", action, &owned).await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.tasks.shut_down().await;
        self.local.shut_down().await.unwrap();
    }
}
