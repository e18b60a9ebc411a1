//! Filter expressions, by the examples of AWS's documentation.

use serde_json::{Value as Json, json};

use super::{Asked, parse};
use crate::trace::{Nodes, Trace};

fn trace(documents: &Json) -> Trace {
    Trace::of_documents(documents.as_array().unwrap().clone())
}

/// A request to `api.example.com` that calls `backend.example.com`, which fails, and a table that is not instrumented.
fn example() -> Trace {
    trace(&json!([
        {
            "name": "api.example.com", "id": "000000000000000a", "start_time": 100.0, "end_time": 102.5, "user": "alice",
            "origin": "AWS::EC2::Instance", "aws": {"account_id": "123456789012", "ec2": {"instance_id": "i-1", "availability_zone": "z"}},
            "http": {"request": {"url": "http://api.example.com/v2/game/", "method": "GET", "client_ip": "10.0.0.1"}, "response": {"status": 200}},
            "annotations": {"account": "12345", "age": 30, "paid": false},
            "subsegments": [
                {"name": "backend.example.com", "id": "000000000000000b", "namespace": "remote", "start_time": 100.5, "end_time": 102.0},
                {"name": "DynamoDB", "id": "000000000000000c", "namespace": "aws", "aws": {"table_name": "t"}, "start_time": 102.0, "end_time": 102.1},
            ],
        },
        {
            "name": "backend.example.com", "id": "000000000000000d", "parent_id": "000000000000000b", "start_time": 100.6,
            "end_time": 108.0, "fault": true, "resource_arn": "arn:aws:x:::y",
            "subsegments": [{
                "name": "deserialize", "id": "000000000000000e", "start_time": 100.7, "end_time": 101.0, "fault": true,
                "cause": {"exceptions": [{"type": "ValueError", "message": "no number"}]},
            }],
        },
    ]))
}

fn holds(text: &str) -> bool {
    let (trace, expression) = (example(), parse(text).unwrap_or_else(|reason| panic!("{text}: {reason}")));
    let nodes = Nodes::of(&trace);
    let slow = |_, name: &str| (name == "slow").then(|| parse("responsetime > 2").unwrap());
    expression.fits(&Asked { trace: &trace, nodes: &nodes, group: &slow })
}

#[test]
fn traces_are_found_by_what_the_documentation_lists() {
    for text in [
        "responsetime > 2",
        "responseTime >= 2.5 and responsetime <= 2.5",
        "duration >= 5 AND duration <= 8",
        "ok",
        "ok = true",
        "!fault",
        "ok !partial duration <9",
        "http.status != 404",
        "http.url CONTAINS \"/game/\" AND http.url BEGINSWITH \"http://api\" AND http.url ENDSWITH '/'",
        "http.url AND responseTime > 2",
        "user CONTAINS \"\"",
        "user = \"alice\" OR user = \"bob\"",
        "(fault OR ok) AND http.method = \"GET\"",
        "annotation.account = \"12345\"",
        "annotation[account] != \"x\"",
        "annotation.age > 29",
        "annotation.age",
        "!annotation.paid",
        "annotation.paid = false",
        "!annotation.nothing",
        "service(\"backend.example.com\") { fault }",
        "service(\"backend.example.com\") { fault = true OR responsetime > 2.5 } AND annotation.account = \"12345\"",
        "service() { fault }",
        "service(id(name: \"api.example.com\", type: \"AWS::EC2::Instance\", account.id: \"123456789012\")) { ok and root }",
        "service(id(type: \"AWS::DynamoDB::Table\")) { inferred }",
        "service(\"api.example.com\") { annotation.age = 30 }",
        "!service(\"elsewhere\")",
        "edge(\"api.example.com\", \"backend.example.com\") { fault }",
        "edge(\"api.example.com\", id(name: \"t\")) { ok }",
        "edge(id(type: \"client\"), \"api.example.com\")",
        "group.name = \"slow\" AND user = \"alice\"",
        "group.name != \"other\"",
        "inferred",
        "instance.id = \"i-1\" availabilityzone = \"z\" resource.arn = \"arn:aws:x:::y\"",
        "rootcause.fault.service { last and name = \"backend.example.com\" }",
        "rootcause.fault.entity { last and name = deserialize }",
        "rootcause.fault.exception { name = \"ValueError\" and message CONTAINS \"number\" }",
        "rootcause.fault.service { index > 0 }",
        r#"rootcause.json = #[{"Services": [{"Name": "api.example.com"}, {"Name": "backend.example.com", "EntityPath": [{"Name": "backend.example.com"}, {"Name": "deserialize"}]}]}]"#,
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn traces_that_are_otherwise_are_not_found() {
    for text in [
        "responsetime > 2.5",
        "fault",
        "error OR throttle",
        "partial",
        "http.status = 404",
        "user = \"Alice\"",
        "annotation.paid",
        "annotation.account = 12345",
        "service(\"api.example.com\") { fault }",
        "service(id(name: \"api.example.com\", type: \"AWS::Lambda\"))",
        "edge(\"backend.example.com\", \"api.example.com\")",
        "group.name = \"other\"",
        "rootcause.fault.entity { first and name = deserialize }",
        "rootcause.error.service { name = \"backend.example.com\" }",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn or_binds_less_than_and() {
    assert!(holds("ok OR fault AND partial"));
    assert!(!holds("(ok OR fault) AND partial"));
}

#[test]
fn what_is_no_expression_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "keyword"),
        ("responsetim > 5", "responsetim is not a keyword"),
        ("responsetime > \"5\"", "a number is compared"),
        ("responsetime >", "a value was expected"),
        ("ok > true", "true or false"),
        ("user < \"a\"", "a text is compared"),
        ("service(\"a\"", ") was expected"),
        ("service(\"a\") { fault", "} was expected"),
        ("service(\"a\") { service(\"b\") }", "within braces"),
        ("ok)", ") was not expected"),
        ("user = \"a", "has no end"),
        ("last", "only within rootcause"),
        ("rootcause.fault.service { duration > 5 }", "says nothing of a root cause"),
        ("rootcause.responsetime.entity { last }", "response times are not told"),
        ("rootcause.json = #{", "not JSON"),
        ("ok AND", "a keyword was expected"),
        ("id(nom: \"x\")", "is not a keyword"),
        ("service(id(nom: \"x\"))", "not nom"),
        ("ok & fault", "has no meaning"),
    ] {
        let refused = parse(text).unwrap_err();
        assert!(refused.contains(reason), "{text}: {refused}");
    }
    let deep = format!("{}ok{}", "(".repeat(100), ")".repeat(100));
    assert!(parse(&deep).unwrap_err().contains("deeper"));
    assert!(parse(&"ok ".repeat(1000)).unwrap_err().contains("longer"));
}

/// What expressions are made of, and what they are not.
const PIECES: [&str; 30] = [
    "ok",
    "fault",
    "!",
    "!=",
    "=",
    "<",
    ">=",
    "AND",
    "or",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "#",
    "#[{}]",
    "service",
    "edge",
    "id",
    "annotation",
    "annotation.a",
    "user",
    "\"x\"",
    "5",
    "-1e9",
    "rootcause.fault.entity",
    "\\\"é",
];

proptest::proptest! {
    #[test]
    fn no_text_is_more_than_the_parser_can_take(text in "\\PC{0,60}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_order_of_words_is_more_than_parser_and_traces_can_take(pieces in proptest::collection::vec(0..PIECES.len(), 0..25)) {
        let text = pieces.iter().map(|piece| PIECES[*piece]).collect::<Vec<_>>().join(" ");
        if let Ok(expression) = parse(&text) {
            let trace = example();
            let nodes = Nodes::of(&trace);
            expression.fits(&Asked { trace: &trace, nodes: &nodes, group: &|_, _| None });
        }
    }
}
