//! A journey as a tree with bars.

use serde_json::Value as Json;

use super::{hops, text};

/// Characters of a bar.
const BAR: u64 = 30;
/// Characters of a title; longer ones push their bar to the right.
const TITLE: usize = 64;

pub(super) fn draw(journey: &Json) -> String {
    let about = &journey["journey"];
    let whole = about["tookMs"].as_u64().unwrap_or(0).max(1);
    let began = aws::timestamp::iso_milliseconds(about["startedAt"].as_u64().unwrap_or(0));
    let mut lines =
        vec![format!("{}  {}  {whole} ms  began {began}", text(about, "id"), text(about, "outcome"))];
    let hops = hops(journey);
    // The columns in which a later sibling still follows.
    let mut open: Vec<bool> = Vec::new();
    for (index, hop) in hops.iter().enumerate() {
        let depth = depth(hop);
        open.resize(depth + 1, false);
        open[depth] = has_sibling_below(&hops[index + 1..], depth);
        let branches = branches(&open, depth);
        let title = format!("{branches}{} {}", mark(hop), text(hop, "title"));
        let padding = " ".repeat(TITLE.saturating_sub(title.chars().count()));
        lines.push(format!("{title}{padding} {} {}", bar(hop, whole), time(hop)).trim_end().to_owned());
        let below = details_indent(&open, depth);
        lines.extend(details(hop).into_iter().map(|detail| format!("{below}{detail}")));
    }
    if about["cutShort"] == true {
        lines.push("… and more that is not shown".to_owned());
    }
    lines.join("\n")
}

fn depth(hop: &Json) -> usize {
    hop["depth"].as_u64().and_then(|depth| usize::try_from(depth).ok()).unwrap_or(0)
}

fn has_sibling_below(rest: &[Json], own: usize) -> bool {
    rest.iter().map(depth).take_while(|depth| *depth >= own).any(|depth| depth == own)
}

fn branches(open: &[bool], depth: usize) -> String {
    let above: String =
        open.iter().take(depth).skip(1).map(|open| if *open { "│  " } else { "   " }).collect();
    match (depth, open.get(depth)) {
        (0, _) => String::new(),
        (_, Some(true)) => above + "├─ ",
        _ => above + "└─ ",
    }
}

fn details_indent(open: &[bool], depth: usize) -> String {
    let column = |open: &bool| if *open { "│  " } else { "   " };
    open.iter().take(depth + 1).skip(1).map(column).collect::<String>() + "     "
}

fn mark(hop: &Json) -> &'static str {
    match text(hop, "outcome") {
        "ok" => "●",
        "running" => "◌",
        "skipped" => "○",
        _ => "✖",
    }
}

/// Where in the journey's time a hop lies.
fn bar(hop: &Json, whole: u64) -> String {
    let start = hop["startMs"].as_u64().unwrap_or(0).min(whole);
    let before = start * BAR / whole;
    let took = took(hop);
    let length = (took * BAR / whole).clamp(1, BAR.saturating_sub(before).max(1));
    let text = |character: &str, count: u64| character.repeat(usize::try_from(count).unwrap_or(0));
    let after = BAR.saturating_sub(before + length);
    format!("{}{}{}", text("·", before), text("█", length), text("·", after))
}

/// Whole milliseconds.
fn took(hop: &Json) -> u64 {
    std::time::Duration::try_from_secs_f64(hop["tookMs"].as_f64().unwrap_or(0.0) / 1000.0)
        .map_or(0, |took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

fn time(hop: &Json) -> String {
    let mut parts = Vec::new();
    if took(hop) > 0 {
        parts.push(format!("{} ms", took(hop)));
    }
    if let Some(waited) = hop["waitedMs"].as_u64() {
        parts.push(format!("waited {waited} ms"));
    }
    let notes = &hop["notes"];
    if text(notes, "start") == "cold" {
        parts.push(format!("cold, init {} ms", text(notes, "initMs")));
    }
    if let Some(size) = notes["size"].as_str() {
        parts.push(format!("{size} bytes"));
    }
    parts.join(", ")
}

/// Why something failed, and what the function printed then.
fn details(hop: &Json) -> Vec<String> {
    let notes = &hop["notes"];
    let mut details = Vec::new();
    for name in ["error", "message", "reason"] {
        if let Some(value) = notes[name].as_str().filter(|value| !value.is_empty()) {
            details.push(format!("{name}: {value}"));
        }
    }
    if text(hop, "outcome") == "failed" {
        details.extend(text(notes, "log").lines().map(|line| format!("| {line}")));
    }
    details
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use super::draw;

    #[test]
    fn a_journey_is_a_tree_with_bars_reasons_and_logs() {
        let hop = |depth: u64, start: u64, took: f64, outcome: &str, title: &str| json!({"depth": depth, "startMs": start, "tookMs": took, "outcome": outcome, "title": title, "notes": {}});
        let mut failed = hop(2, 10, 90.0, "failed", "f runs");
        failed["notes"] = json!({"error": "ValueError", "message": "no", "log": "START\nEND", "start": "cold", "initMs": "5.000"});
        let journey = json!({
            "journey": {"id": "1-2-3", "outcome": "failed", "tookMs": 100, "startedAt": 1_767_225_600_000_u64},
            "hops": [
                hop(0, 0, 0.0, "ok", "publish to t"),
                hop(1, 1, 0.0, "ok", "send to q"),
                failed,
                hop(1, 1, 0.0, "skipped", "not wanted by r"),
            ],
        });
        expect![[r"
            1-2-3  failed  100 ms  began 2026-01-01T00:00:00.000Z
            ● publish to t                                                   █·····························
            ├─ ● send to q                                                   █·····························
            │  └─ ✖ f runs                                                   ···███████████████████████████ 90 ms, cold, init 5.000 ms
            │          error: ValueError
            │          message: no
            │          | START
            │          | END
            └─ ○ not wanted by r                                             █·····························"]]
        .assert_eq(&draw(&journey));
    }
}
