//! Each operator as AWS's documentation has it.

use super::FilterPolicy;
use crate::message_attributes::MessageAttributes;
use service::ports::{MessageAttribute, MessageAttributeValue};

fn attributes(all: &[(&str, &str, &str)]) -> MessageAttributes {
    let one = |(name, data_type, value): &(&str, &str, &str)| {
        let value = MessageAttributeValue::Text((*value).to_owned());
        ((*name).to_owned(), MessageAttribute { data_type: (*data_type).to_owned(), value })
    };
    all.iter().map(one).collect()
}

fn wants(policy: &str, all: &[(&str, &str, &str)]) -> bool {
    FilterPolicy::parse(policy, None).unwrap().wants(&attributes(all), "")
}

fn wants_body(policy: &str, body: &str) -> bool {
    FilterPolicy::parse(policy, Some("MessageBody")).unwrap().wants(&MessageAttributes::new(), body)
}

#[test]
fn values_are_or_and_keys_are_and() {
    let policy = r#"{"store":["a","b"],"price":[100]}"#;
    assert!(wants(policy, &[("store", "String", "b"), ("price", "Number", "1e2")]));
    assert!(!wants(policy, &[("store", "String", "b")]));
    assert!(!wants(policy, &[("store", "String", "c"), ("price", "Number", "100")]));
}

#[test]
fn every_operator_decides() {
    let cases = [
        (r#"[{"prefix":"bas"}]"#, "baseball", true),
        (r#"[{"prefix":"bas"}]"#, "rugby", false),
        (r#"[{"suffix":"ball"}]"#, "baseball", true),
        (r#"[{"wildcard":"*ball*x"}]"#, "a ball in a box", true),
        (r#"[{"wildcard":"a*b"}]"#, "acc", false),
        (r#"[{"equals-ignore-case":"Tennis"}]"#, "tENNIS", true),
        (r#"[{"anything-but":["rugby","tennis"]}]"#, "baseball", true),
        (r#"[{"anything-but":["rugby","tennis"]}]"#, "rugby", false),
        (r#"[{"anything-but":{"prefix":"bas"}}]"#, "baseball", false),
        (r#"[{"anything-but":{"suffix":"ball"}}]"#, "tennis", true),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, "10.0.0.255", true),
        (r#"[{"cidr":"10.0.0.0/24"}]"#, "10.1.1.0", false),
        (r#"[{"exists":true}]"#, "x", true),
        (r#"[{"exists":false}]"#, "x", false),
    ];
    for (patterns, value, expected) in cases {
        assert_eq!(
            wants(&format!("{{\"k\":{patterns}}}"), &[("k", "String", value)]),
            expected,
            "{patterns} {value}"
        );
    }
    assert!(wants(r#"{"k":[{"exists":false}]}"#, &[]));
    assert!(!wants(r#"{"k":[{"anything-but":["x"]}]}"#, &[]), "a missing key matches exists only");
}

#[test]
fn numbers_are_compared_as_numbers() {
    let range = r#"{"k":[{"numeric":[">",0,"<=",150]}]}"#;
    assert!(wants(range, &[("k", "Number", "150")]));
    assert!(!wants(range, &[("k", "Number", "0")]));
    assert!(!wants(range, &[("k", "String", "15")]), "a String is no number");
    assert!(wants(r#"{"k":[{"numeric":["=",301.5]}]}"#, &[("k", "Number", "3.015e2")]));
}

#[test]
fn string_arrays_match_by_any_element_and_or_by_any_alternative() {
    assert!(wants(r#"{"k":["b"]}"#, &[("k", "String.Array", "[\"a\",\"b\"]")]));
    let policy = r#"{"source":["aws"],"$or":[{"a":["1"]},{"b":["2"]}]}"#;
    assert!(wants(policy, &[("source", "String", "aws"), ("b", "String", "2")]));
    assert!(!wants(policy, &[("source", "String", "aws"), ("b", "String", "3")]));
}

#[test]
fn bodies_are_matched_in_depth() {
    let policy = r#"{"order":{"kind":["book"],"price":[{"numeric":["<",10]}]}}"#;
    assert!(wants_body(policy, r#"{"order":{"kind":"book","price":9}}"#));
    assert!(!wants_body(policy, r#"{"order":{"kind":"book","price":11}}"#));
    assert!(wants_body(policy, r#"{"order":[{"kind":"pen"},{"kind":"book","price":1}]}"#));
    assert!(!wants_body(policy, "no json"));
    assert!(wants_body(r#"{"a":[null]}"#, r#"{"a":null}"#));
}

#[test]
fn what_is_wrong_is_told_in_aws_words() {
    for (policy, scope, part) in [
        (r#"{"a":"x"}"#, None, "\"a\" must be an object or an array"),
        (r#"{"a":[]}"#, None, "Empty arrays are not allowed"),
        (r#"{"a":[{"like":"x"}]}"#, None, "Unrecognized match type like"),
        (r#"{"a":[{"prefix":"x","suffix":"y"}]}"#, None, "Only one key allowed in match expression"),
        (r#"{"a":[{"exists":"x"}]}"#, None, "exists match pattern must be either true or false."),
        (r#"{"a":[{"numeric":[">",5,"<",1]}]}"#, None, "Bottom must be less than top"),
        (r#"{"a":[{"numeric":["~",5]}]}"#, None, "Unrecognized numeric range operator: ~"),
        (r#"{"a":[{"cidr":"10.0.0.0"}]}"#, None, "Malformed CIDR, one '/' required"),
        (r#"{"a":[{"cidr":"10.0.0.0/x"}]}"#, None, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, None, "IPv4 mask bits must be < 32"),
        (r#"{"a":[{"numeric":["=",5,6]}]}"#, None, "Too many elements in numeric expression"),
        (r#"{"a":[{"numeric":["<",5,">",1]}]}"#, None, "Too many elements in numeric expression"),
        (r#"{"a":[{"numeric":[">",5,">",9]}]}"#, None, "Bad numeric range operator: >"),
        (r#"{"a":[{"numeric":[">",5,"<"]}]}"#, None, "Value of < must be numeric"),
        (r#"{"a":[{"numeric":["="]}]}"#, None, "Value of = must be numeric"),
        (r#"{"a":[{"numeric":[]}]}"#, None, "Invalid member in numeric match: ]"),
        (r#"{"a":[{"numeric":[5]}]}"#, None, "Invalid member in numeric match: 5"),
        (r#"{"a":[1000000001]}"#, None, "between -1.0E9 and 1.0E9"),
        (r#"{"a":[{"anything-but":["x",1]}]}"#, None, "mixed type is not supported"),
        (r#"{"a":[{"anything-but":[true]}]}"#, None, "start|null|boolean is not supported."),
        (r#"{"a":[{"anything-but":{"cidr":"x"}}]}"#, None, "Unsupported anything-but pattern: cidr"),
        (r#"{"a":[{"prefix":""}]}"#, None, "Null prefix/suffix not allowed"),
        (r#"{"a":[{"suffix":1}]}"#, None, "suffix match pattern must be a string"),
        (r#"{"a":[["x"]]}"#, None, "Match value must be String, number, true, false, or null"),
        (r#"{"a":{}}"#, Some("MessageBody"), "Empty objects are not allowed"),
        (r#"{"a":{"b":["x"]}}"#, None, "MessageAttributes does not support nested filter policy"),
        (r#"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#, None, "more than 5 keys"),
        ("nonsense", Some("MessageBody"), "failed to parse JSON"),
    ] {
        let error = FilterPolicy::parse(policy, scope).unwrap_err();
        assert!(error.message.contains(part), "{policy}: {}", error.message);
    }
    let many = (0..151).map(|number| format!("\"{number}\"")).collect::<Vec<_>>().join(",");
    let error = FilterPolicy::parse(&format!("{{\"a\":[{many}]}}"), None).unwrap_err();
    assert_eq!(error.message, "Invalid parameter: FilterPolicy: Filter policy is too complex");
}

#[test]
fn values_below_other_keys_weigh_more_and_alternatives_are_added() {
    let parsed = |policy: &str| FilterPolicy::parse(policy, Some("MessageBody"));
    let values = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    // 4 x 3 x 3 x 2 = 72, as AWS's page has it; with 9 instead of 4 it would be 162.
    let nested =
        |count: usize| format!(r#"{{"a":{{"b":{{"c":{}}}}},"d":{{"e":{}}}}}"#, values(count), values(3));
    parsed(&nested(4)).unwrap();
    assert!(parsed(&nested(9)).is_err());
    let either = |count: usize| format!(r#"{{"$or":[{{"a":{}}},{{"b":[1]}}]}}"#, values(count));
    parsed(&either(149)).unwrap();
    assert!(parsed(&either(150)).is_err());
    let wide = r#"{"a":{"b":[1],"c":[1],"d":[1],"e":[1],"f":[1],"g":[1]}}"#;
    assert!(parsed(wide).is_ok(), "only the keys at the top are counted");
    parsed(r#"{"a":{"b":[1],"c":[1],"d":[1],"e":[1]},"f":[1],"g":[1]}"#).unwrap();
}

#[test]
fn a_lone_or_is_a_key() {
    assert!(wants(r#"{"$or":["x"]}"#, &[("$or", "String", "x")]));
    assert!(wants(r#"{"$or":[{"prefix":"x"},{"prefix":"y"}]}"#, &[("$or", "String", "yes")]));
}

#[test]
fn five_digits_after_the_point_count_and_lists_in_lists_are_one() {
    assert!(wants(r#"{"k":[0.300001]}"#, &[("k", "Number", "0.3000012")]));
    assert!(!wants(r#"{"k":[0.30001]}"#, &[("k", "Number", "0.30002")]));
    assert!(wants(r#"{"k":[{"numeric":["=",-0.000001]}]}"#, &[("k", "Number", "0")]));
    assert!(wants_body(r#"{"k":["x"]}"#, r#"{"k":[["y"],[["x"]]]}"#));
    assert!(wants(r#"{"k":[{"cidr":"2001:db8::/32"}]}"#, &[("k", "String", "2001:db8::1")]));
    assert!(wants(r#"{"k":[{"anything-but":["a"]},{"exists":false}]}"#, &[]));
    assert!(wants(
        r#"{"k":[{"anything-but":["rugby"]}]}"#,
        &[("k", "String.Array", r#"["rugby","baseball"]"#)]
    ));
}
