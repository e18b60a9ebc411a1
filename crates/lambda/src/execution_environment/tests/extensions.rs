//! Real extensions: Python scripts in a layer.

use super::*;

/// Registers, subscribes to telemetry, writes down all it is told.
const EXTENSION: &str = r#"#!/usr/bin/env python3
import http.client, http.server, json, os, sys, threading
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
name = os.path.basename(sys.argv[0])
told = open(TOLD, "a", buffering=1)
def call(method, path, body=None, headers={}):
    connection = http.client.HTTPConnection(api)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read()
class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        for event in json.loads(self.rfile.read(int(self.headers["content-length"]))):
            told.write(json.dumps(event) + "\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *arguments): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
answer, body = call("POST", "/2020-01-01/extension/register", json.dumps({"events": ["INVOKE", "SHUTDOWN"]}),
    {"Lambda-Extension-Name": name, "Lambda-Extension-Accept-Feature": "accountId"})
told.write(json.dumps({"registered": json.loads(body)}) + "\n")
me = {"Lambda-Extension-Identifier": answer.getheader("Lambda-Extension-Identifier")}
subscription = {"schemaVersion": "2022-12-13", "types": ["platform", "function", "extension"],
    "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 25},
    "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:%d" % server.server_address[1]}}
call("PUT", "/2022-07-01/telemetry", json.dumps(subscription), me)
print("the extension prints", flush=True)
FAIL
while True:
    _, body = call("GET", "/2020-01-01/extension/event/next", headers=me)
    event = json.loads(body)
    told.write(body.decode() + "\n")
    if event["eventType"] == "SHUTDOWN":
        break
"#;

impl Bench {
    fn with_extension(&self, fail: &str) -> (Arc<FunctionSpec>, std::path::PathBuf) {
        let told = self.folder.path().join("told");
        let layer = self.folder.path().join("layer");
        std::fs::create_dir_all(layer.join("extensions")).unwrap();
        let file = layer.join("extensions/watcher");
        let script = EXTENSION.replace("TOLD", &format!("{:?}", told.display().to_string()));
        std::fs::write(&file, script.replace("FAIL", fail)).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        let spec = self.function(&runtime(), 20, 1);
        (Arc::new(FunctionSpec { layers: vec![layer], ..(*spec).clone() }), told)
    }
}

/// What the extension was told, once something is among it.
async fn told(file: &std::path::Path, wanted: &str) -> Vec<Json> {
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.contains(wanted) && text.ends_with('\n') {
            return text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn an_extension_hears_of_invocations_telemetry_and_the_end() {
    let bench = bench();
    let (spec, file) = bench.with_extension("");
    let (_, error, log) = bench.invoke(&spec, "{\"do\":\"print\"}").await;
    assert_eq!(error, None);
    assert!(log.contains("EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"), "{log}");
    let (_, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!(error, None, "warm");
    bench.executor.retire(&spec.version_arn);
    let all = told(&file, "\"eventType\":\"SHUTDOWN\"").await;
    let registered = &all.iter().find(|event| event.get("registered").is_some()).unwrap()["registered"];
    assert_eq!(
        (&registered["functionName"], &registered["accountId"]),
        (&"f".into(), &"111122223333".into())
    );
    let invokes: Vec<_> = all.iter().filter(|event| event["eventType"] == "INVOKE").collect();
    assert_eq!(invokes.len(), 2);
    assert!(invokes[0]["requestId"].is_string() && invokes[0]["tracing"]["type"] == "X-Amzn-Trace-Id");
    let shutdown = all.iter().find(|event| event["eventType"] == "SHUTDOWN").unwrap();
    assert_eq!(shutdown["shutdownReason"], "spindown");
    let types: Vec<&str> = all.iter().filter_map(|event| event["type"].as_str()).collect();
    for name in [
        "platform.initStart",
        "platform.extension",
        "platform.telemetrySubscription",
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
        "function",
        "extension",
    ] {
        assert!(types.contains(&name), "{name} in {types:?}");
    }
    let report = all.iter().find(|event| event["type"] == "platform.report").unwrap();
    assert_eq!(report["record"]["metrics"]["memorySizeMB"], 128);
    assert!(report["record"]["metrics"]["initDurationMs"].is_number(), "{report}");
    let done = all.iter().find(|event| event["type"] == "platform.runtimeDone").unwrap();
    let spans = done["record"]["spans"].as_array().unwrap();
    let names: Vec<_> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["responseLatency", "responseDuration"]);
    let is_time = |text: &Json| aws::timestamp::parse_iso(text.as_str().unwrap()).is_some();
    assert!(spans.iter().all(|span| is_time(&span["start"]) && span["durationMs"].is_number()), "{done}");
    let function = all.iter().find(|event| event["type"] == "function").unwrap();
    assert!(function["record"].as_str().unwrap().starts_with("hello from"), "{function}");
}

#[tokio::test]
async fn an_extension_that_ends_takes_the_environment_along_and_says_so() {
    let bench = bench();
    let (spec, _) = bench.with_extension("sys.exit(4)");
    let (payload, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Extension.Crash"), Some(FunctionError::Unhandled))
    );
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("exit status 4"), "{payload}");
}

#[tokio::test]
async fn an_extension_may_report_that_it_cannot_initialise() {
    let bench = bench();
    let report = r#"
headers = dict(me, **{"Lambda-Extension-Function-Error-Type": "Extension.NoConfiguration"})
call("POST", "/2020-01-01/extension/init/error", json.dumps({"errorMessage": "no", "errorType": "X"}), headers)
threading.Event().wait()"#;
    let (spec, _) = bench.with_extension(report);
    let (payload, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!((payload["errorType"].as_str(), error), (Some("X"), Some(FunctionError::Unhandled)));
}

#[tokio::test]
async fn extensions_hear_that_a_function_ran_into_its_timeout() {
    let bench = bench();
    let (spec, file) = bench.with_extension("");
    let spec = Arc::new(FunctionSpec { timeout_seconds: 1, ..(*spec).clone() });
    let (payload, _, _) = bench.invoke(&spec, "{\"do\":\"hang\"}").await;
    assert_eq!(payload["errorType"], "Sandbox.Timedout");
    let all = told(&file, "\"eventType\":\"SHUTDOWN\"").await;
    let shutdown = all.iter().find(|event| event["eventType"] == "SHUTDOWN").unwrap();
    assert_eq!(shutdown["shutdownReason"], "timeout");
}

#[tokio::test]
async fn an_internal_extension_registers_for_invocations_only_and_gets_time_to_end() {
    let internal = r#"
import threading, signal
def register(events):
    connection = http.client.HTTPConnection(api)
    connection.request("POST", "/2020-01-01/extension/register", json.dumps({"events": events}), {"Lambda-Extension-Name": "inside"})
    return connection.getresponse()
def end(*arguments):
    open(MARK, "w").close()
    os._exit(0)
signal.signal(signal.SIGTERM, end)
refused = register(["SHUTDOWN"]).status
answer = register(["INVOKE"])
def follow():
    while True:
        connection = http.client.HTTPConnection(api)
        connection.request("GET", "/2020-01-01/extension/event/next", headers={"Lambda-Extension-Identifier": answer.getheader("Lambda-Extension-Identifier")})
        connection.getresponse().read()
threading.Thread(target=follow, daemon=True).start()
def handle(event, request_id): return json.dumps({"refused": refused, "pid": os.getpid()})
"#;
    let bench = bench();
    let mark = bench.folder.path().join("ended");
    let internal = internal.replace("MARK", &format!("{:?}", mark.display().to_string()));
    let spec = bench.function(&format!("{RUNTIME}{internal}{LOOP}"), 20, 1);
    // Half a second may be too short for Python on a busy machine: one of several has to make it.
    for _ in 0..20 {
        let (payload, error, _) = bench.invoke(&spec, "{}").await;
        assert_eq!((payload["refused"].as_u64(), error), (Some(403), None));
        bench.executor.retire(&spec.version_arn);
        let process = std::path::PathBuf::from(format!("/proc/{}", payload["pid"]));
        while process.exists() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        if mark.exists() {
            return;
        }
    }
    panic!("no runtime with an internal extension got to its end");
}
