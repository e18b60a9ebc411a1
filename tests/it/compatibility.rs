//! The page that says what is as at AWS has a row for each action there is.

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;
use service::Row;

const BEGIN: &str = "<!-- actions -->\n";
const END: &str = "<!-- end of actions -->";

/// What is not plainly supported, and how far it is.
const STATES: [(&str, &str, &str); 9] = [
    ("SNS", "CreateSMSSandboxPhoneNumber", "recorded"),
    ("SNS", "GetDataProtectionPolicy", "stored only"),
    ("SNS", "ListOriginationNumbers", "supported; there are none"),
    ("SNS", "PutDataProtectionPolicy", "stored only"),
    ("SNS", "SetSMSAttributes", "stored only"),
    ("SNS", "CreatePlatformApplication", "stored only; what is published to devices is recorded"),
    ("X-Ray", "CreateGroup", "supported, but for tags (refused) and insights (stored only)"),
    ("X-Ray", "CreateSamplingRule", "supported, but for tags and boosts (refused)"),
    ("X-Ray", "PutTelemetryRecords", "checked and logged, no more"),
];

fn rows<S>(service: &str, actions: &[Row<S>]) -> String {
    let mut text = format!("### {service}\n\n| action | state |\n| --- | --- |\n");
    let mut names: Vec<&str> = actions.iter().map(|row| row.name).collect();
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
