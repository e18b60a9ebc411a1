//! An HTTP endpoint confirms by the link it is sent and is notified; a plain client of the wire, nothing shared.

use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::in_process::Server;

/// The next post: its head and its document. Answered with 200.
async fn next_post(listener: &TcpListener) -> (String, Json) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut read, mut end) = (Vec::new(), None);
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.unwrap();
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        if end.is_none() {
            end = text.split_once("\r\n\r\n").map(|(head, _)| head.to_ascii_lowercase());
        }
        let length = |head: &String| {
            let line = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
            line.parse::<usize>().ok()
        };
        if let Some(head) = &end
            && read.len() >= head.len() + 4 + length(head).unwrap()
        {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .await
                .unwrap();
            return (head.clone(), serde_json::from_slice(&read[head.len() + 4..]).unwrap());
        }
    }
}

/// Visits a link as a browser does, without credentials.
async fn visit(link: &str) -> String {
    let rest = link.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn an_endpoint_is_confirmed_by_its_link_and_notified() {
    let server = Server::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/hook", listener.local_addr().unwrap());
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    let parameters = [("TopicArn", topic.as_str()), ("Protocol", "http"), ("Endpoint", &endpoint)];
    let pending = server.sns("Subscribe", &parameters).await;
    assert_eq!(pending.element("SubscriptionArn").unwrap(), "pending confirmation");

    let (head, document) = next_post(&listener).await;
    assert!(head.starts_with("post /hook http/1.1") && head.contains("subscriptionconfirmation"), "{head}");
    let confirmed = visit(document["SubscribeURL"].as_str().unwrap()).await;
    assert!(confirmed.starts_with("HTTP/1.1 200") && confirmed.contains(&topic), "{confirmed}");

    server.sns("Publish", &[("TopicArn", &topic), ("Message", "hi")]).await;
    let (head, document) = next_post(&listener).await;
    assert!(head.contains("user-agent: amazon simple notification service agent"), "{head}");
    assert_eq!(document["Message"], "hi");
    let certificate = visit(document["SigningCertURL"].as_str().unwrap()).await;
    assert!(certificate.contains("BEGIN CERTIFICATE"), "{certificate}");

    let gone = visit(document["UnsubscribeURL"].as_str().unwrap()).await;
    assert!(gone.starts_with("HTTP/1.1 200"), "{gone}");
    let (head, _) = next_post(&listener).await;
    assert!(head.contains("unsubscribeconfirmation"), "{head}");
    server.stop().await;
}
