//! How many a second, as ratios to the ceilings of the same run.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::json;

use super::queues::{Drain, Process as Cycle, send, send_batch};
use super::{BODY_BYTES, Line, create_queue, grouped, median, publish};
use crate::load::{Load, Outcome, Script};
use crate::process::Process;
use crate::request::Requests;
use crate::table::Table;
use crate::{Arguments, disk_ceiling, load};

/// What one round measures.
#[derive(Default)]
struct Rounds {
    wire_64: Vec<f64>,
    wire_16: Vec<f64>,
    disk_64: Vec<f64>,
    disk_256: Vec<f64>,
    send_memory: Vec<f64>,
    send_relaxed: Vec<f64>,
    send_fsync_64: Vec<f64>,
    send_fsync_256: Vec<f64>,
    batch_memory: Vec<f64>,
    batch_relaxed: Vec<f64>,
    batch_fsync: Vec<f64>,
    cycle_memory: Vec<f64>,
    cycle_relaxed: Vec<f64>,
    publish: publish::Rounds,
}

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let mut rounds = Rounds::default();
    for number in 1..=arguments.rounds {
        eprintln!("round {number} of {}", arguments.rounds);
        rounds.round(arguments).await?;
    }
    rounds.report(table);
    fixed_rate(arguments, table).await
}

impl Rounds {
    async fn round(&mut self, arguments: &Arguments) -> anyhow::Result<()> {
        let load = arguments.load();
        let ceiling = Process::wire_ceiling().await?;
        let request = send(&ceiling.requests(), "http://127.0.0.1:4566/000000000000/queue");
        self.wire_64.push(load::run(ceiling.address, load, vec![request.clone(); 64]).await?.rate);
        self.wire_16.push(load::run(ceiling.address, load, vec![request; 16]).await?.rate);
        drop(ceiling);
        let disk =
            |writers| disk_ceiling::records_per_second(&arguments.folder, writers, BODY_BYTES, load.measured);
        self.disk_64.push(disk(64)?);
        self.disk_256.push(disk(256)?);
        self.memory(arguments, load).await?;
        self.relaxed(arguments, load).await?;
        self.fsync(arguments, load).await?;
        self.publish.round(arguments, load).await
    }

    async fn memory(&mut self, arguments: &Arguments, load: Load) -> anyhow::Result<()> {
        let server = Process::konekuta(&arguments.program, &arguments.folder, "memory").await?;
        self.send_memory.push(one(&server.requests(), load, "send", 64, send).await?.rate);
        self.batch_memory.push(one(&server.requests(), load, "batch", 16, send_batch).await?.rate);
        self.cycle_memory.push(one(&server.requests(), load, "cycle", 16, cycle).await?.rate);
        Ok(())
    }

    async fn relaxed(&mut self, arguments: &Arguments, load: Load) -> anyhow::Result<()> {
        let server = Process::konekuta(&arguments.program, &arguments.folder, "relaxed").await?;
        self.send_relaxed.push(one(&server.requests(), load, "send", 64, send).await?.rate);
        self.batch_relaxed.push(one(&server.requests(), load, "batch", 16, send_batch).await?.rate);
        self.cycle_relaxed.push(one(&server.requests(), load, "cycle", 16, cycle).await?.rate);
        Ok(())
    }

    async fn fsync(&mut self, arguments: &Arguments, load: Load) -> anyhow::Result<()> {
        let server = Process::konekuta(&arguments.program, &arguments.folder, "fsync").await?;
        self.send_fsync_64.push(one(&server.requests(), load, "send", 64, send).await?.rate);
        self.send_fsync_256.push(one(&server.requests(), load, "send-256", 256, send).await?.rate);
        self.batch_fsync.push(one(&server.requests(), load, "batch", 16, send_batch).await?.rate);
        Ok(())
    }

    fn report(self, table: &mut Table) {
        let (wire, wire_16) = (median(self.wire_64), median(self.wire_16));
        let (disk_64, disk_256) = (median(self.disk_64), median(self.disk_256));
        ceiling("the wire's ceiling, 64 connections", wire, "requests", table);
        ceiling("the wire's ceiling, 16 connections", wire_16, "requests", table);
        ceiling("the disk's ceiling, 64 writers", disk_64, "records", table);
        ceiling("the disk's ceiling, 256 writers", disk_256, "records", table);

        let of_wire = |ceiling, least| Wanted { ceiling, of: "the wire's ceiling", least: Some(least) };
        let send = |of, figures, wanted: Wanted| (format!("SendMessage 1 KiB, {of}"), figures, wanted);
        let batch = |of| format!("SendMessageBatch 10 × 1 KiB, 16 connections, {of}");
        let lower = |disk: f64| Wanted {
            ceiling: (0.8 * disk).min(0.6 * wire),
            of: "the lower of 0.8 × the disk's and 0.6 × the wire's ceiling",
            least: Some(1.0),
        };
        for (work, figures, wanted) in [
            send("64 connections, memory", self.send_memory, of_wire(wire, 0.7)),
            send("64 connections, relaxed", self.send_relaxed, of_wire(wire, 0.6)),
            send("64 connections, fsync", self.send_fsync_64, lower(disk_64)),
            send("256 connections, fsync", self.send_fsync_256, lower(disk_256)),
        ] {
            wanted.line(&work, figures, table);
        }
        let memory = of_wire(wire_16, 2.0).line(&batch("memory"), self.batch_memory, table);
        let of_memory = |least| Wanted { ceiling: memory, of: "SendMessageBatch in memory", least };
        let relaxed = of_memory(Some(0.75)).line(&batch("relaxed"), self.batch_relaxed, table);
        of_memory(None).line(&batch("fsync"), self.batch_fsync, table);
        let work = |of| format!("send, receive and delete in batches of 10, {of}");
        of_memory(Some(0.5)).line(&work("memory"), self.cycle_memory, table);
        let of_relaxed = Wanted { ceiling: relaxed, of: "SendMessageBatch, relaxed", least: Some(0.5) };
        of_relaxed.line(&work("relaxed"), self.cycle_relaxed, table);
        self.publish.report(wire, table);
    }
}

/// What a rate is compared with, and how much of it there should be.
struct Wanted {
    ceiling: f64,
    of: &'static str,
    least: Option<f64>,
}

impl Wanted {
    /// Adds a line; the rate that was compared.
    fn line(&self, work: &str, figures: Vec<f64>, table: &mut Table) -> f64 {
        let figure = median(figures);
        let ratio = figure / self.ceiling;
        let row = Line {
            work,
            measured: format!("{} messages/s", grouped(figure)),
            against: format!("{ratio:.2} × {}", self.of),
            target: &self.least.map_or_else(String::new, |least| format!("≥ {least:.2}")),
            met: self.least.map(|least| ratio >= least),
            figures: json!({ "rate": figure, "ratio": ratio }),
        };
        table.add(row.row());
        figure
    }
}

/// Adds a line for a ceiling.
fn ceiling(work: &str, figure: f64, unit: &str, table: &mut Table) {
    let row = Line {
        work,
        measured: format!("{} {unit}/s", grouped(figure)),
        against: String::new(),
        target: "",
        met: None,
        figures: json!({ "rate": figure }),
    };
    table.add(row.row());
}

/// Measures one script in a queue of its own.
pub(super) async fn one<S: Script + Clone + 'static>(
    requests: &Requests,
    load: Load,
    queue: &str,
    connections: usize,
    script: fn(&Requests, &str) -> S,
) -> anyhow::Result<Outcome> {
    let queue_url = create_queue(requests, queue).await?;
    load::run(requests.address, load, vec![script(requests, &queue_url); connections]).await
}

pub(super) fn cycle(requests: &Requests, queue_url: &str) -> Cycle {
    Cycle { send: send_batch(requests, queue_url), drain: Drain::new(requests, queue_url) }
}

/// The latency at a rate that the server can keep, from the moment a request was due.
async fn fixed_rate(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    for durability in ["memory", "relaxed", "fsync"] {
        let server = Process::konekuta(&arguments.program, &arguments.folder, durability).await?;
        let load = Load { rate: Some(arguments.rate), ..arguments.load() };
        let outcome = one(&server.requests(), load, "open", 64, send).await?;
        latency(
            &format!("SendMessage at {} a second, {durability}", grouped(arguments.rate)),
            &outcome,
            table,
        );
    }
    Ok(())
}

fn latency(work: &str, outcome: &Outcome, table: &mut Table) {
    let figure = |quantile| outcome.milliseconds(quantile);
    let row = Line {
        work,
        measured: format!(
            "p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms",
            figure(0.5),
            figure(0.99),
            figure(0.999)
        ),
        against: format!("{} messages/s done", grouped(outcome.rate)),
        target: "",
        met: None,
        figures: json!({ "p50": figure(0.5), "p99": figure(0.99), "p999": figure(0.999), "rate": outcome.rate }),
    };
    table.add(row.row());
}

/// Another server: its rates beside the wire's ceiling, nothing that needs its process.
pub(super) async fn of_endpoint(
    arguments: &Arguments,
    address: SocketAddr,
    table: &mut Table,
) -> anyhow::Result<()> {
    let load = arguments.load();
    let ceiling = Process::wire_ceiling().await?;
    let request = send(&ceiling.requests(), "http://127.0.0.1:4566/000000000000/queue");
    let wire = load::run(ceiling.address, load, vec![request; 64]).await?.rate;
    drop(ceiling);
    let requests = Requests { address };
    let wanted = |name: &str| name.contains(&arguments.only);
    let mut works = Vec::new();
    if wanted("send") {
        works
            .push(("SendMessage 1 KiB, 64 connections", one(&requests, load, "bench-send", 64, send).await?));
    }
    if wanted("batch") {
        let work = "SendMessageBatch 10 × 1 KiB, 16 connections";
        works.push((work, one(&requests, load, "bench-batch", 16, send_batch).await?));
    }
    if wanted("cycle") {
        let work = "send, receive and delete in batches of 10";
        works.push((work, one(&requests, load, "bench-cycle", 16, cycle).await?));
    }
    for (work, outcome) in works {
        let ratio = outcome.rate / wire;
        let row = Line {
            work,
            measured: format!("{} messages/s", grouped(outcome.rate)),
            against: format!("{ratio:.2} × the wire's ceiling of {} requests/s", grouped(wire)),
            target: "",
            met: None,
            figures: json!({ "rate": outcome.rate, "ratio": ratio }),
        };
        table.add(row.row());
    }
    if !wanted("rate") {
        return Ok(());
    }
    let open =
        Load { rate: Some(arguments.rate), measured: Duration::from_secs_f64(arguments.seconds), ..load };
    let outcome = one(&requests, open, "bench-open", 64, send).await?;
    latency(&format!("SendMessage at {} a second", grouped(arguments.rate)), &outcome, table);
    Ok(())
}
