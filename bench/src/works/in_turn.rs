//! The same load with a setting and without, in turn: what the setting costs.

use serde_json::json;

use super::queues::{send, send_batch};
use super::rates::{cycle, one};
use super::{Line, grouped, median};
use crate::Arguments;
use crate::process::Process;
use crate::table::Table;

/// A work's rates with something and without.
#[derive(Default)]
struct Pairs {
    with: Vec<f64>,
    without: Vec<f64>,
}

/// Measures sends, batches and cycles; `what` is what the first settings have and the second have not.
pub(super) async fn run(
    arguments: &Arguments,
    what: &str,
    [with, without]: [&[&str]; 2],
    table: &mut Table,
) -> anyhow::Result<()> {
    let (mut sends, mut batches, mut cycles) = (Pairs::default(), Pairs::default(), Pairs::default());
    for number in 1..=arguments.rounds {
        eprintln!("with {what} and without, round {number} of {}", arguments.rounds);
        // Whoever comes second finds a warmer machine: each is first in every other round.
        for has in [number % 2 == 0, number % 2 == 1] {
            let settings = if has { with } else { without };
            let server =
                Process::konekuta_set(&arguments.program, &arguments.folder, "relaxed", settings).await?;
            let (requests, load) = (server.requests(), arguments.load());
            sends.side(has).push(one(&requests, load, "send", 64, send).await?.rate);
            batches.side(has).push(one(&requests, load, "batch", 16, send_batch).await?.rate);
            cycles.side(has).push(one(&requests, load, "cycle", 16, cycle).await?.rate);
        }
    }
    let named = |work: &str| format!("{work}, relaxed, with {what}");
    sends.report(&named("SendMessage 1 KiB, 64 connections"), table);
    batches.report(&named("SendMessageBatch 10 × 1 KiB, 16 connections"), table);
    cycles.report(&named("send, receive and delete in batches of 10"), table);
    Ok(())
}

impl Pairs {
    fn side(&mut self, with: bool) -> &mut Vec<f64> {
        if with { &mut self.with } else { &mut self.without }
    }

    fn report(self, work: &str, table: &mut Table) {
        let (with, without) = (median(self.with), median(self.without));
        let ratio = with / without;
        let row = Line {
            work,
            measured: format!("{} messages/s", grouped(with)),
            against: format!("{ratio:.2} × {} without", grouped(without)),
            target: "≥ 0.90",
            met: Some(ratio >= 0.9),
            figures: json!({ "with": with, "without": without, "ratio": ratio }),
        };
        table.add(row.row());
    }
}
