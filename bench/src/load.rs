//! Load from many connections on one thread: closed (each connection sends as soon as it is answered) or open (at a
//! fixed rate, latency counted from when the request was due, so that a stall is not hidden by waiting for it).

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::client::Connection;

/// What one connection does over and over.
pub(crate) trait Script {
    /// One step; answers how many units (messages, requests) it did.
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<u64>;
}

/// The same request again and again.
#[derive(Clone)]
pub(crate) struct Repeat {
    pub(crate) request: Rc<[u8]>,
    /// Units a request.
    pub(crate) units: u64,
}

impl Script for Repeat {
    async fn step(&mut self, connection: &mut Connection) -> anyhow::Result<u64> {
        connection.call(&self.request).await?.success()?;
        Ok(self.units)
    }
}

/// How long to measure, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) warm: Duration,
    pub(crate) measured: Duration,
    /// Steps a second over all connections; `None`: as fast as it goes.
    pub(crate) rate: Option<f64>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Units a second.
    pub(crate) rate: f64,
    /// Of a step, in microseconds.
    pub(crate) latency: Histogram<u64>,
}

impl Outcome {
    /// A quantile of the latency, in milliseconds.
    pub(crate) fn milliseconds(&self, quantile: f64) -> f64 {
        Duration::from_micros(self.latency.value_at_quantile(quantile)).as_secs_f64() * 1000.0
    }
}

struct Tally {
    units: u64,
    latency: Histogram<u64>,
}

/// Runs a script on each of several connections.
pub(crate) async fn run<S: Script + 'static>(
    address: SocketAddr,
    load: Load,
    scripts: Vec<S>,
) -> anyhow::Result<Outcome> {
    let tally = Rc::new(RefCell::new(Tally { units: 0, latency: Histogram::new(3)? }));
    let mut connections = Vec::new();
    for script in scripts {
        connections.push((Connection::open(address).await?, script));
    }
    let count = u32::try_from(connections.len()).context("too many connections")?;
    let from = Instant::now() + load.warm;
    let until = from + load.measured;
    let mut tasks = JoinSet::new();
    let local = tokio::task::LocalSet::new();
    let between = load.rate.map(|rate| Duration::from_secs_f64(f64::from(count) / rate));
    for (index, (connection, script)) in connections.into_iter().enumerate() {
        let pace = between.map(|between| Pace {
            due: Instant::now() + between.mul_f64(index as f64 / f64::from(count)),
            between,
        });
        tasks.spawn_local_on(one(connection, script, pace, from, until, Rc::clone(&tally)), &local);
    }
    local
        .run_until(async {
            while let Some(ended) = tasks.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        })
        .await?;
    let tally = tally.borrow();
    Ok(Outcome { rate: tally.units as f64 / load.measured.as_secs_f64(), latency: tally.latency.clone() })
}

/// When the next step is due.
struct Pace {
    due: Instant,
    between: Duration,
}

impl Pace {
    /// The runtime's timer counts in milliseconds; the rest is spun away.
    async fn reached(&self) {
        if let Some(early) = self.due.checked_sub(Duration::from_millis(2)) {
            tokio::time::sleep_until(early.into()).await;
        }
        while Instant::now() < self.due {
            tokio::task::yield_now().await;
        }
    }
}

async fn one<S: Script>(
    mut connection: Connection,
    mut script: S,
    mut pace: Option<Pace>,
    from: Instant,
    until: Instant,
    tally: Rc<RefCell<Tally>>,
) -> anyhow::Result<()> {
    loop {
        let mut begun = Instant::now();
        if let Some(pace) = &mut pace {
            pace.reached().await;
            begun = pace.due;
            pace.due += pace.between;
        }
        let units = script.step(&mut connection).await?;
        let now = Instant::now();
        if now >= until {
            return Ok(());
        }
        if now >= from {
            let mut tally = tally.borrow_mut();
            tally.units += units;
            tally.latency.record(u64::try_from((now - begun).as_micros())?.max(1))?;
        }
    }
}
