//! What was measured, beside what was wanted.

use serde::Serialize;

/// One line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) work: String,
    /// The figure with its unit.
    pub(crate) measured: String,
    /// What it is compared with.
    pub(crate) against: String,
    /// Target, as in the table of `bench/README.md`.
    pub(crate) target: String,
    /// Whether it is met; `None` where nothing is wanted.
    pub(crate) met: Option<bool>,
    /// Figures for programs.
    pub(crate) figures: serde_json::Map<String, serde_json::Value>,
}

/// All lines.
#[derive(Default, Serialize)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a line and shows it at once.
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", line(&row));
        self.rows.push(row);
    }

    pub(crate) fn print(&self) {
        println!("\n| work | measured | against | target | met |\n| --- | --- | --- | --- | --- |");
        for row in &self.rows {
            println!("{}", line(row));
        }
    }

    pub(crate) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}

fn line(row: &Row) -> String {
    let met = match row.met {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "",
    };
    format!("| {} | {} | {} | {} | {met} |", row.work, row.measured, row.against, row.target)
}
