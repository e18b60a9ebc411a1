//! `konekuta doctor`: what this machine offers to a server and to functions, a line each.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use engine::{Clock, Timestamp};
use http::Method;
use lambda::Finding;
use serde_json::json;

use crate::config::{Config, Isolation, Settings};
use crate::connection::Connection;
use crate::serve::THIS_PROGRAM;

/// Say what this machine offers to a server and to functions, and how to mend what is missing.
#[derive(clap::Args, Debug)]
pub(crate) struct Doctor {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The settings that the server would get.
    #[command(flatten)]
    settings: Settings,
}

/// Clocks that are earlier are wrong: 1 January 2026.
const CLOCK_LEAST: Timestamp = Timestamp(1_767_225_600_000);

/// A server of ours answers within so long.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// How much it matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// The server does not work without it.
    Needed,
    /// Some functions do not.
    Wished,
}

pub(crate) async fn doctor(arguments: Doctor, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let config = arguments.settings.resolve()?;
    let mut findings = vec![
        (Weight::Needed, port(&config, &clock).await),
        (Weight::Needed, data_folder(&config.data_dir)),
        (Weight::Needed, time(clock.now())),
    ];
    // What is tried leaves nothing behind in the data folder.
    let scratch = tempfile::tempdir()?;
    let executor = lambda::ExecutorSettings {
        data_dir: scratch.path().to_path_buf(),
        python: config.python.clone(),
        path: config.path.clone(),
        container_variables: config.container_variables.clone(),
        supervisor: Some(PathBuf::from(THIS_PROGRAM)),
        isolation: config.isolation == Isolation::Auto,
        xray_daemon: None,
        environments_max: config.environments_max,
    };
    findings.extend(lambda::examine(&executor).await.into_iter().map(|finding| (Weight::Wished, finding)));
    if arguments.json {
        print_json(&findings);
    } else {
        print_lines(&findings);
    }
    let failing = findings.iter().filter(|(weight, finding)| is_failing(*weight, finding)).count();
    if failing > 0 {
        bail!("the server would not work: {failing} of the above must be mended");
    }
    Ok(())
}

fn is_failing(weight: Weight, finding: &Finding) -> bool {
    weight == Weight::Needed && !finding.holds
}

/// `ok`, `absent` (something works less well) or `fails`.
fn word(weight: Weight, finding: &Finding) -> &'static str {
    match (finding.holds, weight) {
        (true, _) => "ok",
        (false, Weight::Wished) => "absent",
        (false, Weight::Needed) => "fails",
    }
}

fn print_lines(findings: &[(Weight, Finding)]) {
    for (weight, finding) in findings {
        let mend = if finding.mend.is_empty() { String::new() } else { format!(" ({})", finding.mend) };
        println!("{:8} {:16} {}{mend}", word(*weight, finding), finding.part, finding.seen);
    }
}

fn print_json(findings: &[(Weight, Finding)]) {
    let entries: Vec<_> = findings
        .iter()
        .map(|(weight, finding)| {
            json!({"part": finding.part, "state": word(*weight, finding), "seen": finding.seen, "mend": finding.mend})
        })
        .collect();
    println!("{}", json!({"findings": entries}));
}

/// The port is free, or a server of ours has it.
async fn port(config: &Config, clock: &Arc<dyn Clock>) -> Finding {
    let part = "port";
    let address = SocketAddr::new(config.host, config.port);
    let Err(error) = TcpListener::bind(address) else {
        return holds(part, format!("{address} is free"));
    };
    let connection = Connection::to(format!("http://{address}"));
    let client = connection.client(Arc::clone(clock));
    let health = client.rest("konekuta", Method::GET, "/_konekuta/health", None);
    if tokio::time::timeout(ANSWER_MAX, health).await.is_ok_and(|health| health.is_ok()) {
        return holds(part, format!("a server runs at {address}"));
    }
    let mend = "end what listens there, or give --port".to_owned();
    Finding { part, holds: false, seen: format!("{address}: {error}"), mend }
}

fn holds(part: &'static str, seen: String) -> Finding {
    Finding { part, holds: true, seen, mend: String::new() }
}

/// The folder can be written to, or made.
fn data_folder(folder: &Path) -> Finding {
    let part = "data folder";
    let shown = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let there = shown.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let tried = tempfile::Builder::new().prefix(".konekuta-doctor-").tempfile_in(there);
    let state = if there == shown { "is there and can be written to" } else { "can be made" };
    match tried {
        Ok(_) => holds(part, format!("{} {state}", shown.display())),
        Err(error) => {
            let mend = "give --data-dir a folder that can be written to".to_owned();
            Finding { part, holds: false, seen: format!("{}: {error}", there.display()), mend }
        }
    }
}

fn time(now: Timestamp) -> Finding {
    let seen = aws::timestamp::iso_milliseconds(now.0);
    let right = now >= CLOCK_LEAST;
    let mend = if right { "" } else { "set the clock: signatures and schedules rest on it" };
    Finding { part: "clock", holds: right, seen, mend: mend.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_be_made_is_fine_and_one_below_a_file_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(data_folder(&folder.path().join("a/b")).holds);
        assert!(data_folder(folder.path()).holds);
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(!data_folder(&folder.path().join("file/below")).holds);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_clock_of_the_past_is_wrong() {
        assert!(!time(Timestamp(0)).holds && time(CLOCK_LEAST).holds);
    }
}
