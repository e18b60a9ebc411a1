//! What connections do with queues.

use std::rc::Rc;

use anyhow::Context as _;
use serde_json::json;

use crate::client::Connection;
use crate::load::{Repeat, Script};
use crate::request::Requests;

use super::BODY_BYTES;

/// `SendMessage` of 1 KiB.
pub(super) fn send(requests: &Requests, queue_url: &str) -> Repeat {
    let body = json!({ "QueueUrl": queue_url, "MessageBody": "x".repeat(BODY_BYTES) });
    Repeat { request: requests.sqs("SendMessage", &body).into(), units: 1 }
}

/// `SendMessageBatch` of ten times 1 KiB.
pub(super) fn send_batch(requests: &Requests, queue_url: &str) -> Repeat {
    let entry = |number: u32| json!({ "Id": number.to_string(), "MessageBody": "x".repeat(BODY_BYTES) });
    let entries: Vec<_> = (0..10).map(entry).collect();
    let body = json!({ "QueueUrl": queue_url, "Entries": entries });
    Repeat { request: requests.sqs("SendMessageBatch", &body).into(), units: 10 }
}

/// Receives up to ten and deletes them.
#[derive(Clone)]
pub(super) struct Drain {
    requests: Requests,
    queue_url: String,
    receive: Rc<[u8]>,
}

impl Drain {
    pub(super) fn new(requests: &Requests, queue_url: &str) -> Self {
        let body = json!({ "QueueUrl": queue_url, "MaxNumberOfMessages": 10 });
        let receive = requests.sqs("ReceiveMessage", &body).into();
        Self { requests: requests.clone(), queue_url: queue_url.to_owned(), receive }
    }
}

impl Script for Drain {
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<u64> {
        let answer = connection.call(&self.receive).await?;
        let handles = handles(std::str::from_utf8(answer.success()?)?);
        if handles.is_empty() {
            return Ok(0);
        }
        let entry =
            |(index, handle): (usize, &String)| json!({ "Id": index.to_string(), "ReceiptHandle": handle });
        let entries: Vec<_> = handles.iter().enumerate().map(entry).collect();
        let body = json!({ "QueueUrl": self.queue_url, "Entries": entries });
        let answer = connection.call(&self.requests.sqs("DeleteMessageBatch", &body)).await?;
        let body = std::str::from_utf8(answer.success()?)?;
        anyhow::ensure!(!body.contains("SenderFault"), "not all were deleted: {body}");
        Ok(handles.len() as u64)
    }
}

/// Sends ten in a batch, then receives and deletes as many.
#[derive(Clone)]
pub(super) struct Process {
    pub(super) send: Repeat,
    pub(super) drain: Drain,
}

impl Script for Process {
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<u64> {
        self.send.step(connection).await?;
        self.drain.step(connection).await
    }
}

/// Receives up to ten and leaves them in flight.
#[derive(Clone)]
pub(super) struct Receive(pub(super) Rc<[u8]>);

impl Receive {
    pub(super) fn new(requests: &Requests, queue_url: &str) -> Self {
        let body = json!({ "QueueUrl": queue_url, "MaxNumberOfMessages": 10 });
        Self(requests.sqs("ReceiveMessage", &body).into())
    }
}

impl Script for Receive {
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<u64> {
        let answer = connection.call(&self.0).await?;
        let found = handles(std::str::from_utf8(answer.success()?)?).len();
        u64::try_from(found).context("more than 64 bits")
    }
}

/// Receipt handles, without reading the rest of the document.
fn handles(document: &str) -> Vec<String> {
    let after = document.split("\"ReceiptHandle\":").skip(1);
    after
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"'))
        .map(|(handle, _)| handle.to_owned())
        .collect()
}
