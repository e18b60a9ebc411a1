//! Whole templates: what they expand to, in which order, and what their mistakes say.

use std::collections::BTreeMap;

use crate::{Deployment, Plan, Scope, TemplateError, read};

fn plan(yaml: &str, parameters: &[(&str, &str)]) -> Result<Plan, TemplateError> {
    let deployment = Deployment {
        account: "000000000000".into(),
        region: "us-east-1".into(),
        stack_name: "demo".into(),
        stack_id: "id".into(),
    };
    let given: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Ok(read("t.yaml", yaml)?.plan("t.yaml", Scope::new(deployment, given))?.0)
}

fn order(yaml: &str) -> Vec<String> {
    plan(yaml, &[]).unwrap().resources.into_iter().map(|resource| resource.logical_id).collect()
}

fn mistake(yaml: &str) -> String {
    plan(yaml, &[]).unwrap_err().to_string()
}

#[test]
fn a_resource_comes_after_those_it_names() {
    let yaml = "Resources:
  S: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref T, Protocol: sqs, Endpoint: !GetAtt Q.Arn}}
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'q-${T.TopicName}'}}
  T: {Type: AWS::SNS::Topic, DependsOn: B}
  B: {Type: AWS::S3::Bucket}
";
    assert_eq!(order(yaml), ["B", "T", "Q", "S"]);
}

#[test]
fn a_function_brings_its_role_and_mapping() {
    let yaml = "Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 30}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: bootstrap
      Runtime: provided.al2023
      Events:
        In: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn, BatchSize: 5}}
  Q: {Type: AWS::SQS::Queue}
";
    let plan = plan(yaml, &[]).unwrap();
    let names: Vec<&str> = plan.resources.iter().map(|resource| resource.logical_id.as_str()).collect();
    assert_eq!(names, ["FRole", "F", "Q", "FIn"]);
    let mapping = plan.resources.iter().find(|resource| resource.logical_id == "FIn").unwrap();
    assert_eq!(mapping.kind.name, "AWS::Lambda::EventSourceMapping");
    assert!(mapping.properties.get("BatchSize").is_some());
    let function = plan.resources.iter().find(|resource| resource.logical_id == "F").unwrap();
    assert!(function.properties.get("Timeout").is_some());
}

#[test]
fn an_sns_event_through_a_queue_brings_queue_policy_and_mapping() {
    let yaml = "Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Events:
        In: {Type: SNS, Properties: {Topic: !Ref T, SqsSubscription: true}}
  T: {Type: AWS::SNS::Topic}
";
    let mut names = order(yaml);
    names.sort();
    assert_eq!(names, ["F", "FIn", "FInEventSourceMapping", "FInQueue", "FInQueuePolicy", "FRole", "T"]);
}

#[test]
fn an_s3_event_becomes_the_buckets_notification() {
    let yaml = "Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Events:
        In: {Type: S3, Properties: {Bucket: !Ref B, Events: 's3:ObjectCreated:*'}}
  B: {Type: AWS::S3::Bucket}
";
    let plan = plan(yaml, &[]).unwrap();
    let bucket = plan.resources.last().unwrap();
    assert_eq!(bucket.logical_id, "B", "the bucket comes after the permission that its notification needs");
    assert!(
        bucket.properties.get("NotificationConfiguration").unwrap().get("LambdaConfigurations").is_some()
    );
}

#[test]
fn what_a_condition_switches_off_is_not_there() {
    let yaml = "Parameters: {Language: {Type: String, Default: rust, AllowedValues: [rust, python]}}
Conditions: {Python: !Equals [!Ref Language, python], Rust: !Not [!Condition Python]}
Resources:
  A: {Type: AWS::SQS::Queue, Condition: Rust}
  B: {Type: AWS::SQS::Queue, Condition: Python}
Outputs:
  Queue: {Value: !If [Rust, !Ref A, !Ref B]}
  Other: {Value: !Ref B, Condition: Python}
";
    let names = |parameters: &[(&str, &str)]| {
        let plan = plan(yaml, parameters).unwrap();
        let resources: Vec<String> = plan.resources.into_iter().map(|resource| resource.logical_id).collect();
        (resources.join(","), plan.outputs.len())
    };
    assert_eq!(names(&[]), ("A".to_owned(), 1));
    assert_eq!(names(&[("Language", "python")]), ("B".to_owned(), 2));
    assert!(plan(yaml, &[("Language", "cobol")]).is_err());
    assert!(plan(yaml, &[("Lang", "rust")]).unwrap_err().to_string().contains("no parameter Lang"));
}

#[test]
fn mistakes_name_file_line_resource_and_property() {
    let cases = [
        (
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibiltyTimeout: 3\n",
            "t.yaml:5: resource Q: property VisibiltyTimeout: AWS::SQS::Queue has no such property here; did you mean VisibilityTimeout?",
        ),
        (
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      RedrivePolicy:\n        deadLetterTargetArn: !GetAtt DLQ.Arn\n",
            "t.yaml:6: resource Q: DLQ names no parameter and no resource",
        ),
        (
            "Resources:\n  S:\n    Type: AWS::SNS::Subscription\n    Properties:\n      Protocol: sqs\n",
            "t.yaml:2: resource S: property TopicArn: AWS::SNS::Subscription needs it",
        ),
        (
            "Resources:\n  Q:\n    Type: AWS::DynamoDB::Table\n",
            "t.yaml:2: resource Q: type AWS::DynamoDB::Table is not supported by Konekuta",
        ),
        (
            "Resources:\n  Q: {Type: AWS::SQS::Queue}\nOutputs:\n  X: {Value: !ImportValue y}\n",
            "t.yaml:4: property Outputs.X: function Fn::ImportValue is not supported by Konekuta",
        ),
        ("Resources:\n  Q: {Type: AWS::SQS::Queue\n", "t.yaml:3: "),
        (
            "Resources:\n  A: {Type: AWS::SQS::Queue, DependsOn: B}\n  B: {Type: AWS::SQS::Queue, DependsOn: A}\n",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: .\n      Events:\n        In:\n          Type: SQS\n          Properties:\n            Queue: x\n            BatchSise: 3\n",
            "t.yaml:11: resource F: property Events.In.Properties.BatchSise: this event has no such property here; did you mean BatchSize?",
        ),
    ];
    for (yaml, expected) in cases {
        let text = mistake(yaml);
        assert!(text.contains(expected), "{text}\nis not\n{expected}");
    }
}

#[test]
fn subscriptions_inside_a_topic_become_resources() {
    let yaml = "Resources:
  T:
    Type: AWS::SNS::Topic
    Properties:
      Subscription:
        - {Protocol: email, Endpoint: a@example.com}
        - {Protocol: sqs, Endpoint: !GetAtt Q.Arn}
  Q: {Type: AWS::SQS::Queue}
";
    assert_eq!(order(yaml), ["T", "Q", "TSubscription0", "TSubscription1"]);
}

#[test]
fn an_alias_a_url_and_an_event_configuration_come_with_their_function() {
    let yaml = "Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: bootstrap
      Runtime: provided.al2023
      AutoPublishAlias: live
      Layers: [!Ref L]
      FunctionUrlConfig: {AuthType: NONE}
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        DestinationConfig: {OnFailure: {Type: SQS}}
      Events:
        In: {Type: SQS, Properties: {Queue: !GetAtt Q.Arn}}
  L: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
  Q: {Type: AWS::SQS::Queue}
";
    let plan = plan(yaml, &[]).unwrap();
    let kinds: BTreeMap<&str, &str> =
        plan.resources.iter().map(|resource| (resource.logical_id.as_str(), resource.kind.name)).collect();
    assert_eq!(
        kinds,
        BTreeMap::from([
            ("F", "AWS::Lambda::Function"),
            ("FEventInvokeConfig", "AWS::Lambda::EventInvokeConfig"),
            ("FEventInvokeConfigOnFailureQueue", "AWS::SQS::Queue"),
            ("FIn", "AWS::Lambda::EventSourceMapping"),
            ("FRole", "AWS::IAM::Role"),
            ("FUrl", "AWS::Lambda::Url"),
            ("FURLInvokeAllowPublicAccess", "AWS::Lambda::Permission"),
            ("FUrlPublicPermissions", "AWS::Lambda::Permission"),
            ("L", "AWS::Lambda::LayerVersion"),
            ("Q", "AWS::SQS::Queue"),
        ])
    );
    let property = |id: &str, name: &str| {
        let resource = plan.resources.iter().find(|resource| resource.logical_id == id).unwrap();
        resource.properties.get(name).cloned().unwrap()
    };
    let text = |node: &crate::Node| node.as_text().map(str::to_owned);
    assert_eq!(property("FIn", "FunctionName").get("Fn::Sub").and_then(text).as_deref(), Some("${F}:live"));
    assert_eq!(text(&property("FUrl", "Qualifier")).as_deref(), Some("live"));
    assert_eq!(text(&property("L", "LayerName")).as_deref(), Some("L"));
}

#[test]
fn schedules_become_what_sam_makes_of_them() {
    let yaml = "Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: bootstrap
      Runtime: provided.al2023
      Role: arn:aws:iam::000000000000:role/r
      Events:
        Tick:
          Type: Schedule
          Properties: {Schedule: rate(1 minute), Enabled: false, Input: '{}', DeadLetterConfig: {Type: SQS, QueueLogicalId: Dead}}
        Tock:
          Type: ScheduleV2
          Properties: {ScheduleExpression: cron(0 9 * * ? *), ScheduleExpressionTimezone: Asia/Tokyo, Input: '{}'}
        Nameless: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day), OmitName: true, RoleArn: arn:aws:iam::000000000000:role/r}}
";
    let plan = plan(yaml, &[]).unwrap();
    let kinds: BTreeMap<&str, &str> =
        plan.resources.iter().map(|resource| (resource.logical_id.as_str(), resource.kind.name)).collect();
    assert_eq!(
        kinds,
        BTreeMap::from([
            ("Dead", "AWS::SQS::Queue"),
            ("F", "AWS::Lambda::Function"),
            ("FNameless", "AWS::Scheduler::Schedule"),
            ("FTick", "AWS::Events::Rule"),
            ("FTickPermission", "AWS::Lambda::Permission"),
            ("FTickQueuePolicy", "AWS::SQS::QueuePolicy"),
            ("FTock", "AWS::Scheduler::Schedule"),
            ("FTockRole", "AWS::IAM::Role"),
        ])
    );
    let property = |id: &str, name: &str| {
        let resource = plan.resources.iter().find(|resource| resource.logical_id == id).unwrap();
        resource.properties.get(name).cloned()
    };
    let text = |node: Option<crate::Node>| node.and_then(|node| node.as_text().map(str::to_owned));
    assert_eq!(text(property("FTick", "State")).as_deref(), Some("DISABLED"));
    assert_eq!(text(property("FTock", "Name")).as_deref(), Some("FTock"));
    assert_eq!(property("FNameless", "Name"), None);
    let mode = property("FTock", "FlexibleTimeWindow").and_then(|window| window.get("Mode").cloned());
    assert_eq!(text(mode).as_deref(), Some("OFF"));
    let both = yaml.replace("Enabled: false", "Enabled: false, State: ENABLED");
    assert!(self::plan(&both, &[]).unwrap_err().to_string().contains("not both"));
}
