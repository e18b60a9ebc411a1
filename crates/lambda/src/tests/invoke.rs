//! A function is called, and the caller waits.

use aws::AccountId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use service::Method;

use super::bench::{Bench, answered, failed, function};
use crate::execution::InvokeError;

const INVOKE: &str = "/2015-03-31/functions/f/invocations";

#[tokio::test]
async fn the_answer_is_the_function_s() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"Timeout": 9, "Environment": {"Variables": {"KEY": "value"}}})).await;
    bench.executor.answer(|_| answered("[1]"));
    let reply = bench.send(Method::Post, INVOKE, &[("x-amz-log-type", "Tail")], r#"{"a":1}"#).await;
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (200, &b"[1]"[..]));
    assert_eq!(reply.headers["x-amz-executed-version"], "$LATEST");
    assert_eq!(reply.headers["x-amz-log-result"], STANDARD.encode("START\nEND\n"));
    assert!(reply.headers.get("x-amz-function-error").is_none());
    let calls = bench.executor.calls.lock().unwrap();
    let (spec, invocation) = &calls[0];
    assert_eq!(&invocation.payload[..], br#"{"a":1}"#);
    assert!(invocation.trace.is_some(), "a trace begins");
    assert_eq!((spec.timeout_seconds, spec.handler.as_str()), (9, "bootstrap"));
    assert_eq!(spec.environment["KEY"], "value");
    assert_eq!(reply.headers["x-amzn-requestid"], invocation.request_id.to_string());
}

#[tokio::test]
async fn a_function_error_is_still_a_success() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.executor.answer(|_| failed(r#"{"errorType":"Sandbox.Timedout"}"#));
    let reply = bench.send(Method::Post, INVOKE, &[], "").await;
    assert_eq!(reply.status.as_u16(), 200);
    assert_eq!(reply.headers["x-amz-function-error"], "Unhandled");
    assert!(reply.headers.get("x-amz-log-result").is_none());
    assert_eq!(
        &bench.executor.calls.lock().unwrap()[0].1.payload[..],
        b"{}",
        "no payload is an empty object"
    );
}

#[tokio::test]
async fn bad_calls_are_refused() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    for (target, headers, body, status, kind) in [
        (INVOKE, vec![], "{junk".to_owned(), 400, "InvalidRequestContentException"),
        (INVOKE, vec![("x-amz-invocation-type", "Later")], "{}".to_owned(), 400, "ValidationException"),
        (INVOKE, vec![("x-amz-log-type", "All")], "{}".to_owned(), 400, "ValidationException"),
        (INVOKE, vec![("x-amz-client-context", "%")], "{}".to_owned(), 400, "InvalidRequestContentException"),
        (INVOKE, vec![], format!("\"{}\"", "x".repeat(6_291_456)), 413, "RequestTooLargeException"),
        (
            INVOKE,
            vec![("x-amz-invocation-type", "Event")],
            format!("\"{}\"", "x".repeat(1_048_576)),
            413,
            "RequestTooLargeException",
        ),
        ("/2015-03-31/functions/none/invocations", vec![], "{}".to_owned(), 404, "ResourceNotFoundException"),
        (
            "/2015-03-31/functions/f/invocations?Qualifier=live",
            vec![],
            "{}".to_owned(),
            404,
            "ResourceNotFoundException",
        ),
    ] {
        let reply = bench.send(Method::Post, target, &headers, body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.headers["x-amzn-errortype"].to_str().unwrap()),
            (status, kind)
        );
    }
    assert_eq!(bench.executor.count(), 0);
}

#[tokio::test]
async fn a_pending_function_is_not_called() {
    let bench = Bench::new().await;
    bench.lambda.activations.forget_permits(usize::MAX);
    bench.post("/2015-03-31/functions", &function("f", &json!({}))).await;
    let (status, error) = bench.post(INVOKE, &json!({})).await;
    assert_eq!(status, 409);
    assert_eq!(
        error["Message"],
        "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    );
}

#[tokio::test]
async fn a_dry_run_calls_nobody() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let reply = bench.send(Method::Post, INVOKE, &[("x-amz-invocation-type", "DryRun")], "{}").await;
    assert_eq!((reply.status.as_u16(), bench.executor.count()), (204, 0));
}

#[tokio::test]
async fn too_much_at_once_is_throttled() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.executor.answer(|_| Err(InvokeError::Throttled));
    let (status, error) = bench.post(INVOKE, &json!({})).await;
    assert_eq!((status, &error["Reason"]), (429, &json!("ConcurrentInvocationLimitExceeded")));

    bench.executor.answer(|_| answered("1"));
    bench.put("/2017-10-31/functions/f/concurrency", &json!({"ReservedConcurrentExecutions": 0})).await;
    let (status, error) = bench.post(INVOKE, &json!({})).await;
    assert_eq!(
        (status, &error["Reason"], &error["Message"]),
        (429, &json!("ReservedFunctionConcurrentInvocationLimitExceeded"), &json!("Rate Exceeded."))
    );
    bench.put("/2017-10-31/functions/f/concurrency", &json!({"ReservedConcurrentExecutions": 1})).await;
    for _ in 0..3 {
        assert_eq!(bench.post(INVOKE, &json!({})).await.0, 200, "one after the other fits");
    }
}

#[tokio::test]
async fn another_account_invokes_what_the_policy_lets_it_invoke() {
    const OTHER: &str = "222222222222";
    const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let context = || {
        let mut context = bench.context();
        context.caller.account = AccountId::parse(OTHER).unwrap();
        context
    };
    let invoke = format!("/2015-03-31/functions/{ARN}/invocations");
    let stream = format!("/2021-11-15/functions/{ARN}/response-streaming-invocations");
    let asynchronous = [("x-amz-invocation-type", "Event")];
    for (path, headers) in [(&invoke, &[][..]), (&invoke, &asynchronous), (&stream, &[])] {
        let reply = bench.send_in(context(), Method::Post, path, headers, "{}").await;
        let body: Json = serde_json::from_slice(&reply.body).unwrap();
        let expected = format!(
            "User: arn:aws:iam::{OTHER}:root is not authorized to perform: lambda:InvokeFunction on resource: {ARN} \
             because no resource-based policy allows the lambda:InvokeFunction action"
        );
        assert_eq!((reply.status.as_u16(), &body["Message"]), (403, &json!(expected)), "{path}");
    }
    assert!(bench.executor.calls.lock().unwrap().is_empty());
    let permission = json!({"StatementId": "o", "Action": "lambda:InvokeFunction", "Principal": OTHER});
    assert_eq!(bench.post("/2015-03-31/functions/f/policy", &permission).await.0, 201);
    bench.executor.answer(|_| answered("1"));
    let reply = bench.send_in(context(), Method::Post, &invoke, &[], "{}").await;
    assert_eq!(reply.status.as_u16(), 200);
}
