//! `BuildMethod: rust-cargolambda`: a release build by cargo, for this machine.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value as Json;

/// Builds and answers the executable: the one named, or the package's only one.
pub(super) async fn build(folder: &Path, binary: Option<&str>) -> anyhow::Result<PathBuf> {
    println!("{:<10} cargo build --release in {}", "building", folder.display());
    let mut command = tokio::process::Command::new("cargo");
    command.args(["build", "--release", "--message-format=json-render-diagnostics"]);
    if let Some(binary) = binary {
        command.args(["--bin", binary]);
    }
    let output = command
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .output()
        .await
        .context("cannot run cargo; install Rust from https://rustup.rs")?;
    if !output.status.success() {
        bail!("cargo build failed in {}", folder.display());
    }
    let executables = executables(&output.stdout);
    match executables.as_slice() {
        [(_, only)] => Ok(only.clone()),
        [] => bail!("{} has no binary", folder.display()),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            bail!("several binaries ({}); choose with Metadata.BuildProperties.Binary", names.join(", "))
        }
    }
}

/// Names and paths of the binaries among cargo's messages.
fn executables(messages: &[u8]) -> Vec<(String, PathBuf)> {
    let lines = messages.split(|byte| *byte == b'\n');
    let messages = lines.filter_map(|line| serde_json::from_slice::<Json>(line).ok());
    messages
        .filter(|message| message["target"]["kind"][0] == "bin")
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}
