//! The list of journeys: each once, whatever the page.

use http::Method;
use serde_json::{Value as Json, json};

use crate::in_process::Server;

impl Server {
    /// A send under a trace, as a program elsewhere would.
    async fn send_under(&self, queue: &str, body: &str, trace: &str) {
        let input =
            json!({"QueueUrl": format!("{}/111122223333/{queue}", self.endpoint), "MessageBody": body});
        let call = client::Call {
            service: "sqs",
            method: Method::POST,
            path: "/",
            headers: vec![
                ("x-amz-target", "AmazonSQS.SendMessage".to_owned()),
                ("content-type", "application/x-amz-json-1.0".to_owned()),
                ("x-amzn-trace-id", trace.to_owned()),
            ],
            body: input.to_string().into(),
        };
        self.client.send(call).await.unwrap().success().unwrap();
    }

    /// The ids of all pages, in order.
    async fn pages(&self, query: &str) -> Vec<Vec<String>> {
        let (mut pages, mut before) = (Vec::new(), String::new());
        loop {
            let path = format!("/_konekuta/api/journeys?{query}{before}");
            let page = self.client.rest("konekuta", Method::GET, &path, None).await.unwrap();
            let ids = page["journeys"].as_array().unwrap().iter();
            pages.push(ids.map(|journey| journey["id"].as_str().unwrap().to_owned()).collect());
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => return pages,
            }
            assert!(pages.len() < 50, "it has an end");
        }
    }
}

#[tokio::test]
async fn a_trace_with_several_beginnings_and_what_was_replayed_of_it_are_one_journey_on_one_page() {
    let server = Server::start().await;
    server.queue("q").await;
    // Second 1 of 1970 up to 9: nothing but the digits that tell traces apart matters.
    let root = |number: u32| format!("1-00000001-{number:024x}");
    let begin = async |number: u32, body: &str| {
        server.send_under("q", body, &format!("Root={}", root(number))).await;
    };
    begin(1, r#"{"request_id": "r-1"}"#).await;
    begin(2, r#"{"request_id": "r-2"}"#).await;
    // Again, by a program that names no parent.
    begin(1, r#"{"request_id": "r-1"}"#).await;
    begin(3, r#"{"request_id": "r-3"}"#).await;
    let replay = json!({"journey": root(1), "from": "queue:q", "run": "again"});
    let path = "/_konekuta/api/replays";
    let replayed = server.client.rest("konekuta", Method::POST, path, Some(&replay)).await.unwrap();
    let traces: Vec<&str> =
        replayed["replays"].as_array().unwrap().iter().map(|one| one["journey"].as_str().unwrap()).collect();
    assert_eq!(traces.len(), 2);
    for query in ["limit=1", "limit=2", "limit=50", "limit=1&resource=q", "limit=2&resource=q"] {
        let pages = server.pages(query).await;
        let mut all: Vec<&String> = pages.iter().flatten().collect();
        all.sort();
        assert_eq!(all, [&root(1), &root(2), &root(3)], "{query}: {pages:?}");
    }
    let found = server.pages("limit=1&q=r-1").await.concat();
    assert_eq!(found, [root(1)], "what a word finds is one journey, too");
    let of_the_replay: Vec<Json> = server
        .client
        .rest("konekuta", Method::GET, &format!("/_konekuta/api/journeys/{}", root(1)), None)
        .await
        .unwrap()["journey"]["traces"]
        .as_array()
        .unwrap()
        .clone();
    assert!(traces.iter().all(|trace| of_the_replay.contains(&json!(trace))), "{of_the_replay:?}");
    server.stop().await;
}
