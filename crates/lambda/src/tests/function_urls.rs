//! Functions as web sites, and answers that stream.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value as Json, json};
use service::{Method, StreamingBody};

use super::bench::{Bench, answered, failed};

const URL: &str = "/2021-10-31/functions/f/url";

async fn with_url(config: &Json) -> (Bench, String) {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let (status, made) = bench.post(URL, config).await;
    assert_eq!(status, 201, "{made}");
    let url = made["FunctionUrl"].as_str().unwrap().to_owned();
    permit(&bench, "lambda:InvokeFunctionUrl", &json!({"FunctionUrlAuthType": "NONE"})).await;
    permit(&bench, "lambda:InvokeFunction", &json!({"InvokedViaFunctionUrl": true})).await;
    (bench, url)
}

/// Lets everybody do that.
async fn permit(bench: &Bench, action: &str, more: &Json) {
    let mut permission = json!({"StatementId": action.replace(':', "-"), "Action": action, "Principal": "*"});
    permission.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, answer) = bench.post("/2015-03-31/functions/f/policy", &permission).await;
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn visitors_need_a_policy_that_lets_everybody_in() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE"})).await;
    let visited = async || visit(&bench, request("GET", &url, "/").body(Bytes::new()).unwrap()).await;
    assert_eq!(visited().await.status(), StatusCode::OK);
    for statement in ["lambda-InvokeFunction", "lambda-InvokeFunctionUrl"] {
        bench.delete(&format!("/2015-03-31/functions/f/policy/{statement}")).await;
        let refused = visited().await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert!(String::from_utf8_lossy(refused.body()).starts_with("{\"Message\":\"Forbidden. "));
    }
    assert_eq!(bench.executor.count(), 1);
}

fn request(method: &str, url: &str, path: &str) -> http::request::Builder {
    let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    Request::builder().method(method).uri(path).header("host", host)
}

async fn visit(bench: &Bench, request: Request<Bytes>) -> Response<Bytes> {
    let host = request.headers()["host"].to_str().unwrap().to_owned();
    let service = crate::service(&bench.lambda);
    let site = service.sites.iter().find(|site| (site.claims)(&host, request.uri().path())).expect("a site");
    let body =
        |body: Bytes| -> StreamingBody { Full::new(body).map_err(|never| match never {}).boxed_unsync() };
    let response = site.answer.call(bench.context(), request.map(body)).await;
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_request_is_an_event_of_format_2_0() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE"})).await;
    let id = url.trim_start_matches("http://").split('.').next().unwrap().to_owned();
    assert_eq!(url, format!("http://{id}.lambda-url.us-east-1.localhost:4566/"));
    let sent = request("POST", &url, "/a%20b/c?x=1&y=2&x=3&z=")
        .header("content-type", "application/json")
        .header("cookie", "one=1; two=2")
        .header("x-many", "a")
        .header("x-many", "b")
        .header("user-agent", "agent")
        .body(Bytes::from_static(b"{\"k\":1}"))
        .unwrap();
    bench.executor.answer(|_| answered(r#"{"statusCode":201,"body":"made","headers":{"x-a":"b"}}"#));
    let response = visit(&bench, sent).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::CREATED, &b"made"[..]));
    assert_eq!(response.headers()["x-a"], "b");
    let mut event = bench.executor.events()[0].clone();
    let request_id = event["requestContext"]["requestId"].take();
    assert!(request_id.is_string());
    let domain = format!("{id}.lambda-url.us-east-1.localhost");
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/a b/c",
            "rawQueryString": "x=1&y=2&x=3&z=",
            "cookies": ["one=1", "two=2"],
            "headers": {
                "host": format!("{domain}:4566"),
                "content-type": "application/json",
                "x-many": "a,b",
                "user-agent": "agent",
                "x-forwarded-for": "127.0.0.1",
                "x-forwarded-proto": "http",
                "x-forwarded-port": "4566",
            },
            "queryStringParameters": {"x": "1,3", "y": "2", "z": ""},
            "requestContext": {
                "accountId": "anonymous",
                "apiId": id,
                "domainName": domain,
                "domainPrefix": id,
                "http": {
                    "method": "POST",
                    "path": "/a%20b/c",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "agent",
                },
                "requestId": null,
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1_767_225_600_000_u64,
            },
            "body": "{\"k\":1}",
            "isBase64Encoded": false,
        })
    );
}

#[tokio::test]
async fn what_is_no_text_comes_in_base64_and_a_path_names_the_url_too() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE"})).await;
    let id = url.trim_start_matches("http://").split('.').next().unwrap().to_owned();
    let sent = Request::post(format!("/_konekuta/url/{id}/x"))
        .header("host", "127.0.0.1:4566")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from_static(b"a=1"))
        .unwrap();
    bench.executor.answer(|_| answered(r#"{"no":"status"}"#));
    let response = visit(&bench, sent).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(&response.body()[..], br#"{"no":"status"}"#);
    let event = &bench.executor.events()[0];
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("YT0x"), &json!(true)));
    assert_eq!(event["rawPath"], "/x");
}

#[tokio::test]
async fn failures_are_told_as_aws_does() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE"})).await;
    let get = || request("GET", &url, "/").body(Bytes::new()).unwrap();
    bench.executor.answer(|_| failed("{}"));
    let response = visit(&bench, get()).await;
    assert_eq!(
        (response.status(), &response.body()[..]),
        (StatusCode::BAD_GATEWAY, &br#"{"Message":"Internal Server Error"}"#[..])
    );
    bench.executor.answer(|_| Err(crate::InvokeError::Throttled));
    assert_eq!(visit(&bench, get()).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let unknown = "http://0123.lambda-url.us-east-1.localhost:4566/";
    let response = visit(&bench, request("GET", unknown, "/").body(Bytes::new()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    bench.put(URL, &json!({"AuthType": "AWS_IAM"})).await;
    let anonymous = visit(&bench, get()).await;
    assert_eq!(
        anonymous.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "the bench's caller has a key: let through"
    );
}

#[tokio::test]
async fn browsers_are_told_what_is_allowed() {
    let cors = json!({"AllowOrigins": ["https://*.example.com"], "AllowMethods": ["GET"], "MaxAge": 60,
        "AllowCredentials": true});
    let (bench, url) = with_url(&json!({"AuthType": "NONE", "Cors": cors})).await;
    bench.executor.answer(|_| answered("{}"));
    let preflight = request("OPTIONS", &url, "/")
        .header("origin", "https://a.example.com")
        .header("access-control-request-method", "GET")
        .body(Bytes::new())
        .unwrap();
    let response = visit(&bench, preflight).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://a.example.com");
    assert_eq!(response.headers()["access-control-max-age"], "60");
    assert_eq!(bench.executor.count(), 0, "the function is not asked");
    let from =
        |origin: &'static str| request("GET", &url, "/").header("origin", origin).body(Bytes::new()).unwrap();
    let allowed = visit(&bench, from("https://b.example.com")).await;
    assert_eq!(allowed.headers()["access-control-allow-credentials"], "true");
    let other = visit(&bench, from("https://evil.test")).await;
    assert!(other.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn url_configurations_come_change_and_go() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE"})).await;
    let (status, error) = bench.post(URL, &json!({"AuthType": "NONE"})).await;
    assert_eq!(status, 409);
    assert!(error["Message"].as_str().unwrap().contains("FunctionUrlConfig exists for this Lambda function"));
    let (_, changed) = bench.put(URL, &json!({"InvokeMode": "RESPONSE_STREAM"})).await;
    assert_eq!((&changed["InvokeMode"], &changed["AuthType"]), (&json!("RESPONSE_STREAM"), &json!("NONE")));
    assert_eq!(changed["FunctionUrl"], url, "it stays");
    let (_, listed) = bench.get("/2021-10-31/functions/f/urls").await;
    assert_eq!(listed["FunctionUrlConfigs"][0]["FunctionUrl"], url);
    assert_eq!(bench.post(&format!("{URL}?Qualifier=1"), &json!({"AuthType": "NONE"})).await.0, 404);
    assert_eq!(bench.delete(URL).await.0, 204);
    assert_eq!(bench.get(URL).await.0, 404);
    let gone = visit(&bench, request("GET", &url, "/").body(Bytes::new()).unwrap()).await;
    assert_eq!(gone.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_streaming_url_hands_on_what_comes() {
    let (bench, url) = with_url(&json!({"AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"})).await;
    let get = || request("GET", &url, "/").body(Bytes::new()).unwrap();
    bench.executor.answer(|_| answered("\"streamed\""));
    assert_eq!(&visit(&bench, get()).await.body()[..], b"\"streamed\"");
    *bench.executor.stream_type.lock().unwrap() =
        "application/vnd.awslambda.http-integration-response".to_owned();
    let payload = "{\"statusCode\":202,\"headers\":{\"x-a\":\"b\"}}\0\0\0\0\0\0\0\0rest";
    bench.executor.answer(move |_| answered(payload));
    let response = visit(&bench, get()).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::ACCEPTED, &b"rest"[..]));
    assert_eq!(response.headers()["x-a"], "b");
    bench.executor.answer(|_| failed("{}"));
    assert_eq!(visit(&bench, get()).await.status(), StatusCode::BAD_GATEWAY);
}

#[tokio::test]
async fn a_streamed_invocation_is_an_event_stream() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let path = "/2021-11-15/functions/f/response-streaming-invocations";
    bench.executor.answer(|_| answered("\"chunk\""));
    let reply = bench.send(Method::Post, path, &[("x-amz-log-type", "Tail")], "1").await;
    assert_eq!(reply.headers["content-type"], "application/vnd.amazon.eventstream");
    assert_eq!(reply.headers["x-amz-executed-version"], "$LATEST");
    let chunk = service::events::event("PayloadChunk", "application/octet-stream", b"\"");
    assert!(reply.body.starts_with(&chunk));
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(text.contains("InvokeComplete") && text.contains("LogResult"), "{text}");
    bench.executor.answer(|_| failed(r#"{"errorType":"Oops","errorMessage":"no"}"#));
    let reply = bench.send(Method::Post, path, &[], "1").await;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    assert!(text.contains(r#""ErrorCode":"Oops""#) && text.contains("ErrorDetails"), "{text}");
    assert_eq!(bench.send(Method::Post, path, &[], "no json").await.status, 400);
}
