//! The Runtime API as runtimes use it: headers, streams, wrong states, initialisation.

use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::execution::Piece;

/// Answers with the headers it got.
const HEADERS: &str = r#"
while True:
    answer = call("GET", "invocation/next")
    answer.read()
    request_id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    call("POST", "invocation/%s/response" % request_id, json.dumps({k.lower(): v for k, v in answer.getheaders()}))
"#;

#[tokio::test]
async fn an_invocation_comes_with_all_its_headers() {
    let bench = bench();
    let spec = bench.function(&format!("{RUNTIME}{HEADERS}"), 20, 1);
    let invocation = Invocation {
        client_context: Some("{\"custom\":1}".into()),
        cognito_identity: Some("{\"cognitoIdentityId\":\"i\"}".into()),
        tenant_id: Some("tenant".into()),
        invoked_arn: Some("arn:aws:lambda:eu-west-1:111122223333:function:f:alias".parse().unwrap()),
        ..Invocation::of(RequestId(RandomIds.uuid()), Bytes::from_static(b"{}"), None)
    };
    let outcome = bench.executor.invoke(spec, invocation.clone()).await.unwrap();
    let headers: Json = serde_json::from_slice(&outcome.payload).unwrap();
    assert_eq!(headers["lambda-runtime-aws-request-id"], invocation.request_id.to_string());
    assert_eq!(headers["lambda-runtime-client-context"], "{\"custom\":1}");
    assert_eq!(headers["lambda-runtime-cognito-identity"], "{\"cognitoIdentityId\":\"i\"}");
    assert_eq!(headers["lambda-runtime-aws-tenant-id"], "tenant");
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:eu-west-1:111122223333:function:f:alias"
    );
    let deadline: u64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let now = SystemClock::default().now().0;
    assert!((now..now + 20_001).contains(&deadline), "{deadline} {now}");
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
}

/// Streams its answer in chunks; with an error at the end if it is told so.
const STREAM: &str = r#"
import base64
while True:
    answer = call("GET", "invocation/next")
    event = json.loads(answer.read())
    request_id = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    connection = http.client.HTTPConnection(api)
    connection.putrequest("POST", "/2018-06-01/runtime/invocation/%s/response" % request_id)
    connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    connection.putheader("Content-Type", "text/plain")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Trailer", "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
    connection.endheaders()
    for piece in ("one ", "two"):
        connection.send(("%x\r\n%s\r\n" % (len(piece), piece)).encode())
    connection.send(b"0\r\n")
    if event.get("fail"):
        body = base64.b64encode(json.dumps({"errorMessage": "broke", "errorType": "Midway"}).encode()).decode()
        connection.send(b"Lambda-Runtime-Function-Error-Type: Runtime.Unknown\r\n")
        connection.send(("Lambda-Runtime-Function-Error-Body: %s\r\n" % body).encode())
    connection.send(b"\r\n")
    print("status", connection.getresponse().status, flush=True)
"#;

async fn streamed(bench: &Bench, spec: &Arc<FunctionSpec>, event: &str) -> (Vec<Piece>, Outcome) {
    let payload = Bytes::copy_from_slice(event.as_bytes());
    let invocation = Invocation::of(RequestId(RandomIds.uuid()), payload, None);
    let (pieces, mut taken) = mpsc::channel(16);
    let outcome = bench.executor.invoke_streaming(Arc::clone(spec), invocation, pieces).await.unwrap();
    let mut all = Vec::new();
    while let Some(piece) = taken.recv().await {
        all.push(piece);
    }
    (all, outcome)
}

fn content(pieces: &[Piece]) -> String {
    let bytes = pieces.iter().flat_map(|piece| match piece {
        Piece::Content(content) => content.to_vec(),
        Piece::Begins { .. } => Vec::new(),
    });
    String::from_utf8(bytes.collect()).unwrap()
}

#[tokio::test]
async fn a_streamed_response_is_handed_on_as_it_comes_and_may_end_in_an_error() {
    let bench = bench();
    let spec = bench.function(&format!("{RUNTIME}{STREAM}"), 20, 1);
    let (pieces, outcome) = streamed(&bench, &spec, "{}").await;
    assert_eq!(pieces[0], Piece::Begins { content_type: "text/plain".into() });
    assert_eq!((content(&pieces).as_str(), outcome.function_error), ("one two", None));
    let (pieces, outcome) = streamed(&bench, &spec, "{\"fail\":true}").await;
    assert_eq!(
        (content(&pieces).as_str(), outcome.function_error),
        ("one two", Some(FunctionError::Unhandled))
    );
    let document: Json = serde_json::from_slice(&outcome.payload).unwrap();
    assert_eq!(document, json!({"errorMessage": "broke", "errorType": "Midway"}));
    let (payload, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!((payload, error), ("one two".into(), None), "a plain call gets all at once");
}

#[tokio::test]
async fn a_function_that_answers_at_once_comes_as_one_piece() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    let (pieces, outcome) = streamed(&bench, &spec, "{\"do\":\"garbage\"}").await;
    assert_eq!((content(&pieces).as_str(), outcome.payload.len()), ("this is no JSON", 0));
    let (pieces, outcome) = streamed(&bench, &spec, "{\"do\":\"crash\"}").await;
    assert_eq!((pieces.len(), outcome.function_error), (0, Some(FunctionError::Unhandled)));
}

#[tokio::test]
async fn what_is_said_twice_or_too_late_is_refused() {
    let twice = r#"
while True:
    request_id = call("GET", "invocation/next").getheader("Lambda-Runtime-Aws-Request-Id")
    first = call("POST", "invocation/%s/response" % request_id, "1").status
    second = call("POST", "invocation/%s/response" % request_id, "2").status
    late = call("POST", "init/error", "{}").status
    print("statuses", first, second, late, flush=True)
    time.sleep(60)
"#;
    let bench = bench();
    let spec = bench.function(&format!("{RUNTIME}{twice}"), 20, 1);
    let (payload, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!((payload, error), (1.into(), None));
    bench.logged("statuses 202 403 403").await;
}

#[tokio::test]
async fn all_that_was_printed_before_the_answer_stands_before_the_end_in_the_log() {
    let bench = bench();
    let spec = bench.function(&runtime(), 20, 1);
    for _ in 0..20 {
        let (_, _, log) = bench.invoke(&spec, "{\"do\":\"print\"}").await;
        let lines: Vec<&str> = log.lines().map(|line| line.split(' ').next().unwrap()).collect();
        let last = &lines[lines.len() - 4..];
        assert_eq!(last, ["START", "hello", "END", "REPORT"], "{log}");
    }
}

#[tokio::test]
async fn a_failed_initialisation_is_tried_once_more_within_the_invocation() {
    let once = r#"
if not os.path.exists(MARK):
    open(MARK, "w").close()
    sys.exit(9)
"#;
    let bench = bench();
    let mark = bench.folder.path().join("mark");
    let once = once.replace("MARK", &format!("{:?}", mark.display().to_string()));
    let spec = bench.function(&format!("{RUNTIME}{once}{LOOP}"), 20, 1);
    let (_, error, _) = bench.invoke(&spec, "{}").await;
    assert_eq!(error, None);
    bench.logged("Phase: init\tStatus: error\tError Type: Runtime.ExitError").await;
}

#[tokio::test]
async fn more_memory_than_the_function_has_ends_it() {
    let greedy = format!(
        "{RUNTIME}\nheld = []\ndef handle(e, i):\n    held.append(bytearray(400 << 20))\n    time.sleep(60)\n{LOOP}"
    );
    let bench = bench();
    let spec = bench.function(&greedy, 20, 1);
    let (payload, error, log) = bench.invoke(&spec, "{}").await;
    assert_eq!(
        (payload["errorType"].as_str(), error),
        (Some("Runtime.ExitError"), Some(FunctionError::Unhandled))
    );
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("signal: killed"), "{payload}");
    assert!(
        log.contains("Max Memory Used: 128 MB") && log.contains("Error Type: Runtime.OutOfMemory"),
        "{log}"
    );
}

#[tokio::test]
async fn an_environment_that_ended_between_invocations_costs_nobody_an_error() {
    let bench = bench();
    let leaving =
        LOOP.replace("handle(event, request_id))", "handle(event, request_id)).read(); os._exit(0)");
    let spec = bench.function(&format!("{RUNTIME}{leaving}"), 20, 1);
    for _ in 0..5 {
        assert_eq!(bench.invoke(&spec, "{}").await.1, None);
    }
}

#[tokio::test]
async fn json_logs_have_platform_events_and_leave_out_lower_levels() {
    let prints = r#"
def handle(event, request_id):
    print(json.dumps({"level": "DEBUG", "message": "low"}), json.dumps({"level": "warn", "message": "high"}), "plain", sep="\n", flush=True)
    return "{}"
"#;
    let bench = bench();
    let logging = json!({"LogFormat": "JSON", "LogGroup": "mine"});
    let spec = bench.function(&format!("{RUNTIME}{prints}{LOOP}"), 20, 1);
    let spec = Arc::new(FunctionSpec { logging: LoggingConfig::of(Some(&logging)), ..(*spec).clone() });
    let (_, _, log) = bench.invoke(&spec, "{}").await;
    assert!(log.contains("\"high\"") && log.contains("plain") && !log.contains("\"low\""), "{log}");
    let line = |name: &str| -> Json {
        let line = log.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} in {log}"));
        serde_json::from_str(line).unwrap()
    };
    assert_eq!(line("platform.start")["record"]["version"], "$LATEST");
    assert_eq!(line("platform.report")["record"]["metrics"]["memorySizeMB"], 128);
    assert!(!log.contains("platform.runtimeDone"), "below the level");
    bench.logged("platform.report").await;
    assert_eq!(bench.lines.0.lock().unwrap()[0].0.group, "mine");
}
