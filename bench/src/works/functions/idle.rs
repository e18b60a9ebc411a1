//! A hundred functions that have run and wait.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use super::invoke;
use crate::Arguments;
use crate::client::Connection;
use crate::process::Process;
use crate::table::Table;
use crate::works::Line;

const FUNCTIONS: usize = 100;
const QUIET: Duration = Duration::from_secs(5);

pub(super) async fn run(arguments: &Arguments, table: &mut Table) -> anyhow::Result<()> {
    let server = Process::konekuta(&arguments.program, &arguments.folder, "relaxed").await?;
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let template = folder.path().join("template.yaml");
    std::fs::write(&template, functions(arguments)?)?;
    server.up(&arguments.program, &template, &[])?;
    let mut connection = Connection::open(server.address).await?;
    for number in 0..FUNCTIONS {
        connection.call(&invoke(&server.requests(), &format!("idle-{number}"), "{}")).await?.success()?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cpu = server.cpu()?;
    tokio::time::sleep(QUIET).await;
    let share = server.cpu()?.saturating_sub(cpu).as_secs_f64() / QUIET.as_secs_f64();
    let row = Line {
        work: "100 functions, warm and idle",
        measured: format!("{:.2} % of a core", share * 100.0),
        against: String::new(),
        target: "no CPU",
        met: Some(share < 0.005),
        figures: json!({ "cpu_share": share }),
    };
    table.add(row.row());
    Ok(())
}

/// The echo function's entry of the template under a hundred names.
fn functions(arguments: &Arguments) -> anyhow::Result<String> {
    let code = std::fs::canonicalize(&arguments.functions)?;
    let mut template = "Transform: AWS::Serverless-2016-10-31\nResources:\n".to_owned();
    for number in 0..FUNCTIONS {
        writeln!(
            template,
            "  Idle{number}:\n    Type: AWS::Serverless::Function\n    Metadata:\n      BuildMethod: rust-cargolambda\n      \
             BuildProperties: {{Binary: echo}}\n    Properties: {{FunctionName: idle-{number}, Handler: bootstrap, \
             Runtime: provided.al2023, CodeUri: {}}}",
            code.display()
        )?;
    }
    Ok(template)
}
