//! Real processes: small bootstraps in Python's standard library that speak the Runtime API.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;

use aws::{AccountId, Region, RequestId};
use bytes::Bytes;
use local::SystemClock;
use serde_json::Value as Json;
use service::RandomIds;
use service::ports::{LogEvent, LogPort, LogStream, PortError};

use super::*;
use crate::execution::FunctionError;
use crate::logging_config::LoggingConfig;

/// Polls for events and calls `handle(event, request_id)`, whose answer it posts.
const RUNTIME: &str = r#"#!/usr/bin/env python3
import http.client, json, os, subprocess, sys, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None):
    connection = http.client.HTTPConnection(api)
    connection.request(method, "/2018-06-01/runtime/" + path, body)
    return connection.getresponse()
def handle(event, request_id):
    what = event.get("do")
    if what == "crash": os._exit(3)
    if what == "exit": sys.exit(0)
    if what == "hang": time.sleep(60)
    if what == "fork":
        child = subprocess.Popen(["sleep", "60"])
        print("child", child.pid, flush=True)
        time.sleep(60)
    if what == "garbage": return "this is no JSON"
    if what == "big": return "x" * 7000000
    if what == "print": print("hello from", request_id, flush=True)
    if what == "wrong": print("status", call("POST", "invocation/nonsense/response", "{}").status, flush=True)
    return json.dumps({"pid": os.getpid(), "event": event, "env": dict(os.environ)})
"#;
const LOOP: &str = r#"
while True:
    answer = call("GET", "invocation/next")
    request_id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    event = json.loads(answer.read())
    if event.get("do") == "error":
        call("POST", "invocation/%s/error" % request_id, json.dumps({"errorMessage": "no", "errorType": "Oops"}))
    else:
        call("POST", "invocation/%s/response" % request_id, handle(event, request_id))
"#;

struct Bench {
    folder: tempfile::TempDir,
    executor: Arc<Executor>,
    lines: Arc<Lines>,
}

/// What was logged.
#[derive(Default)]
struct Lines(Mutex<Vec<(Arc<LogStream>, LogEvent)>>);

impl LogPort for Lines {
    fn write(&self, stream: Arc<LogStream>, events: Vec<LogEvent>) -> BoxFuture<'_, Result<(), PortError>> {
        let mut lines = self.0.lock().unwrap();
        lines.extend(events.into_iter().map(|event| (Arc::clone(&stream), event)));
        Box::pin(std::future::ready(Ok(())))
    }

    fn tail(&self, _: LogStream, _: usize) -> BoxFuture<'_, Result<Vec<LogEvent>, PortError>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let (ports, lines) = (Ports::default(), Arc::new(Lines::default()));
    ports.offer_logs(Arc::clone(&lines) as _);
    let settings = ExecutorSettings {
        data_dir: folder.path().to_path_buf(),
        python: None,
        path: std::env::join_paths(["/usr/local/bin", "/usr/bin", "/bin"]).unwrap().into_string().unwrap(),
        container_variables: BTreeMap::new(),
        supervisor: None,
        isolation: false,
        xray_daemon: Some("127.0.0.1:2".parse().unwrap()),
        environments_max: 3,
    };
    let executor = Executor::new(settings, clock, Arc::new(RandomIds), ports);
    Bench { folder, executor, lines }
}

impl Bench {
    /// Completes when a line with this text is logged.
    async fn logged(&self, text: &str) {
        while !self.lines.0.lock().unwrap().iter().any(|(_, line)| line.message.contains(text)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn function(&self, bootstrap: &str, timeout_seconds: u32, revision: u64) -> Arc<FunctionSpec> {
        let code = self.folder.path().join(format!("code-{revision}"));
        std::fs::create_dir_all(&code).unwrap();
        if !bootstrap.is_empty() {
            let path = code.join("bootstrap");
            std::fs::write(&path, bootstrap).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Arc::new(FunctionSpec {
            arn: "arn:aws:lambda:eu-west-1:111122223333:function:f".parse().unwrap(),
            version_arn: "arn:aws:lambda:eu-west-1:111122223333:function:f:$LATEST".parse().unwrap(),
            name: "f".into(),
            version: "$LATEST".into(),
            runtime: "provided.al2023".into(),
            handler: String::new(),
            timeout_seconds,
            memory_mb: 128,
            ephemeral_storage_mb: 512,
            environment: BTreeMap::from([("OWN".to_owned(), "yes".to_owned())]),
            code,
            layers: Vec::new(),
            image: None,
            logging: LoggingConfig::default(),
            revision,
            region: Region::parse("eu-west-1").unwrap(),
            account: AccountId::parse("111122223333").unwrap(),
            role: String::new(),
            endpoint: "http://127.0.0.1:1".into(),
        })
    }

    async fn invoke(&self, spec: &Arc<FunctionSpec>, event: &str) -> (Json, Option<FunctionError>, String) {
        let invocation =
            Invocation::of(RequestId(RandomIds.uuid()), Bytes::copy_from_slice(event.as_bytes()), None);
        let outcome = self.executor.invoke(Arc::clone(spec), invocation).await.unwrap();
        let payload = serde_json::from_slice(&outcome.payload)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(&outcome.payload).into_owned()));
        (payload, outcome.function_error, String::from_utf8(outcome.log_tail.to_vec()).unwrap())
    }
}

fn runtime() -> String {
    format!("{RUNTIME}{LOOP}")
}

mod extensions;
mod runtime_api;

#[tokio::test]
async fn an_environment_is_reused_and_sees_aws_variables_and_nothing_of_ours() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let (first, error, log) = bench.invoke(&spec, "{\"do\":\"print\"}").await;
    assert_eq!(error, None);
    assert!(
        log.contains("START RequestId: ") && log.contains("hello from") && log.contains("Init Duration"),
        "{log}"
    );
    let (second, _, log) = bench.invoke(&spec, "{}").await;
    assert_eq!(first["pid"], second["pid"], "warm");
    assert!(!log.contains("hello from") && !log.contains("Init Duration"), "{log}");
    let env = &second["env"];
    assert_eq!(
        (&env["OWN"], &env["AWS_REGION"], &env["AWS_ACCESS_KEY_ID"]),
        (&"yes".into(), &"eu-west-1".into(), &"111122223333".into())
    );
    assert_eq!(env["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
    assert_eq!(env["AWS_XRAY_DAEMON_ADDRESS"], "127.0.0.1:2");
    assert!(env.get("CARGO_MANIFEST_DIR").is_none(), "nothing of the server's own environment");
    let lines = bench.lines.0.lock().unwrap();
    let (stream, line) = lines.iter().find(|(_, line)| line.message.starts_with("hello from")).unwrap();
    assert_eq!((stream.group.as_str(), line.request_id.is_some()), ("/aws/lambda/f", true));
    assert_eq!(stream.stream, env["AWS_LAMBDA_LOG_STREAM_NAME"].as_str().unwrap());
}

#[tokio::test]
async fn invocations_at_once_have_environments_of_their_own() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let both = tokio::join!(bench.invoke(&spec, "{}"), bench.invoke(&spec, "{}"));
    assert_ne!(both.0.0["pid"], both.1.0["pid"]);
}

#[tokio::test]
async fn more_at_once_than_the_setting_allows_is_throttled() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let invoke = || {
        let invocation = Invocation::of(RequestId(RandomIds.uuid()), Bytes::from_static(b"{}"), None);
        bench.executor.invoke(Arc::clone(&spec), invocation)
    };
    let all = futures_util::future::join_all((0..4).map(|_| invoke())).await;
    let throttled = all.iter().filter(|outcome| matches!(outcome, Err(InvokeError::Throttled))).count();
    assert_eq!(throttled, 1);
    assert!(invoke().await.is_ok(), "there is room again");
}

#[tokio::test]
async fn provisioned_environments_are_there_before_the_first_call() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    assert_eq!(bench.executor.provision(Arc::clone(&spec), 2).await, Ok(2));
    let (_, _, log) = bench.invoke(&spec, "{}").await;
    assert!(!log.contains("Init Duration"), "{log}");
    bench.executor.retire(&spec.version_arn);
    assert_eq!(bench.executor.provision(Arc::clone(&spec), 0).await, Ok(0));
}

#[tokio::test]
async fn versions_have_environments_of_their_own() {
    let bench = bench();
    let latest = bench.function(&runtime(), 20, 1);
    let version_arn = "arn:aws:lambda:eu-west-1:111122223333:function:f:1".parse().unwrap();
    let first = Arc::new(FunctionSpec { version: "1".to_owned(), version_arn, ..(*latest).clone() });
    let (one, other) = (bench.invoke(&latest, "{}").await.0, bench.invoke(&first, "{}").await.0);
    assert_ne!(one["pid"], other["pid"]);
    assert_eq!(other["env"]["AWS_LAMBDA_FUNCTION_VERSION"], "1");
    assert_eq!(bench.invoke(&latest, "{}").await.0["pid"], one["pid"], "still warm");
}

#[tokio::test]
async fn layers_are_on_the_search_paths_and_may_bring_the_bootstrap() {
    let bench = bench();
    let code = bench.function("", 20, 1);
    let layer = bench.function(&runtime(), 20, 2).code.clone();
    let spec = Arc::new(FunctionSpec { layers: vec![layer.clone()], ..(*code).clone() });
    let env = &bench.invoke(&spec, "{}").await.0["env"];
    let path = env["PATH"].as_str().unwrap();
    assert!(path.starts_with(&format!("{}:", layer.join("bin").display())), "{path}");
    assert!(env["LD_LIBRARY_PATH"].as_str().unwrap().contains(&layer.join("lib").display().to_string()));
}

#[tokio::test]
async fn another_revision_gets_another_environment() {
    let bench = bench();
    let old = bench.invoke(&bench.function(&runtime(), 20, 1), "{}").await.0;
    let new = bench.invoke(&bench.function(&runtime(), 20, 2), "{}").await.0;
    assert_ne!(old["pid"], new["pid"]);
}

#[tokio::test]
async fn errors_and_crashes_are_documents_and_the_next_invocation_works() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let (payload, error, _) = bench.invoke(&spec, "{\"do\":\"error\"}").await;
    assert_eq!((payload["errorType"].as_str(), error), (Some("Oops"), Some(FunctionError::Unhandled)));
    let (payload, error, log) = bench.invoke(&spec, "{\"do\":\"crash\"}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Runtime.ExitError"), Some(FunctionError::Unhandled))
    );
    assert!(
        payload["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("Error: Runtime exited with error: exit status 3"),
        "{payload}"
    );
    assert!(log.contains("exit status 3"), "{log}");
    let (payload, _, _) = bench.invoke(&spec, "{\"do\":\"exit\"}").await;
    assert!(
        payload["errorMessage"].as_str().unwrap().ends_with("Runtime exited without providing a reason"),
        "{payload}"
    );
    assert_eq!(bench.invoke(&spec, "{}").await.1, None);
}

#[tokio::test]
async fn a_function_that_hangs_is_killed_with_its_children() {
    let bench = bench();
    let spec = bench.function(&runtime(), 1, 1);
    let (payload, error, log) = bench.invoke(&spec, "{\"do\":\"fork\"}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Sandbox.Timedout"), Some(FunctionError::Unhandled))
    );
    assert!(
        payload["errorMessage"].as_str().unwrap().ends_with("Error: Task timed out after 1.00 seconds"),
        "{payload}"
    );
    let child = log.lines().find_map(|line| line.strip_prefix("child ")).unwrap().to_owned();
    let alive = || {
        let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z")
    };
    while alive() {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.invoke(&spec, "{}").await.1, None);
}

#[tokio::test]
async fn garbage_is_handed_through_and_too_much_is_refused() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let (payload, error, _) = bench.invoke(&spec, "{\"do\":\"garbage\"}").await;
    assert_eq!((payload, error), ("this is no JSON".into(), None));
    let (payload, error, _) = bench.invoke(&spec, "{\"do\":\"big\"}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Function.ResponseSizeTooLarge"), Some(FunctionError::Unhandled))
    );
    let (_, _, log) = bench.invoke(&spec, "{\"do\":\"wrong\"}").await;
    assert!(log.contains("status 400"), "{log}");
}

#[tokio::test]
async fn what_does_not_start_says_why() {
    let bench = bench();
    let (payload, error, _) = bench.invoke(&bench.function("", 5, 1), "{}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Runtime.InvalidEntrypoint"), Some(FunctionError::Unhandled))
    );
    let (payload, _, _) = bench.invoke(&bench.function("not a program", 5, 2), "{}").await;
    assert_eq!(payload["errorType"], "Runtime.InvalidEntrypoint");
    let (payload, _, _) = bench.invoke(&bench.function("#!/bin/sh\nexit 7\n", 5, 3), "{}").await;
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("exit status 7"), "{payload}");
    let failing = format!(
        "{RUNTIME}\ncall('POST', 'init/error', json.dumps({{'errorType': 'Init', 'errorMessage': 'm'}}))\ntime.sleep(60)\n"
    );
    let (payload, error, _) = bench.invoke(&bench.function(&failing, 5, 4), "{}").await;
    assert_eq!((payload["errorType"].as_str(), error), (Some("Init"), Some(FunctionError::Unhandled)));
    let mut python = (*bench.function("", 5, 5)).clone();
    python.runtime = "cobol".into();
    let (payload, _, _) = bench.invoke(&Arc::new(python), "{}").await;
    assert!(payload["errorMessage"].as_str().unwrap().contains("cobol is not supported"), "{payload}");
}
