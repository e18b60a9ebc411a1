//! Who may use whom, what files begin with, which names are banned; and the ten largest files, to look at.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Which crates of ours a crate may depend on. All else is forbidden.
const MAY_USE: &[(&str, &[&str])] = &[
    ("aws", &[]),
    ("engine", &[]),
    ("journal", &[]),
    ("history", &["engine"]),
    ("partition", &["engine"]),
    ("local", &["engine", "partition", "journal", "history"]),
    ("wire", &["aws"]),
    ("policy", &[]),
    ("service", &["wire", "engine", "aws"]),
    ("sqs", &["service", "policy", "engine", "aws"]),
    ("sns", &["service", "policy", "engine", "aws"]),
    ("s3", &["service", "engine", "aws"]),
    ("lambda", &["service", "policy", "engine", "aws"]),
    ("schedules", &["service", "engine", "aws"]),
    ("logs", &["service", "engine", "aws"]),
    ("sts", &["service", "engine", "aws"]),
    ("xray", &["service", "engine", "aws"]),
    ("otlp", &["service", "engine", "aws"]),
    ("stacks", &["service", "engine", "aws"]),
    ("journey", &["service", "engine", "aws"]),
    ("console", &["service", "aws"]),
    ("server", &["service", "wire", "engine", "aws"]),
    ("client", &["wire", "engine", "aws"]),
    ("template", &["aws"]),
    ("testkit", &["engine"]),
];
/// Names that say nothing about what lives in a file.
const BANNED: [&str; 10] =
    ["util", "utils", "common", "helper", "helpers", "misc", "manager", "base", "data", "info"];
const LARGEST: usize = 10;

pub(crate) fn run() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?;
    let mut complaints = Vec::new();
    for (name, allowed) in MAY_USE {
        complaints.extend(dependencies(root, name, allowed)?);
    }
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        collect(&root.join(folder), &mut files)?;
    }
    let mut sizes = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let shown = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        sizes.push((text.lines().count(), shown.clone()));
        complaints.extend(file_complaints(&file, &shown, &text));
    }
    sizes.sort_unstable_by(|left, right| right.cmp(left));
    println!("the largest files; what second subject hides in them?");
    for (lines, file) in sizes.iter().take(LARGEST) {
        println!("{lines:6} {file}");
    }
    if complaints.is_empty() {
        return Ok(());
    }
    bail!("{}", complaints.join("\n      "));
}

fn dependencies(root: &Path, name: &str, allowed: &[&str]) -> anyhow::Result<Vec<String>> {
    let path = root.join("crates").join(name).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let manifest: toml::Table = text.parse()?;
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let ours = |dependency: &&String| MAY_USE.iter().any(|(known, _)| known == dependency);
    Ok(dependencies
        .into_iter()
        .flat_map(toml::Table::keys)
        .filter(ours)
        .filter(|dependency| !allowed.contains(&dependency.as_str()))
        .map(|dependency| format!("{name} may not use {dependency}"))
        .collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn file_complaints(path: &Path, shown: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    if !text.starts_with("//!") {
        complaints.push(format!("{shown} does not begin by saying what lives here (//!)"));
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if BANNED.contains(&stem) {
        complaints.push(format!("{shown}: the name {stem} says nothing"));
    }
    complaints
}
