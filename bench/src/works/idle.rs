//! What an idle server costs, and how soon it answers.

use std::time::Duration;

use serde_json::json;

use super::{Line, median};
use crate::Arguments;
use crate::client::Connection;
use crate::process::Process;
use crate::table::Table;

const QUEUES: u64 = 10_000;
/// So many come first: what the first requests touch once is not theirs.
const FIRST: u64 = 100;
const QUIET: Duration = Duration::from_secs(10);

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let (mut ready, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        let server = Process::konekuta(&arguments.program, &arguments.folder, "fsync").await?;
        ready.push(server.ready_after.as_secs_f64() * 1000.0);
        resident.push(server.resident()? as f64 / 1_048_576.0);
    }
    let (ready, resident) = (median(ready), median(resident));
    let row = Line {
        work: "idle",
        measured: format!("{resident:.1} MiB resident, first answer after {ready:.0} ms"),
        against: String::new(),
        target: "≤ 20 MiB, ≤ 50 ms",
        met: Some(resident <= 20.0 && ready <= 50.0),
        figures: json!({ "resident_mib": resident, "first_answer_ms": ready }),
    };
    table.add(row.row());
    queues(arguments, table).await
}

async fn queues(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = Process::konekuta(&arguments.program, &arguments.folder, "relaxed").await?;
    let mut connection = Connection::open(server.address).await?;
    let mut before = 0;
    for number in 0..FIRST + QUEUES {
        if number == FIRST {
            before = server.resident()?;
        }
        let body = json!({ "QueueName": format!("queue-{number}") });
        connection.call(&server.requests().sqs("CreateQueue", &body)).await?.success()?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cpu = server.cpu()?;
    tokio::time::sleep(QUIET).await;
    let share = server.cpu()?.saturating_sub(cpu).as_secs_f64() / QUIET.as_secs_f64();
    // What making them took has been given back by now.
    let each = server.resident()?.saturating_sub(before) / QUEUES;
    let row = Line {
        work: "10,000 queues",
        measured: format!("{each} bytes each, {:.2} % of a core", share * 100.0),
        against: String::new(),
        target: "< 2 KiB each, no CPU",
        met: Some(each < 2048 && share < 0.005),
        figures: json!({ "bytes_each": each, "cpu_share": share }),
    };
    table.add(row.row());
    Ok(())
}
