//! The page that says what is as at AWS has a row for each action there is.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;
use service::Row;

const BEGIN: &str = "<!-- actions -->\n";
const END: &str = "<!-- end of actions -->";

/// What is not plainly supported, and how far it is.
const STATES: [(&str, &str, &str); 14] = [
    ("SNS", "CreateSMSSandboxPhoneNumber", "recorded"),
    ("SNS", "GetDataProtectionPolicy", "stored only"),
    ("SNS", "ListOriginationNumbers", "supported; there are none"),
    ("SNS", "PutDataProtectionPolicy", "stored only"),
    ("SNS", "SetSMSAttributes", "stored only"),
    ("SNS", "CreatePlatformApplication", "stored only; what is published to devices is recorded"),
    ("X-Ray", "CreateGroup", "supported, but for tags (refused) and insights (stored only)"),
    ("X-Ray", "CreateSamplingRule", "supported, but for tags and boosts (refused)"),
    ("X-Ray", "GetInsight", "supported; there are none"),
    ("X-Ray", "GetInsightEvents", "supported; there are none"),
    ("X-Ray", "GetInsightImpactGraph", "supported; there are none"),
    (
        "X-Ray",
        "GetInsightSummaries",
        "supported for groups without insights, which have none; for others refused",
    ),
    ("X-Ray", "PutEncryptionConfig", "supported, but for keys of KMS (refused)"),
    ("X-Ray", "PutTelemetryRecords", "checked and logged, no more"),
];

fn rows<S>(service: &str, actions: &[Row<S>]) -> String {
    table(service, actions.iter().map(|row| row.name).collect())
}

fn table(service: &str, mut names: Vec<&str>) -> String {
    let mut text = format!("### {service}\n\n| action | state |\n| --- | --- |\n");
    names.sort_unstable();
    for name in names {
        let special = STATES.iter().find(|(of, action, _)| (*of, *action) == (service, name));
        let state = special.map_or("supported", |(_, _, state)| state);
        writeln!(text, "| {name} | {state} |").unwrap();
    }
    text
}

#[test]
fn the_page_of_compatibility_has_a_row_for_each_action() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let tables = [
        rows("SQS", sqs::ACTIONS),
        rows("SNS", sns::ACTIONS),
        rows("Lambda", lambda::ACTIONS),
        rows("EventBridge", schedules::RULE_ACTIONS),
        rows("EventBridge Scheduler", schedules::SCHEDULE_ACTIONS),
        table("S3", s3::operations().collect()),
        rows("STS", sts::ACTIONS),
        rows("X-Ray", xray::ACTIONS),
    ];
    expect_file![path].assert_eq(&format!("{before}{BEGIN}\n{}\n{END}{after}", tables.join("\n")));
}

#[test]
fn a_state_is_said_only_of_actions_that_there_are() {
    for (service, action, _) in STATES {
        let known = match service {
            "SNS" => sns::ACTIONS.iter().any(|row| row.name == action),
            "X-Ray" => xray::ACTIONS.iter().any(|row| row.name == action),
            _ => false,
        };
        assert!(known, "{service} {action}");
    }
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md"))
        .unwrap()
}

/// Rows of the tables below a heading, up to the next heading of that rank: rule and state.
fn rules<'a>(page: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
    let rank = heading.split(' ').next().unwrap();
    let (_, below) = page.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("{heading}"));
    let section = below.split(&format!("\n{rank} ")).next().unwrap();
    let cells =
        section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells.filter(|(rule, _)| !rule.starts_with("---") && *rule != "rule" && *rule != "switch").collect()
}

#[test]
fn every_rule_has_a_state_of_those_that_the_page_explains() {
    let page = page();
    let (_, page) = page.split_once("\n## Rules\n").unwrap();
    let page = format!("\n{page}");
    for service in ["SQS", "SNS", "Lambda", "S3"] {
        let rules = rules(&page, &format!("### {service}"));
        assert!(rules.len() > 10, "{service}");
        for (rule, state) in rules {
            let known =
                ["supported", "stored only", "recorded", "refused", "never answered", "none", "at most"];
            assert!(known.iter().any(|known| state.starts_with(known)), "{service}: {rule}: {state}");
        }
    }
}

#[test]
fn the_switches_of_the_page_are_settings_of_the_server() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    for (switch, _) in rules(&page(), "### Switches") {
        assert!(readme.contains(&format!("| {switch}")), "{switch}");
    }
}
