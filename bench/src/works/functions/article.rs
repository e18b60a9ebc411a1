//! The article's whole way: a topic, a queue, the function that reads an object, stores another and publishes, a queue.

use std::process::Command;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::json;

use super::{ARTICLE, python_service, queue_url, until_held, with_article};
use crate::Arguments;
use crate::client::Connection;
use crate::function_ceiling::FunctionCeiling;
use crate::load::Repeat;
use crate::process::Process;
use crate::request::Requests;
use crate::table::Table;
use crate::works::backlog::many;
use crate::works::{Line, ask, grouped};

const CONNECTOR: &str = "arn:aws:sns:us-east-1:000000000000:connector";
const REQUEST: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";
/// The settings of the function in `article.yaml`.
const SETTINGS: [(&str, &str); 5] = [
    ("S3_BUCKET", "bench-article"),
    ("S3_PREFIX", "article"),
    ("SNS_TOPIC_ARN_NOTIFIER", "arn:aws:sns:us-east-1:000000000000:notifier"),
    ("SERVICE_NAME", "service01"),
    ("CLEARED_KEY", "key1"),
];
/// Requests each second where latency is measured.
const CALM: u32 = 5;
const CALM_REQUESTS: u32 = 50;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    if arguments.wants("functions: article, rust") {
        way(arguments, "rust", (16_000, 3_500.0), table).await?;
    }
    if arguments.python.is_some() && arguments.wants("functions: article, python") {
        way(arguments, "python", (4_000, 500.0), table).await?;
    }
    Ok(())
}

/// `wanted`: so many requests are measured, so many a second there should be.
async fn way(
    arguments: &Arguments,
    language: &str,
    wanted: (u64, f64),
    table: &mut Table,
) -> anyhow::Result<()> {
    let alone = alone(arguments, language, table).await?;
    let server = with_article(arguments, language).await?;
    let requests = server.requests();
    let object = object();
    let put = requests.put_object("bench-article", &format!("article/preprocessor/{REQUEST}.json"), &object);
    Connection::open(server.address).await?.call(&put).await?.success()?;
    calm(&server, language, table).await?;
    saturated(&requests, (language, alone), wanted, table).await
}

/// What the function reads.
fn object() -> String {
    json!({ "key1": "a", "key2": "b" }).to_string()
}

/// Messages a second of as many of the function's programs as there are processors, which share them with nothing but a
/// server of fixed answers.
async fn alone(arguments: &Arguments, language: &str, table: &mut Table) -> anyhow::Result<f64> {
    let message = json!({ "request_id": REQUEST }).to_string();
    let body = json!({ "Type": "Notification", "TopicArn": CONNECTOR, "Message": message }).to_string();
    let mut ceiling = FunctionCeiling::serve(&body, object()).await?;
    for _ in 0..std::thread::available_parallelism()?.get() {
        ceiling.start(program(arguments, language).envs(SETTINGS))?;
    }
    let rate = ceiling.rate(Duration::from_secs_f64(arguments.seconds)).await?;
    let row = Line {
        work: &format!("the article's function alone, {language}, its calls answered at once"),
        measured: format!("{} requests/s", grouped(rate)),
        against: String::new(),
        target: "",
        met: None,
        figures: json!({ "rate": rate }),
    };
    table.add(row.row());
    Ok(rate)
}

/// The function's program.
fn program(arguments: &Arguments, language: &str) -> Command {
    let article = arguments.functions.join(ARTICLE);
    match &arguments.python {
        Some(python) if language == "python" => python_service(python, &article.join("python/service")),
        _ => Command::new(article.join("../target/release/service")),
    }
}

fn publish(requests: &Requests) -> Vec<u8> {
    let message = json!({ "request_id": REQUEST }).to_string();
    requests.sns("Publish", &[("TopicArn", CONNECTOR), ("Message", &message)])
}

/// From a publish to what the function has published, one after the other, the function warm.
async fn calm(server: &Process, language: &str, table: &mut Table) -> anyhow::Result<()> {
    let requests = server.requests();
    let (publish, done) = (publish(&requests), queue_url(&requests, "done"));
    let wait = json!({ "QueueUrl": done, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10 });
    let wait = requests.sqs("ReceiveMessage", &wait);
    let (mut front, mut end) =
        (Connection::open(server.address).await?, Connection::open(server.address).await?);
    let mut latency = Histogram::<u64>::new(3)?;
    for number in 0..=CALM_REQUESTS {
        let begun = Instant::now();
        let (sent, came) = tokio::join!(front.call(&publish), end.call(&wait));
        sent?.success()?;
        anyhow::ensure!(came?.success()?.len() > 2, "nothing came through");
        // The first one starts the function.
        if number > 0 {
            latency.record(u64::try_from(begun.elapsed().as_micros())?)?;
        }
        tokio::time::sleep((Duration::from_secs(1) / CALM).saturating_sub(begun.elapsed())).await;
    }
    ask(&requests, "PurgeQueue", json!({ "QueueUrl": done })).await?;
    let p50 = latency.value_at_quantile(0.5) as f64 / 1000.0;
    let p99 = latency.value_at_quantile(0.99) as f64 / 1000.0;
    let row = Line {
        work: &format!("the article's way, {language}, {CALM} requests a second"),
        measured: format!("p50 {p50:.1} ms, p99 {p99:.1} ms"),
        against: String::new(),
        target: "p50 ≤ 10 ms",
        met: Some(p50 <= 10.0),
        figures: json!({ "p50": p50, "p99": p99 }),
    };
    table.add(row.row());
    Ok(())
}

/// As many as go through, from the first publish until the last message is there.
async fn saturated(
    requests: &Requests,
    (language, alone): (&str, f64),
    (messages, least): (u64, f64),
    table: &mut Table,
) -> anyhow::Result<()> {
    let done = queue_url(requests, "done");
    let begun = Instant::now();
    let published = many(requests, &Repeat { request: publish(requests).into(), units: 1 }, messages).await?;
    until_held(requests, &done, messages).await?;
    let rate = messages as f64 / begun.elapsed().as_secs_f64();
    let row = Line {
        work: &format!("the article's way, {language}, saturated, relaxed"),
        measured: format!("{} requests/s", grouped(rate)),
        against: format!(
            "{:.2} × the function alone; published at {} a second",
            rate / alone,
            grouped(published)
        ),
        target: &format!("≥ {}", grouped(least)),
        met: Some(rate >= least),
        figures: json!({ "rate": rate, "ratio": rate / alone, "publish_rate": published }),
    };
    table.add(row.row());
    Ok(())
}
