//! What it costs that every hop is recorded, and that all of them are exported besides.

use super::in_turn;
use crate::Arguments;
use crate::process::{Process, WITHOUT_HISTORY};
use crate::table::Table;

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    in_turn::run(arguments, "the history", [&[], WITHOUT_HISTORY], table).await
}

/// To a receiver that takes everything and does nothing with it: what a real one costs is not ours.
pub(super) async fn export(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let receiver = Process::wire_ceiling().await?;
    let url = format!("http://{}", receiver.address);
    in_turn::run(arguments, "--otlp", [&["--otlp", &url], &[]], table).await
}
