//! What a worker prints: kept as CloudWatch Logs, and printed here if it was started here.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use client::{Client, ClientError};
use engine::Clock;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use lambda::process::Pipes;

use super::running::Worker;

/// A longer line becomes several, bytes.
const LINE_BYTES_MAX: u64 = 16 << 10;
/// Lines of one PutLogEvents: together they are less than its 1 MiB.
const LINES_AT_ONCE: usize = 50;
/// Lines that wait to be kept; a worker that prints more waits.
const LINES_WAITING_MAX: usize = 1000;
/// What is left when the worker has ended gets so long.
const REST_MAX: Duration = Duration::from_secs(5);

/// Follows what one run of a worker prints.
pub(super) struct Output {
    tasks: [JoinHandle<()>; 3],
}

impl Output {
    pub(super) fn follow(pipes: Pipes, worker: &Worker) -> io::Result<Self> {
        let (lines, kept) = mpsc::channel(LINES_WAITING_MAX);
        let print: [fn(&str); 2] = if worker.echo {
            [|line| println!("{line}"), |line| eprintln!("{line}")]
        } else {
            [|_| {}, |_| {}]
        };
        let reader = |end: OwnedFd, print: fn(&str)| {
            let pipe = Receiver::from_owned_fd(end)?;
            Ok::<_, io::Error>(tokio::spawn(read(pipe, Arc::clone(&worker.clock), lines.clone(), print)))
        };
        let tasks = [
            reader(pipes.stdout, print[0])?,
            reader(pipes.stderr, print[1])?,
            tokio::spawn(keep(worker.client.clone(), worker.name.clone(), kept)),
        ];
        Ok(Self { tasks })
    }

    /// Waits until all is kept. Whoever still holds the pipes then is not waited for.
    pub(super) async fn finish(self) {
        for mut task in self.tasks {
            if tokio::time::timeout(REST_MAX, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

async fn read(pipe: Receiver, clock: Arc<dyn Clock>, lines: mpsc::Sender<Json>, print: fn(&str)) {
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes).await {
            Ok(1..) => {}
            _ => return,
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\n', '\r']);
        print(text);
        // An event may not be empty.
        let message = if text.is_empty() { " " } else { text };
        if lines.send(json!({"timestamp": clock.now().0, "message": message})).await.is_err() {
            return;
        }
    }
}

/// Keeps lines in the worker's log group. While the server does not answer they are lost there.
async fn keep(client: Client, name: String, mut lines: mpsc::Receiver<Json>) {
    let group = format!("/konekuta/worker/{name}");
    let mut stream = None;
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, LINES_AT_ONCE).await > 0 {
        let events = std::mem::take(&mut batch);
        let first = events[0]["timestamp"].as_u64().unwrap_or(0);
        if let Err(error) = put(&client, &group, stream.as_deref(), first, events).await {
            tracing::warn!(worker = name, %error, "what a worker printed could not be kept");
        } else if stream.is_none() {
            stream = Some(stream_of(first));
        }
    }
}

fn stream_of(moment: u64) -> String {
    aws::timestamp::iso_milliseconds(moment).replace(':', ".")
}

async fn put(
    client: &Client,
    group: &str,
    stream: Option<&str>,
    first: u64,
    events: Vec<Json>,
) -> Result<(), ClientError> {
    let ask = async |action: &str, input: Json| match client
        .json("logs", &format!("Logs_20140328.{action}"), &input)
        .await
    {
        Err(error) if !error.is("ResourceAlreadyExistsException") => Err(error),
        _ => Ok(()),
    };
    let name = stream.map_or_else(|| stream_of(first), str::to_owned);
    if stream.is_none() {
        ask("CreateLogGroup", json!({"logGroupName": group})).await?;
        ask("CreateLogStream", json!({"logGroupName": group, "logStreamName": name})).await?;
    }
    ask("PutLogEvents", json!({"logGroupName": group, "logStreamName": name, "logEvents": events})).await
}
