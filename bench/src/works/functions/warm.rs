//! Invocations of a function that is warm.

use std::time::Duration;

use serde_json::json;

use super::{echo, invoke, with_echo};
use crate::Arguments;
use crate::load::{self, Repeat};
use crate::runtime_ceiling::BareRuntime;
use crate::table::Table;
use crate::works::{Line, median};

const EVENT: &str = r#"{"any": "event"}"#;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = with_echo(arguments, "memory").await?;
    let request = invoke(&server.requests(), "echo", EVENT);
    let (mut bare, mut invoked) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        let measured = Duration::from_secs_f64(arguments.seconds);
        let mut runtime = BareRuntime::start(&mut echo(arguments)).await?;
        bare.push(runtime.round_trips(EVENT, measured).await?.value_at_quantile(0.5) as f64);
        let script = Repeat { request: request.clone().into(), units: 1 };
        let outcome = load::run(server.address, arguments.load(), vec![script]).await?;
        invoked.push(outcome.latency.value_at_quantile(0.5) as f64);
    }
    let (bare, invoked) = (median(bare), median(invoked));
    let ratio = invoked / bare;
    let row = Line {
        work: "Invoke of a warm Rust function, p50",
        measured: format!("{:.3} ms", invoked / 1000.0),
        against: format!("{ratio:.2} × {:.3} ms, the Runtime API alone", bare / 1000.0),
        target: "≤ 2.00",
        met: Some(ratio <= 2.0),
        figures: json!({ "microseconds": invoked, "bare_microseconds": bare, "ratio": ratio }),
    };
    table.add(row.row());
    Ok(())
}
