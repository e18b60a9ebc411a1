//! One publish, many queues.

use anyhow::Context as _;
use serde_json::json;

use super::{BODY_BYTES, Line, ask, create_queue, grouped, median};
use crate::client::Connection;
use crate::load::{Load, Repeat};
use crate::process::Process;
use crate::request::Requests;
use crate::table::Table;
use crate::{Arguments, load};

/// Deliveries a second.
#[derive(Default)]
pub(super) struct Rounds {
    to_1: Vec<f64>,
    to_4: Vec<f64>,
    to_10: Vec<f64>,
    /// In AWS's envelope, each with an RSA signature.
    signed_to_4: Vec<f64>,
}

impl Rounds {
    pub(super) async fn round(&mut self, arguments: &Arguments, load: Load) -> anyhow::Result<()> {
        let server = Process::konekuta(&arguments.program, &arguments.folder, "memory").await?;
        let requests = server.requests();
        for (queues, raw, figures) in [
            (1, true, &mut self.to_1),
            (4, true, &mut self.to_4),
            (10, true, &mut self.to_10),
            (4, false, &mut self.signed_to_4),
        ] {
            let name = format!("to-{queues}-{raw}");
            let topic = topic(&requests, &name, queues, raw).await?;
            let message = "x".repeat(BODY_BYTES);
            let request = requests.sns("Publish", &[("TopicArn", &topic), ("Message", &message)]);
            let script = Repeat { request: request.into(), units: queues };
            figures.push(load::run(server.address, load, vec![script; 64]).await?.rate);
        }
        Ok(())
    }

    pub(super) fn report(self, wire: f64, table: &mut Table) {
        let (one, four, ten, signed) =
            (median(self.to_1), median(self.to_4), median(self.to_10), median(self.signed_to_4));
        let mut line = |work, figure: f64, ratio: f64, of, least: Option<f64>, target| {
            let row = Line {
                work,
                measured: format!("{} deliveries/s", grouped(figure)),
                against: format!("{ratio:.2} × {of}"),
                target,
                met: least.map(|least| ratio >= least),
                figures: json!({ "rate": figure, "ratio": ratio }),
            };
            table.add(row.row());
        };
        let wire_name = "the wire's ceiling";
        line("Publish 1 KiB to 1 queue, raw, memory", one, one / wire, wire_name, None, "");
        line("Publish 1 KiB to 4 queues, raw, memory", four, four / wire, wire_name, Some(1.3), "≥ 1.30");
        // Ten publishes to one queue deliver as many a second as one after the other does.
        line(
            "Publish 1 KiB to 10 queues, raw, memory",
            ten,
            ten / one,
            "publishing ten times to one",
            Some(5.0),
            "≥ 5.00",
        );
        line(
            "Publish 1 KiB to 4 queues, signed envelope, memory",
            signed,
            signed / wire,
            wire_name,
            None,
            "",
        );
    }
}

async fn topic(requests: &Requests, name: &str, queues: u64, raw: bool) -> anyhow::Result<String> {
    let answer = sns(requests, "CreateTopic", &[("Name", name)]).await?;
    let topic = element(&answer, "TopicArn")?;
    for number in 0..queues {
        let queue_url = create_queue(requests, &format!("{name}-{number}")).await?;
        let attributes = ask(
            requests,
            "GetQueueAttributes",
            json!({ "QueueUrl": queue_url, "AttributeNames": ["QueueArn"] }),
        )
        .await?;
        let queue = attributes["Attributes"]["QueueArn"].as_str().context("no QueueArn")?.to_owned();
        let policy = json!({ "Statement": {
            "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
            "Resource": queue, "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }});
        let attributes = json!({ "QueueUrl": queue_url, "Attributes": { "Policy": policy.to_string() } });
        ask(requests, "SetQueueAttributes", attributes).await?;
        let members = [
            ("TopicArn", topic.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", &queue),
            ("Attributes.entry.1.key", "RawMessageDelivery"),
            ("Attributes.entry.1.value", if raw { "true" } else { "false" }),
        ];
        sns(requests, "Subscribe", &members).await?;
    }
    Ok(topic)
}

async fn sns(requests: &Requests, action: &str, members: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut connection = Connection::open(requests.address).await?;
    let answer = connection.call(&requests.sns(action, members)).await?;
    Ok(String::from_utf8_lossy(answer.success().with_context(|| action.to_owned())?).into_owned())
}

fn element(document: &str, name: &str) -> anyhow::Result<String> {
    let (_, rest) = document.split_once(&format!("<{name}>")).with_context(|| format!("no {name}"))?;
    Ok(rest.split('<').next().unwrap_or_default().to_owned())
}
