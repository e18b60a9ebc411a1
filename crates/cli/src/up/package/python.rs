//! The dependencies of a Python function, from its `requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use sha2::{Digest as _, Sha256};

/// Installs them into a folder beside the code, once for each content of the file. `None`: there are none.
pub(super) async fn dependencies(code: &Path) -> anyhow::Result<Option<PathBuf>> {
    let requirements = code.join("requirements.txt");
    let Ok(text) = std::fs::read(&requirements) else { return Ok(None) };
    let wanted =
        text.split(|byte| *byte == b'\n').any(|line| !line.trim_ascii().is_empty() && line[0] != b'#');
    if !wanted {
        return Ok(None);
    }
    let builds = code.join(".konekuta");
    let target = builds.join(hex::encode(&Sha256::digest(&text)[..8]));
    if target.exists() {
        return Ok(Some(target));
    }
    println!("{:<10} pip install -r {}", "building", requirements.display());
    let unfinished = builds.join("unfinished");
    let _ = std::fs::remove_dir_all(&unfinished);
    let status = tokio::process::Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
            "--requirement",
        ])
        .arg(&requirements)
        .arg("--target")
        .arg(&unfinished)
        .stdin(Stdio::null())
        .status()
        .await
        .context("cannot run python3; install it (Debian: apt-get install python3 python3-pip)")?;
    if !status.success() {
        bail!("pip could not install {}", requirements.display());
    }
    std::fs::create_dir_all(&unfinished)?;
    std::fs::rename(&unfinished, &target)?;
    Ok(Some(target))
}
