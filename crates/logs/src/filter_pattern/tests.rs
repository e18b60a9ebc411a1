//! Patterns and lines of AWS's own pages' kinds.

use super::FilterPattern;

fn matches(pattern: &str, message: &str) -> bool {
    FilterPattern::parse(pattern).unwrap().matches(message)
}

fn refused(pattern: &str) -> bool {
    FilterPattern::parse(pattern).is_err()
}

#[test]
fn an_empty_pattern_matches_everything() {
    assert!(matches("", "anything") && matches("  ", ""));
}

#[test]
fn all_terms_must_be_there_in_their_letters() {
    assert!(matches("ERROR ARGUMENTS", "[ERROR 400] INVALID ARGUMENTS"));
    assert!(!matches("ERROR ARGUMENTS", "[ERROR 419] MISSING"));
    assert!(!matches("error", "ERROR"));
    assert!(matches(r#""INTERNAL SERVER""#, "500 INTERNAL SERVER ERROR"));
    assert!(matches(r#""a \"quoted\" word""#, "with a \"quoted\" word"));
}

#[test]
fn excluded_terms_must_not_be_there_and_one_optional_term_is_enough() {
    assert!(matches("ERROR -ARGUMENTS", "ERROR 401"));
    assert!(!matches("ERROR -ARGUMENTS", "ERROR 401 ARGUMENTS"));
    assert!(!matches(r#"-"two words""#, "here are two words"));
    assert!(matches("?ERROR ?WARN", "WARN 1") && !matches("?ERROR ?WARN", "INFO"));
    // Beside others it is ignored.
    assert!(matches("?ERROR REPORT", "REPORT") && !matches("?ERROR REPORT", "ERROR"));
}

#[test]
fn regular_expressions_stand_between_percent_signs() {
    assert!(matches("%[Aa]lpha\\d+%", "an alpha12 here"));
    assert!(!matches("-%alpha%", "alpha"));
    assert!(refused("%(%") && refused("%open"));
}

#[test]
fn what_is_no_word_must_stand_in_quotation_marks() {
    assert!(refused("foo:bar") && refused("\"open") && refused("-"));
}

const DOCUMENT: &str = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": null, "cluster.name": "c", "flag": true, "bandwidth": 75, "number": 1.5e3}"#;

#[test]
fn members_are_compared_as_texts_with_wildcards_and_as_numbers() {
    for yes in [
        r#"{ $.eventType = "UpdateTrail" }"#,
        r"{ $.eventType = Update* }",
        r#"{ $.eventType != "NoTrail" }"#,
        r#"{ $.sourceIPAddress = "111.*.111" }"#,
        r"{ $.eventType = %Trail$% }",
        "{ $.bandwidth >= 75 }",
        "{ $.bandwidth < 76 && $.bandwidth > 74.5 }",
        "{ $.number = 1500 }",
        r#"{ $.arrayKey[0] = "value" }"#,
        r"{ $.objectList[*].id = 2 }",
        r#"{ $.['cluster.name'] = "c" }"#,
        r#"{ $['cluster.name'] = "c" }"#,
    ] {
        assert!(matches(yes, DOCUMENT), "{yes}");
    }
    for no in [
        r#"{ $.eventType = "updatetrail" }"#,
        r#"{ $.eventType = "Update" }"#,
        "{ $.bandwidth > 75 }",
        "{ $.eventType > 1 }",
        r#"{ $.gone = "x" }"#,
        r"{ $.objectList[1].id = 1 }",
    ] {
        assert!(!matches(no, DOCUMENT), "{no}");
    }
}

#[test]
fn members_may_be_absent_null_or_boolean() {
    assert!(matches("{ $.SomeObject IS NULL }", DOCUMENT) && matches("{ $.gone NOT EXISTS }", DOCUMENT));
    assert!(matches("{ $.flag IS TRUE }", DOCUMENT) && !matches("{ $.flag is false }", DOCUMENT));
    assert!(!matches("{ $.flag NOT EXISTS }", DOCUMENT));
}

#[test]
fn and_binds_closer_than_or_and_brackets_closest() {
    assert!(matches("{ $.flag IS TRUE || $.x = 1 && $.y = 2 }", DOCUMENT));
    assert!(!matches("{ ($.flag IS TRUE || $.x = 1) && $.y = 2 }", DOCUMENT));
    assert!(matches(r#"{ ($.bandwidth = 75) && ($.eventType = "UpdateTrail") }"#, DOCUMENT));
}

#[test]
fn lines_that_are_no_documents_do_not_match_and_bad_patterns_are_refused() {
    assert!(!matches("{ $.a = 1 }", "a = 1") && !matches("{ $.a NOT EXISTS }", "{broken"));
    for bad in [
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a = 1",
        "{ $.a = 1 } x",
        "{ $.a IS 5 }",
        "{ $.a > \"x\" }",
        "{ $. = 1 }",
    ] {
        assert!(refused(bad), "{bad}");
    }
    assert!(refused(&format!("{{ {}$.a = 1{} }}", "(".repeat(100), ")".repeat(100))));
}

const LINE: &str = r#"127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;

#[test]
fn fields_are_counted_and_compared() {
    for yes in [
        "[ip, server, username, timestamp, request, status_code, bytes]",
        "[ip, server, username, timestamp, request, status_code = 4*, bytes > 1000]",
        "[..., status_code = 404, bytes]",
        "[ip = 127.0.0.1, ...]",
        r#"[ip, server, username, timestamp, request = "*.html*", ...]"#,
        "[ip, ..., status_code = 404 || status_code = 410, bytes]",
        "[..., status_code = 404 && status_code != 410, bytes >= 1534]",
        "[..., request = %GET /index.*%, status_code, bytes]",
    ] {
        assert!(matches(yes, LINE), "{yes}");
    }
    for no in ["[ip, server]", "[..., status_code = 5*, bytes]", "[..., bytes < 1000]", "[a,b,c,d,e,f,g,h]"] {
        assert!(!matches(no, LINE), "{no}");
    }
    for bad in ["[a", "[..., ..., a]", "[a = ]", "[]", "[a] b"] {
        assert!(refused(bad), "{bad}");
    }
}
