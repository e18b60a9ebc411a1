//! `konekuta replay`: what a step got, once more; one journey's, or all that failed.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use client::Client;
use engine::Clock;
use http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::connection::Connection;
use crate::start::print_way;

/// Give a step what it got in a journey once more, or everything that failed there. Nothing is replayed twice in a run.
#[derive(clap::Args, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Replay {
    /// The journey: a trace id, or anything that finds it.
    #[arg(required_unless_present = "failed", conflicts_with = "failed")]
    journey: Option<String>,
    /// The step to begin at: a function, queue or topic.
    #[arg(long, required_unless_present = "failed")]
    from: Option<String>,
    /// The step to end at: what it brings about is told and goes no further.
    #[arg(long)]
    to: Option<String>,
    /// Of a topic, this subscription alone (its ARN).
    #[arg(long, conflicts_with = "failed")]
    only: Option<String>,
    /// First make the objects that the step will read what they were, where their buckets keep versions.
    // Not of many at once: they run side by side, and one would pull another's objects away.
    #[arg(long, conflicts_with = "failed")]
    restore: bool,
    /// Change the message in `$EDITOR` first.
    #[arg(long, conflicts_with = "failed")]
    edit: bool,
    /// Everything that went to dead letters, was given up, or failed and is in no queue any more.
    #[arg(long)]
    failed: bool,
    /// With `--failed`: not older than this (`90s`, `15m`, `1h`, `2d`).
    #[arg(long, value_parser = duration, default_value = "1h")]
    since: Duration,
    /// With `--failed`: so many a second at the most.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// The run's name: what was replayed in a run is not replayed in it again.
    #[arg(long, default_value = "replay")]
    run: String,
    /// Only show what would be replayed.
    #[arg(long)]
    dry_run: bool,
    /// The editor for `--edit`.
    #[arg(long, env = "EDITOR", default_value = "vi", hide = true)]
    editor: String,
    #[command(flatten)]
    connection: Connection,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time such as 90s, 15m, 1h or 2d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let each = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number.saturating_mul(each)))
}

pub(crate) async fn replay(arguments: Replay, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let client = arguments.connection.client(Arc::clone(&clock));
    if arguments.failed { all(&client, &arguments, &clock).await } else { one(&client, &arguments).await }
}

async fn post(client: &Client, input: &Json) -> anyhow::Result<Json> {
    let answer = client.rest("konekuta", Method::POST, "/_konekuta/api/replays", Some(input)).await;
    answer.context("cannot replay")
}

fn list<'a>(answer: &'a Json, name: &str) -> &'a [Json] {
    answer[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

async fn one(client: &Client, arguments: &Replay) -> anyhow::Result<()> {
    let mut input = json!({
        "journey": arguments.journey,
        "from": arguments.from,
        "run": arguments.run,
        "restore": arguments.restore,
        "dryRun": arguments.dry_run,
    });
    if let Some(only) = &arguments.only {
        input["only"] = json!(only);
    }
    if let Some(to) = &arguments.to {
        input["to"] = json!(to);
    }
    if arguments.edit {
        input["dryRun"] = json!(true);
        let shown = post(client, &input).await?;
        let [recorded] = list(&shown, "replays") else {
            bail!("the step got several messages; only a single one can be edited");
        };
        input["message"] = json!(edited(text(recorded, "message"), &arguments.editor)?);
        input["dryRun"] = json!(arguments.dry_run);
    }
    let answer = post(client, &input).await?;
    for object in list(&answer, "objects") {
        if let Some(line) = told(object, arguments.restore) {
            eprintln!("{line}");
        }
    }
    for replay in list(&answer, "replays") {
        println!("{}", line(replay, &arguments.run));
    }
    print_way(&answer);
    Ok(())
}

/// What became of an object that the step reads, unless it is what it was.
fn told(object: &Json, restores: bool) -> Option<String> {
    let place = format!("s3://{}/{}", text(object, "bucket"), text(object, "key"));
    let became = match text(object, "state") {
        "changed" => "has changed since",
        "gone" => "is gone",
        "restored" => {
            return Some(format!(
                "{place} is again what it was, as version {}",
                text(object, "versionIdNow")
            ));
        }
        _ => return None,
    };
    let remedy = match text(object, "reason") {
        "" if restores => "it would be restored".to_owned(),
        "" => "--restore makes it what it was".to_owned(),
        reason => format!("it cannot be restored: {reason}"),
    };
    Some(format!("{place} {became}; {remedy}"))
}

fn line(replay: &Json, run: &str) -> String {
    let (to, journey) = (text(replay, "to"), text(replay, "journey"));
    match text(replay, "state") {
        "replayed" => format!("replayed to {to}: {journey}"),
        "before" => {
            format!(
                "not again to {to}: run {run} has replayed it as {journey}; another --run replays it again"
            )
        }
        _ => format!("would replay to {to}: {}", text(replay, "message")),
    }
}

/// The message as the user left it.
fn edited(message: &str, editor: &str) -> anyhow::Result<String> {
    let mut file = tempfile::Builder::new().prefix("konekuta-").suffix(".json").tempfile()?;
    file.write_all(message.as_bytes())?;
    file.flush()?;
    let path: PathBuf = file.path().to_owned();
    // An editor may come with arguments of its own.
    let mut words = editor.split_whitespace();
    let program = words.next().context("EDITOR is empty")?;
    let status = std::process::Command::new(program).args(words).arg(&path).status();
    let status = status.with_context(|| format!("cannot run {editor}"))?;
    ensure!(status.success(), "{editor} ended with {status}; nothing was replayed");
    let text = std::fs::read_to_string(&path)?;
    // Editors end a file with a line end of their own.
    Ok(if message.ends_with('\n') { text } else { text.trim_end_matches('\n').to_owned() })
}

async fn all(client: &Client, arguments: &Replay, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    ensure!(arguments.rate > 0, "--rate must be at least 1");
    let age = u64::try_from(arguments.since.as_millis()).unwrap_or(u64::MAX);
    let since = clock.now().0.saturating_sub(age);
    let mut path = format!("/_konekuta/api/failures?since={since}&run={}", arguments.run);
    if let Some(from) = &arguments.from {
        path.extend(["&from=", from]);
    }
    let answer = client.rest("konekuta", Method::GET, &path, None).await.context("cannot list failures")?;
    let failures = list(&answer, "failures");
    let (before, left): (Vec<&Json>, Vec<&Json>) =
        failures.iter().partition(|failure| failure["replayed"] == true);
    if !before.is_empty() {
        println!("{} were replayed in run {} before", before.len(), arguments.run);
    }
    if arguments.dry_run {
        for failure in &left {
            println!("would replay {} from {}", text(failure, "journey"), text(failure, "from"));
        }
        println!("{} would be replayed", left.len());
        return Ok(());
    }
    let bar = ProgressBar::new(left.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?);
    let between = Duration::from_secs(1) / arguments.rate;
    let mut failed = Vec::new();
    let mut done = 0;
    for failure in left {
        let next = clock.now().plus(between);
        bar.set_message(text(failure, "journey").to_owned());
        let input = json!({"hop": failure["hop"], "run": arguments.run, "to": arguments.to});
        match post(client, &input).await {
            Ok(answer) => {
                let replays = list(&answer, "replays").iter();
                done += replays.filter(|replay| text(replay, "state") == "replayed").count();
            }
            Err(error) => failed.push(format!("{}: {error:#}", text(failure, "journey"))),
        }
        bar.inc(1);
        clock.sleep_until(next).await;
    }
    bar.finish_and_clear();
    println!("{done} replayed");
    ensure!(failed.is_empty(), "{} could not be replayed:\n  {}", failed.len(), failed.join("\n  "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_that_is_not_what_it_was_is_told_of_with_a_remedy() {
        let object = |state: &str, reason: &str| json!({"bucket": "b", "key": "k", "state": state, "reason": reason, "versionIdNow": "7"});
        assert_eq!(told(&object("unchanged", ""), false), None);
        let changed = told(&object("changed", ""), false).unwrap();
        assert_eq!(changed, "s3://b/k has changed since; --restore makes it what it was");
        let gone = told(&object("gone", "the bucket keeps no versions"), false).unwrap();
        assert_eq!(gone, "s3://b/k is gone; it cannot be restored: the bucket keeps no versions");
        assert_eq!(
            told(&object("restored", ""), true).unwrap(),
            "s3://b/k is again what it was, as version 7"
        );
    }

    #[test]
    fn times_have_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2d"), Ok(Duration::from_hours(48)));
        for wrong in ["", "1", "h", "1y", "日"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
