//! Each function as AWS's reference shows it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::evaluate;
use crate::document::parse;
use crate::{Deployment, ResourceValues, Scope};

fn scope() -> Scope {
    let deployment = Deployment {
        account: "000000000000".into(),
        region: "us-east-1".into(),
        stack_name: "demo".into(),
        stack_id: "id".into(),
    };
    let mut scope = Scope::new(deployment, BTreeMap::from([("Stage".to_owned(), "prod".to_owned())]));
    scope.conditions.insert("IsProd".into(), true);
    scope.mappings = parse("Sizes:\n  prod:\n    memory: 512\n").unwrap().entries().to_vec();
    scope.resources.insert(
        "Queue".into(),
        ResourceValues {
            reference: "http://q".into(),
            attributes: BTreeMap::from([("Arn".to_owned(), "arn:q".to_owned())]),
        },
    );
    scope
}

fn value(yaml: &str) -> Json {
    evaluate(&parse(yaml).unwrap(), &scope()).unwrap()
}

#[test]
fn names_of_all_kinds_are_found() {
    assert_eq!(value("!Ref Stage"), json!("prod"));
    assert_eq!(value("!Ref AWS::Region"), json!("us-east-1"));
    assert_eq!(value("!Ref Queue"), json!("http://q"));
    assert_eq!(value("!GetAtt Queue.Arn"), json!("arn:q"));
    assert_eq!(value("Fn::GetAtt: [Queue, Arn]"), json!("arn:q"));
}

#[test]
fn sub_replaces_names_and_keeps_literals() {
    assert_eq!(
        value("!Sub 'a-${Stage}-${Queue.Arn}-${!Keep}-${AWS::AccountId}'"),
        json!("a-prod-arn:q-${Keep}-000000000000")
    );
    assert_eq!(value("Fn::Sub: ['${X}/${Stage}', {X: !Ref AWS::StackName}]"), json!("demo/prod"));
}

#[test]
fn lists_are_joined_split_and_selected() {
    assert_eq!(value("!Join ['-', [a, !Ref Stage, 1]]"), json!("a-prod-1"));
    assert_eq!(value("!Select [1, !Split [',', 'a,b']]"), json!("b"));
    assert_eq!(value("!FindInMap [Sizes, !Ref Stage, memory]"), json!(512));
}

#[test]
fn if_chooses_and_no_value_leaves_the_entry_out() {
    assert_eq!(
        value("A: !If [IsProd, yes-value, !Ref AWS::NoValue]\nB: !Ref AWS::NoValue"),
        json!({"A": "yes-value"})
    );
    assert_eq!(value("[!Ref AWS::NoValue, 1]"), json!([1]));
}

#[test]
fn conditions_compare_as_text() {
    assert_eq!(value("!Equals [!Ref Stage, prod]"), json!(true));
    assert_eq!(value("!Equals ['true', true]"), json!(true));
    assert_eq!(value("!And [!Condition IsProd, !Not [!Equals [a, b]]]"), json!(true));
    assert_eq!(value("!Or [!Equals [a, b], !Not [{Condition: IsProd}]]"), json!(false));
}

#[test]
fn what_cannot_be_resolved_names_its_line() {
    for (yaml, part) in [
        ("A: 1\nB: !Ref Nothing", "Nothing names no parameter"),
        ("A: 1\nB: !GetAtt Queue.Name", "has no attribute Name"),
        ("A: 1\nB: !ImportValue x", "Fn::ImportValue is not supported"),
        ("A: 1\nB: !Sub '${Stage'", "no closing brace"),
        ("A: 1\nB: !Select [7, [a]]", "no element 7"),
    ] {
        let error = evaluate(&parse(yaml).unwrap(), &scope()).unwrap_err();
        assert_eq!(error.line, 2, "{yaml}");
        assert!(error.message.contains(part), "{error}");
    }
}
