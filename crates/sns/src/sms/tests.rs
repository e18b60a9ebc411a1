//! Numbers, settings, sandbox and opt-out list as the actions show them.

use std::time::Duration;

use serde_json::{Value as Json, json};
use service::Tasks;

use super::is_phone_number;
use crate::actions::*;
use crate::testing::{Bench, refused};

#[test]
fn numbers_are_e164() {
    assert!(["+4915112345678", "15551234567"].into_iter().all(is_phone_number));
    assert!(!["", "+", "+1 555", "0155512345", "+1234567890123456"].into_iter().any(is_phone_number));
}

#[tokio::test]
async fn settings_are_kept_and_checked() {
    let bench = Bench::new();
    let shown = bench.call::<GetSmsAttributes>(json!({})).await.unwrap();
    assert_eq!(shown, json!({"attributes": {"MonthlySpendLimit": "1"}}));
    let set = async |name: &str, value: &str| {
        bench.call::<SetSmsAttributes>(json!({"attributes": {name: value}})).await
    };
    set("DefaultSMSType", "Transactional").await.unwrap();
    set("DefaultSenderID", "Shop1").await.unwrap();
    assert_eq!(refused(set("DefaultSMSType", "Loud").await), "DefaultSMSType is invalid");
    assert_eq!(refused(set("DefaultSenderID", "12345").await), "DefaultSenderID is invalid");
    assert_eq!(refused(set("Color", "red").await), "Color is not a valid attribute");
    let shown = bench.call::<GetSmsAttributes>(json!({"attributes": ["DefaultSMSType"]})).await.unwrap();
    assert_eq!(shown, json!({"attributes": {"DefaultSMSType": "Transactional"}}));
}

#[tokio::test]
async fn a_sandbox_number_is_verified_by_the_password_it_was_sent() {
    let (bench, tasks) = (Bench::new(), Tasks::default());
    crate::start(&bench.sns, &tasks);
    bench.until_queue(crate::recorded::QUEUE).await;
    let number = json!({"PhoneNumber": "+4915112345678"});
    bench.call::<CreateSmsSandboxPhoneNumber>(number.clone()).await.unwrap();
    let sent = bench.next_recorded(0).await;
    let password = sent["Message"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    let listed = async || bench.call::<ListSmsSandboxPhoneNumbers>(json!({})).await.unwrap();
    let entry = |status: &str| json!({"PhoneNumbers": [{"PhoneNumber": "+4915112345678", "Status": status}]});
    assert_eq!(listed().await, entry("Pending"));
    let verify = async |password: &str| {
        let input = json!({"PhoneNumber": "+4915112345678", "OneTimePassword": password});
        bench.call::<VerifySmsSandboxPhoneNumber>(input).await
    };
    let wrong = if password == "00000" { "00001" } else { "00000" };
    assert_eq!(verify(wrong).await.unwrap_err().row.query_code, "VerificationException");
    verify(&password).await.unwrap();
    assert_eq!(listed().await, entry("Verified"));
    bench.call::<DeleteSmsSandboxPhoneNumber>(number.clone()).await.unwrap();
    let again = bench.call::<DeleteSmsSandboxPhoneNumber>(number).await.unwrap_err();
    assert_eq!(again.row.query_code, "ResourceNotFound");
    for digit in 0..10 {
        let input = json!({"PhoneNumber": format!("+491511234567{digit}")});
        bench.call::<CreateSmsSandboxPhoneNumber>(input).await.unwrap();
    }
    let eleventh = json!({"PhoneNumber": "+4915112345699"});
    let full = bench.call::<CreateSmsSandboxPhoneNumber>(eleventh).await.unwrap_err();
    assert_eq!(full.row.query_code, "UserError");
    let status = bench.call::<GetSmsSandboxAccountStatus>(json!({})).await.unwrap();
    assert_eq!(status, json!({"IsInSandbox": false}));
    assert_eq!(bench.call::<ListOriginationNumbers>(json!({})).await.unwrap(), json!({"PhoneNumbers": []}));
    tasks.shut_down().await;
}

#[tokio::test]
async fn a_number_is_opted_in_once_in_thirty_days() {
    use engine::Registry as _;
    let bench = Bench::new();
    let number = json!({"phoneNumber": "+4915112345678"});
    let record = json!({"version": 1, "phone_number": "+4915112345678", "opted_in_at": null}).to_string();
    let key = engine::RecordKey::new("sns/opted-out/000000000000/us-east-1/+4915112345678");
    let opt_out = || bench.engine.put(key.clone(), record.clone().into(), engine::Expect::Anything);
    let is_out = async || {
        let answer = bench.call::<CheckIfPhoneNumberIsOptedOut>(number.clone()).await.unwrap();
        let listed = bench.call::<ListPhoneNumbersOptedOut>(json!({})).await.unwrap();
        let out = answer["isOptedOut"] == Json::Bool(true);
        assert_eq!(listed["phoneNumbers"].as_array().unwrap().len(), usize::from(out));
        out
    };
    bench.call::<OptInPhoneNumber>(number.clone()).await.unwrap();
    assert!(!is_out().await);
    opt_out().await.unwrap();
    assert!(is_out().await);
    bench.call::<OptInPhoneNumber>(number.clone()).await.unwrap();
    assert!(!is_out().await);
    assert!(refused(bench.call::<OptInPhoneNumber>(number.clone()).await).contains("30 days"));
    bench.clock.advance(Duration::from_hours(30 * 24));
    bench.call::<OptInPhoneNumber>(number.clone()).await.unwrap();
    let wrong = json!({"phoneNumber": "555"});
    assert_eq!(
        refused(bench.call::<CheckIfPhoneNumberIsOptedOut>(wrong).await),
        "Invalid parameter: PhoneNumber Reason: input incorrectly formatted"
    );
}
