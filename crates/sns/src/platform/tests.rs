//! Applications and endpoints as the actions show them, and what is published to them.

use serde_json::{Value as Json, json};
use service::Tasks;

use crate::actions::*;
use crate::testing::{Bench, refused};

async fn application(bench: &Bench) -> String {
    let input = json!({"Name": "app", "Platform": "GCM", "Attributes": {"PlatformCredential": "key"}});
    let answer = bench.call::<CreatePlatformApplication>(input).await.unwrap();
    answer["PlatformApplicationArn"].as_str().unwrap().to_owned()
}

async fn endpoint(bench: &Bench, application: &str, token: &str) -> String {
    let input = json!({"PlatformApplicationArn": application, "Token": token});
    let answer = bench.call::<CreatePlatformEndpoint>(input).await.unwrap();
    answer["EndpointArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn applications_are_created_once_shown_without_credentials_changed_and_removed() {
    let bench = Bench::new();
    let arn = application(&bench).await;
    assert_eq!(arn, "arn:aws:sns:us-east-1:000000000000:app/GCM/app");
    assert_eq!(application(&bench).await, arn);
    let create = async |name: &str, platform: &str, attributes: Json| {
        let input = json!({"Name": name, "Platform": platform, "Attributes": attributes});
        refused(bench.call::<CreatePlatformApplication>(input).await)
    };
    let credential = json!({"PlatformCredential": "other"});
    for (text, expected) in [
        (
            create("app", "GCM", credential.clone()).await,
            "Name Reason: An application with the same name but different properties already exists",
        ),
        (create("app", "X", credential.clone()).await, "Platform Reason: X is not supported"),
        (
            create("a b", "GCM", credential.clone()).await,
            "a b Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'",
        ),
        (
            create("app", "APNS", credential).await,
            "Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal",
        ),
        (
            create("app", "GCM", json!({"PlatformCredential": "x", "Color": "x"})).await,
            "Attributes Reason: Invalid attribute name: Color",
        ),
    ] {
        assert_eq!(text, format!("Invalid parameter: {expected}"));
    }
    let set = json!({"PlatformApplicationArn": arn, "Attributes": {"SuccessFeedbackSampleRate": "50"}});
    bench.call::<SetPlatformApplicationAttributes>(set).await.unwrap();
    let named = json!({"PlatformApplicationArn": arn});
    let shown = bench.call::<GetPlatformApplicationAttributes>(named.clone()).await.unwrap();
    let attributes = json!({"Enabled": "true", "SuccessFeedbackSampleRate": "50"});
    assert_eq!(shown, json!({"Attributes": attributes}));
    let listed = bench.call::<ListPlatformApplications>(json!({})).await.unwrap();
    let expected =
        json!({"PlatformApplications": [{"PlatformApplicationArn": arn, "Attributes": attributes}]});
    assert_eq!(listed, expected);
    endpoint(&bench, &arn, "t").await;
    for _ in 0..2 {
        bench.call::<DeletePlatformApplication>(named.clone()).await.unwrap();
    }
    let gone = bench.call::<ListEndpointsByPlatformApplication>(named).await;
    assert_eq!(refused(gone), "PlatformApplication does not exist");
}

#[tokio::test]
async fn an_endpoint_is_the_same_for_the_same_token_and_attributes() {
    let bench = Bench::new();
    let application = application(&bench).await;
    let first = endpoint(&bench, &application, "one").await;
    assert!(first.starts_with("arn:aws:sns:us-east-1:000000000000:endpoint/GCM/app/"), "{first}");
    assert_eq!(endpoint(&bench, &application, "one").await, first);
    let differs = json!({"PlatformApplicationArn": application, "Token": "one", "CustomUserData": "me"});
    assert_eq!(
        refused(bench.call::<CreatePlatformEndpoint>(differs).await),
        format!(
            "Invalid parameter: Token Reason: Endpoint {first} already exists with the same Token, but different attributes."
        )
    );
    let second = endpoint(&bench, &application, "two").await;
    let set = |arn: &str, attributes: Json| json!({"EndpointArn": arn, "Attributes": attributes});
    let taken = bench.call::<SetEndpointAttributes>(set(&second, json!({"Token": "one"}))).await;
    assert!(refused(taken).contains("already exists with the same Token"));
    bench
        .call::<SetEndpointAttributes>(set(&first, json!({"Token": "new", "CustomUserData": "me"})))
        .await
        .unwrap();
    let shown = bench.call::<GetEndpointAttributes>(json!({"EndpointArn": first})).await.unwrap();
    assert_eq!(shown, json!({"Attributes": {"Token": "new", "Enabled": "true", "CustomUserData": "me"}}));
    bench.call::<SetEndpointAttributes>(set(&second, json!({"Token": "one"}))).await.unwrap();
    bench.call::<DeleteEndpoint>(json!({"EndpointArn": first})).await.unwrap();
    bench.call::<DeleteEndpoint>(json!({"EndpointArn": first})).await.unwrap();
    let named = json!({"PlatformApplicationArn": application});
    let listed = bench.call::<ListEndpointsByPlatformApplication>(named).await.unwrap();
    assert_eq!(listed["Endpoints"].as_array().unwrap().len(), 1);
    assert_ne!(endpoint(&bench, &application, "new").await, first);
    let wrong = bench.call::<GetEndpointAttributes>(json!({"EndpointArn": application})).await;
    assert!(refused(wrong).ends_with("Wrong number of slashes in relative portion of the ARN."));
    let empty = json!({"PlatformApplicationArn": application, "Token": ""});
    assert_eq!(
        refused(bench.call::<CreatePlatformEndpoint>(empty).await),
        "Invalid parameter: Token Reason: cannot be empty"
    );
}

#[tokio::test]
async fn what_is_published_to_devices_and_phones_is_recorded_and_not_sent() {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::recorded::QUEUE).await;
    let application = application(&bench).await;
    let device = endpoint(&bench, &application, "one").await;
    let message = r#"{"default":"d","GCM":"{\"data\":1}"}"#;
    let input = json!({"TargetArn": device, "Message": message, "MessageStructure": "json"});
    let published = bench.call::<Publish>(input.clone()).await.unwrap();
    let recorded = bench.next_recorded(0).await;
    assert_eq!(recorded["Status"], "recorded, not sent");
    assert_eq!((&recorded["To"], &recorded["Message"]), (&json!(device), &json!("{\"data\":1}")));
    assert_eq!(recorded["MessageId"], published["MessageId"]);

    let sms = json!({"PhoneNumber": "+4915112345678", "Message": "hi"});
    bench.call::<Publish>(sms).await.unwrap();
    let recorded = bench.next_recorded(1).await;
    assert_eq!((&recorded["Protocol"], &recorded["To"]), (&json!("sms"), &json!("+4915112345678")));
    let wrong = json!({"PhoneNumber": "12", "Message": "hi"});
    assert_eq!(
        refused(bench.call::<Publish>(wrong).await),
        "Invalid parameter: PhoneNumber Reason: 12 is not valid to publish to"
    );

    let topic = bench.topic("t", json!({})).await;
    for (protocol, to) in [("sms", "+4915112345678"), ("application", device.as_str())] {
        let input = json!({"TopicArn": topic, "Protocol": protocol, "Endpoint": to});
        let subscribed = bench.call::<Subscribe>(input).await.unwrap();
        assert!(subscribed["SubscriptionArn"].as_str().unwrap().starts_with(&topic), "confirmed at once");
    }
    bench.publish(&topic, "to both").await;
    for seen in 2..4 {
        assert_eq!(bench.next_recorded(seen).await["TopicArn"], topic);
    }

    let disable = json!({"EndpointArn": device, "Attributes": {"Enabled": "false"}});
    bench.call::<SetEndpointAttributes>(disable).await.unwrap();
    let error = bench.call::<Publish>(input).await.unwrap_err();
    assert_eq!((error.row.query_code, &*error.message), ("EndpointDisabled", "Endpoint is disabled"));
    let missing = json!({"TargetArn": format!("{device}x"), "Message": "m"});
    assert_eq!(
        refused(bench.call::<Publish>(missing).await),
        "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
    );
    tasks.shut_down().await;
}
