//! Expressions as AWS documents them.

use super::*;

/// 2026-01-01T00:00:00Z, a Thursday.
const NEW_YEAR: Timestamp = Timestamp(1_767_225_600_000);

fn written(moment: Timestamp) -> String {
    aws::timestamp::iso_milliseconds(moment.0).replace(":00.000Z", "")
}

fn parse(text: &str) -> Expression {
    Expression::parse(text, Dialect::Schedule).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The first so many moments after New Year 2026.
fn moments(text: &str, zone_name: &str, count: usize) -> Vec<String> {
    moments_after(text, zone_name, NEW_YEAR, count)
}

fn moments_after(text: &str, zone_name: &str, mut after: Timestamp, count: usize) -> Vec<String> {
    let (expression, zone) = (parse(text), zone(zone_name).unwrap());
    let mut found = Vec::new();
    while found.len() < count {
        let Some(next) = expression.next(after, NEW_YEAR, &zone) else { break };
        found.push(written(next));
        after = next;
    }
    found
}

#[test]
fn a_cron_expression_fits_the_calendar() {
    for (expression, expected) in [
        ("cron(0 12 * * ? *)", ["2026-01-01T12:00", "2026-01-02T12:00"]),
        ("cron(15 10 ? * 6L 2026-2027)", ["2026-01-30T10:15", "2026-02-27T10:15"]),
        ("cron(0/5 8-9 ? * MON-FRI *)", ["2026-01-01T08:00", "2026-01-01T08:05"]),
        ("cron(0 9 ? * 2#1 *)", ["2026-01-05T09:00", "2026-02-02T09:00"]),
        ("cron(0 9 ? * TUE#5 *)", ["2026-03-31T09:00", "2026-06-30T09:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00", "2026-02-28T00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03T00:00", "2026-01-10T00:00"]),
        ("cron(30 6 3W * ? *)", ["2026-01-02T06:30", "2026-02-03T06:30"]),
        ("cron(0 8 1W AUG,NOV ? *)", ["2026-08-03T08:00", "2026-11-02T08:00"]),
        ("cron(0 8 31W 5 ? *)", ["2026-05-29T08:00", "2027-05-31T08:00"]),
        ("cron(10,40 0 29 feb ? *)", ["2028-02-29T00:10", "2028-02-29T00:40"]),
        ("cron(0 18 ? * sun,WED *)", ["2026-01-04T18:00", "2026-01-07T18:00"]),
        ("cron(20-30/5 0 1 1 ? 2030/4)", ["2030-01-01T00:20", "2030-01-01T00:25"]),
        ("cron(* * * * ? *)", ["2026-01-01T00:01", "2026-01-01T00:02"]),
    ] {
        assert_eq!(moments(expression, "UTC", 2), expected, "{expression}");
    }
    assert_eq!(moments("cron(0 0 30 2 ? *)", "UTC", 1), Vec::<String>::new(), "no such day");
    assert_eq!(moments("cron(0 0 1 1 ? 2026)", "UTC", 1), Vec::<String>::new(), "it has begun");
}

#[test]
fn a_day_is_given_by_the_month_or_by_the_week() {
    for wrong in [
        "cron(0 12 * * * *)",
        "cron(0 12 ? * ? *)",
        "cron(0 12 * * ?)",
        "cron(0 12 1 * MON *)",
        "cron(60 12 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 12 32 * ? *)",
        "cron(0 12 ? * 0 *)",
        "cron(0 12 ? * 8 *)",
        "cron(0 12 ? * 2#6 *)",
        "cron(0 12 ? * 1/2 *)",
        "cron(0 12 0W * ? *)",
        "cron(5-1 12 * * ? *)",
        "cron(0/0 12 * * ? *)",
        "cron(0 12 * * ? 1969)",
        "cron(? 12 * * ? *)",
        "cron(+5 12 * * ? *)",
        "cron(0 12 * * ? *",
        "every day",
        "",
    ] {
        assert!(Expression::parse(wrong, Dialect::Schedule).is_err(), "{wrong}");
    }
}

#[test]
fn a_rate_runs_from_its_anchor() {
    assert_eq!(moments("rate(5 minutes)", "UTC", 2), ["2026-01-01T00:05", "2026-01-01T00:10"]);
    let before = Timestamp(NEW_YEAR.0 - 1);
    assert_eq!(moments_after("rate(1 day)", "UTC", before, 2), ["2026-01-01T00:00", "2026-01-02T00:00"]);
    for wrong in
        ["rate(0 minutes)", "rate(-1 hours)", "rate(5)", "rate(5 seconds)", "rate(5 weeks)", "rate(x days)"]
    {
        assert!(Expression::parse(wrong, Dialect::Rule).is_err(), "{wrong}");
    }
}

#[test]
fn the_unit_of_a_rules_rate_agrees_with_its_value() {
    for (text, in_rules) in
        [("rate(1 hour)", true), ("rate(2 hours)", true), ("rate(1 hours)", false), ("rate(2 hour)", false)]
    {
        assert_eq!(Expression::parse(text, Dialect::Rule).is_ok(), in_rules, "{text}");
        assert!(Expression::parse(text, Dialect::Schedule).is_ok(), "{text}");
    }
}

#[test]
fn at_is_due_once_and_only_in_schedules() {
    assert_eq!(moments("at(2026-11-20T13:00:00)", "Asia/Tokyo", 2), ["2026-11-20T04:00"]);
    assert!(Expression::parse("at(2026-11-20T13:00:00)", Dialect::Rule).is_err());
    assert!(parse("at(2026-11-20T13:00:00)").is_once());
    for wrong in ["at(2026-11-20)", "at(soon)", "at(2026-11-20T13:00:00Z)", "at(2026-13-20T13:00:00)"] {
        assert!(Expression::parse(wrong, Dialect::Schedule).is_err(), "{wrong}");
    }
}

#[test]
fn a_time_zone_keeps_its_own_calendar() {
    assert_eq!(
        moments("cron(0 9 * * ? *)", "Asia/Tokyo", 2),
        ["2026-01-02T00:00", "2026-01-03T00:00"],
        "New Year's Day at nine in Tokyo is the anchor itself"
    );
    assert_eq!(zone("Mars/Olympus"), None);
}

#[test]
fn a_time_that_the_clocks_skip_is_passed_over_and_one_shown_twice_counts_once() {
    // In New York clocks skip from 02:00 to 03:00 on 8 March 2026 and show 01:00 to 02:00 twice on 1 November 2026.
    let march = Timestamp(NEW_YEAR.0 + 65 * 86_400_000);
    let spring = moments_after("cron(30 2 * * ? *)", "America/New_York", march, 2);
    assert_eq!(spring, ["2026-03-07T07:30", "2026-03-09T06:30"]);
    let october = Timestamp(NEW_YEAR.0 + 303 * 86_400_000);
    let autumn = moments_after("cron(30 1 * * ? *)", "America/New_York", october, 3);
    assert_eq!(autumn, ["2026-10-31T05:30", "2026-11-01T05:30", "2026-11-02T06:30"]);
}
