//! Endpoints over real sockets; time passes only when a test says so.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use service::Tasks;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::actions::*;
use crate::testing::{Bench, QUEUE, refused};

/// What an endpoint was posted.
struct Posted {
    headers: HeaderMap,
    body: String,
}

impl Posted {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// An endpoint that answers with given statuses, then with 200. 0: it does not answer at all.
struct Endpoint {
    url: String,
    posted: mpsc::UnboundedReceiver<Posted>,
}

impl Endpoint {
    async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let statuses = Arc::new(Mutex::new(statuses.iter().copied().collect::<VecDeque<u16>>()));
        let (sender, posted) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (statuses, sender) = (Arc::clone(&statuses), sender.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let (statuses, sender) = (Arc::clone(&statuses), sender.clone());
                    async move {
                        let headers = request.headers().clone();
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let body = String::from_utf8(body.to_vec()).unwrap();
                        let status = statuses.lock().unwrap().pop_front().unwrap_or(200);
                        let _ = sender.send(Posted { headers, body });
                        if status == 0 {
                            std::future::pending::<()>().await;
                        }
                        let mut response = Response::new(Full::new(Bytes::from_static(b"thanks")));
                        *response.status_mut() = StatusCode::from_u16(status).unwrap();
                        if status == 401 {
                            response
                                .headers_mut()
                                .insert("www-authenticate", "Basic realm=\"x\"".parse().unwrap());
                        }
                        Ok::<_, Infallible>(response)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { url, posted }
    }

    async fn next(&mut self) -> Posted {
        self.posted.recv().await.expect("the endpoint runs")
    }

    /// Confirms with the token of the post that comes next; answers the subscription's ARN.
    async fn confirm(&mut self, bench: &Bench, topic: &str) -> String {
        let token = self.next().await.json()["Token"].as_str().unwrap().to_owned();
        let input = json!({"TopicArn": topic, "Token": token});
        let confirmed = bench.call_as::<ConfirmSubscription>("", input).await.unwrap();
        confirmed["SubscriptionArn"].as_str().unwrap().to_owned()
    }
}

fn started() -> (Bench, Tasks) {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    (bench, tasks)
}

async fn subscribe(bench: &Bench, topic: &str, endpoint: &str, attributes: Json) -> Json {
    let input =
        json!({"TopicArn": topic, "Protocol": "http", "Endpoint": endpoint, "Attributes": attributes});
    bench.call::<Subscribe>(input).await.unwrap()
}

/// Waits until the outcomes of so many tries are noted; what failed waits for the clock from then on.
async fn noted(bench: &Bench, tries: u64) {
    bench.sns.tries_noted.subscribe().wait_for(|noted| *noted >= tries).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_confirms_is_notified_and_is_told_of_the_end() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    let pending = subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    assert_eq!(pending["SubscriptionArn"], "pending confirmation");
    bench.publish(&topic, "before").await;

    let asked = endpoint.next().await;
    assert_eq!(asked.header("x-amz-sns-message-type"), "SubscriptionConfirmation");
    assert_eq!(asked.header("x-amz-sns-topic-arn"), topic);
    assert_eq!(asked.header("x-amz-sns-subscription-arn"), "");
    assert_eq!(asked.header("content-type"), "text/plain; charset=UTF-8");
    assert_eq!(asked.header("user-agent"), "Amazon Simple Notification Service Agent");
    let document = asked.json();
    assert_eq!(document["Type"], "SubscriptionConfirmation");
    assert_eq!(asked.header("x-amz-sns-message-id"), document["MessageId"].as_str().unwrap());
    let token = document["Token"].as_str().unwrap();
    let url = format!("http://here:4566/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
    assert_eq!(document["SubscribeURL"], url);
    let members = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
    bench.verify(&document, &members).await;

    let input = json!({"TopicArn": topic, "Token": token});
    let confirmed = bench.call_as::<ConfirmSubscription>("", input.clone()).await.unwrap();
    assert_eq!(bench.call_as::<ConfirmSubscription>("", input).await.unwrap(), confirmed);
    let subscription = confirmed["SubscriptionArn"].as_str().unwrap();

    bench.publish(&topic, "after").await;
    let notified = endpoint.next().await;
    assert_eq!(notified.header("x-amz-sns-message-type"), "Notification");
    assert_eq!(notified.header("x-amz-sns-subscription-arn"), subscription);
    assert_eq!(notified.header("x-amz-sns-rawdelivery"), "");
    assert_eq!(notified.json()["Message"], "after", "what came before the confirmation is not delivered");

    bench.call_as::<Unsubscribe>("", json!({"SubscriptionArn": subscription})).await.unwrap();
    let told = endpoint.next().await;
    assert_eq!(told.header("x-amz-sns-message-type"), "UnsubscribeConfirmation");
    assert_eq!(told.header("x-amz-sns-subscription-arn"), subscription);
    let listed = bench.call::<ListSubscriptions>(json!({})).await.unwrap();
    assert_eq!(listed, json!({"Subscriptions": []}));

    let input = json!({"TopicArn": topic, "Token": told.json()["Token"]});
    let restored = bench.call_as::<ConfirmSubscription>("", input).await.unwrap();
    assert_eq!(restored["SubscriptionArn"], subscription);
    bench.publish(&topic, "again").await;
    assert_eq!(endpoint.next().await.json()["Message"], "again");
    tasks.shut_down().await;
}

#[tokio::test]
async fn raw_messages_come_as_they_are_with_the_content_type_of_the_policy() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    let policy = json!({"requestPolicy": {"headerContentType": "application/xml"}}).to_string();
    let attributes = json!({"DeliveryPolicy": policy, "RawMessageDelivery": "true"});
    subscribe(&bench, &topic, &endpoint.url, attributes).await;
    endpoint.confirm(&bench, &topic).await;
    bench.publish(&topic, "<x/>").await;
    let posted = endpoint.next().await;
    assert_eq!((posted.body.as_str(), posted.header("x-amz-sns-rawdelivery")), ("<x/>", "true"));
    assert_eq!(posted.header("content-type"), "application/xml");
    tasks.shut_down().await;
}

#[tokio::test]
async fn server_faults_and_silence_are_retried_by_the_policy_and_then_go_to_the_dead_letter_queue() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("dead").await;
    let mut endpoint = Endpoint::start(&[200, 503, 429, 0, 500]).await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    subscribe(&bench, &topic, &endpoint.url, json!({"RedrivePolicy": redrive})).await;
    endpoint.confirm(&bench, &topic).await;
    bench.publish(&topic, "hi").await;
    for tries in 2..=3 {
        endpoint.next().await;
        noted(&bench, tries).await;
        bench.clock.advance(Duration::from_secs(19));
        assert!(endpoint.posted.try_recv().is_err(), "a retry comes after 20 seconds");
        bench.clock.advance(Duration::from_secs(1));
    }
    endpoint.next().await;
    bench.clock.advance(Duration::from_secs(15));
    noted(&bench, 4).await;
    bench.clock.advance(Duration::from_secs(20));
    endpoint.next().await;
    let dead = bench.arrived("dead").await;
    let envelope: Json = serde_json::from_str(&dead.body).unwrap();
    assert_eq!((&envelope["Type"], &envelope["Message"]), (&json!("Notification"), &json!("hi")));
    tasks.shut_down().await;
}

#[tokio::test]
async fn client_faults_are_not_retried_and_hold_up_nobody() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    bench.queue("dead").await;
    let (mut gone, mut silent) = (Endpoint::start(&[200, 404]).await, Endpoint::start(&[200, 0, 0, 0]).await);
    let mut good = Endpoint::start(&[]).await;
    let redrive = json!({"deadLetterTargetArn": format!("{QUEUE}dead")}).to_string();
    subscribe(&bench, &topic, &gone.url, json!({"RedrivePolicy": redrive})).await;
    gone.confirm(&bench, &topic).await;
    for endpoint in [&mut silent, &mut good] {
        subscribe(&bench, &topic, &endpoint.url, json!({})).await;
        endpoint.confirm(&bench, &topic).await;
    }
    for message in ["1", "2", "3"] {
        bench.publish(&topic, message).await;
        assert_eq!(good.next().await.json()["Message"], message);
    }
    assert!(bench.arrived("dead").await.body.contains("Notification"));
    tasks.shut_down().await;
}

#[tokio::test]
async fn what_waits_is_delivered_after_a_restart() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    endpoint.confirm(&bench, &topic).await;
    tasks.shut_down().await;
    bench.publish(&topic, "kept").await;
    assert!(endpoint.posted.try_recv().is_err());
    let tasks = Tasks::default();
    crate::start(&bench.sns, &tasks);
    assert_eq!(endpoint.next().await.json()["Message"], "kept");
    tasks.shut_down().await;
}

#[tokio::test]
async fn an_endpoint_that_asks_gets_the_password_of_its_url() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[401]).await;
    let url = endpoint.url.replace("http://", "http://me:secret@");
    subscribe(&bench, &topic, &url, json!({})).await;
    assert_eq!(endpoint.next().await.header("authorization"), "");
    assert_eq!(endpoint.next().await.header("authorization"), "Basic bWU6c2VjcmV0");
    let listed = bench.call::<ListSubscriptions>(json!({})).await.unwrap();
    assert!(listed["Subscriptions"][0]["Endpoint"].as_str().unwrap().contains("me:****@"));
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_throttled_endpoint_gets_so_many_posts_a_second() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    let policy = json!({"throttlePolicy": {"maxReceivesPerSecond": 1}}).to_string();
    subscribe(&bench, &topic, &endpoint.url, json!({"DeliveryPolicy": policy})).await;
    endpoint.confirm(&bench, &topic).await;
    for message in ["1", "2"] {
        bench.publish(&topic, message).await;
    }
    assert!(endpoint.posted.try_recv().is_err(), "the confirmation was this second's");
    for _ in 0..2 {
        bench.clock.advance(Duration::from_secs(1));
        endpoint.next().await;
        assert!(endpoint.posted.try_recv().is_err());
    }
    tasks.shut_down().await;
}

#[tokio::test]
async fn tokens_run_out_after_two_days_and_asking_again_renews_them() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    let token = endpoint.next().await.json()["Token"].clone();
    noted(&bench, 1).await;
    bench.clock.advance(Duration::from_secs(172_801));
    let late = bench.call::<ConfirmSubscription>(json!({"TopicArn": topic, "Token": token})).await;
    assert_eq!(refused(late), "Invalid parameter: Token");
    subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    endpoint.confirm(&bench, &topic).await;
    tasks.shut_down().await;
}

#[tokio::test]
async fn endpoints_policies_and_callers_that_do_not_fit_are_refused() {
    let (bench, tasks) = started();
    let topic = bench.topic("t", json!({})).await;
    let mut endpoint = Endpoint::start(&[]).await;
    let wrong = json!({"TopicArn": topic, "Protocol": "https", "Endpoint": endpoint.url});
    assert_eq!(
        refused(bench.call::<Subscribe>(wrong).await),
        "Invalid parameter: Endpoint must match the specified protocol"
    );
    let policy = r#"{"healthyRetryPolicy":{"minDelayTarget":0,"maxDelayTarget":0,"numRetries":0}}"#;
    let wrong = json!({
        "TopicArn": topic, "Protocol": "http", "Endpoint": endpoint.url, "Attributes": {"DeliveryPolicy": policy},
    });
    assert_eq!(
        refused(bench.call::<Subscribe>(wrong).await),
        "Invalid parameter: Attributes Reason: DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be greater than or equal to 1"
    );
    subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    let token = endpoint.next().await.json()["Token"].clone();
    let input = json!({"TopicArn": topic, "Token": token, "AuthenticateOnUnsubscribe": "true"});
    let confirmed = bench.call::<ConfirmSubscription>(input).await.unwrap();
    let anonymous = bench.call_as::<Unsubscribe>("", confirmed.clone()).await.unwrap_err();
    assert_eq!(anonymous.row.query_code, "AuthorizationError");
    let shown = bench.call::<GetSubscriptionAttributes>(confirmed.clone()).await.unwrap();
    let shown = &shown["Attributes"];
    assert_eq!(shown["ConfirmationWasAuthenticated"], "true");
    assert!(shown["EffectiveDeliveryPolicy"].as_str().unwrap().contains("\"numRetries\":3"));
    bench.call::<Unsubscribe>(confirmed).await.unwrap();
    tasks.shut_down().await;
}

#[tokio::test]
async fn the_status_log_has_the_endpoints_answer_and_the_post_the_trace() {
    let (bench, tasks) = started();
    let logs = Arc::new(crate::tests::delivery_status::Logs::default());
    bench.sns.ports.offer_logs(Arc::clone(&logs) as _);
    let role = "arn:aws:iam::000000000000:role/feedback";
    let topic = bench
        .topic("t", json!({"HTTPSuccessFeedbackRoleArn": role, "HTTPFailureFeedbackRoleArn": role}))
        .await;
    let mut endpoint = Endpoint::start(&[200, 200, 404]).await;
    subscribe(&bench, &topic, &endpoint.url, json!({})).await;
    endpoint.confirm(&bench, &topic).await;
    let mut context = bench.context("test");
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    context.trace = aws::TraceHeader::parse(header);
    for tries in 2..=3 {
        bench.call_in::<Publish>(&context, json!({"TopicArn": topic, "Message": "hi"})).await.unwrap();
        let posted = endpoint.next().await;
        let onward = posted.header("x-amzn-trace-id");
        assert!(onward.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;"), "{onward}");
        noted(&bench, tries).await;
    }
    let written = logs.0.lock().unwrap().clone();
    let told: Vec<(&str, &Json, &Json, &Json)> = written
        .iter()
        .map(|(group, document)| {
            let delivery = &document["delivery"];
            (group.as_str(), &document["status"], &delivery["statusCode"], &delivery["providerResponse"])
        })
        .collect();
    assert_eq!(
        told,
        [
            ("sns/us-east-1/000000000000/t", &json!("SUCCESS"), &json!(200), &json!("thanks")),
            ("sns/us-east-1/000000000000/t/Failure", &json!("FAILURE"), &json!(404), &json!("thanks")),
        ]
    );
    tasks.shut_down().await;
}
