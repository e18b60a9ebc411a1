//! Provisioned concurrency, runtime management, code signing: what is kept beside functions.

use serde_json::json;

use super::bench::{Bench, eventually};

const F: &str = "/2015-03-31/functions/f";
const PROVISIONED: &str = "/2019-09-30/functions/f/provisioned-concurrency";

async fn with_version() -> Bench {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.post(&format!("{F}/versions"), &json!({})).await;
    bench
}

#[tokio::test]
async fn environments_of_a_version_are_provisioned() {
    let bench = with_version().await;
    let asked = json!({"ProvisionedConcurrentExecutions": 2});
    let (status, config) = bench.put(&format!("{PROVISIONED}?Qualifier=1"), &asked).await;
    assert_eq!((status, &config["Status"]), (202, &json!("IN_PROGRESS")));
    let ready = eventually(async || {
        let (_, config) = bench.get(&format!("{PROVISIONED}?Qualifier=1")).await;
        (config["Status"] == "READY").then_some(config)
    })
    .await;
    assert_eq!(ready["AvailableProvisionedConcurrentExecutions"], 2);
    let (_, listed) = bench.get(&format!("{PROVISIONED}?List=ALL")).await;
    assert_eq!(
        listed["ProvisionedConcurrencyConfigs"][0]["FunctionArn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f:1"
    );
    let bench = bench.restart().await;
    eventually(async || (!bench.executor.provisioned.lock().unwrap().is_empty()).then_some(())).await;
    assert_eq!(bench.delete(&format!("{PROVISIONED}?Qualifier=1")).await.0, 204);
    assert_eq!(bench.executor.provisioned.lock().unwrap().last().unwrap().1, 0);
    let (status, error) = bench.get(&format!("{PROVISIONED}?Qualifier=1")).await;
    assert_eq!(status, 404);
    assert_eq!(error["Message"], "No Provisioned Concurrency Config found for this function");
}

#[tokio::test]
async fn an_alias_takes_its_environments_along() {
    let bench = with_version().await;
    bench.put(&format!("{F}/configuration"), &json!({"Timeout": 9})).await;
    bench.settled("f").await;
    bench.post(&format!("{F}/versions"), &json!({})).await;
    bench.post(&format!("{F}/aliases"), &json!({"Name": "live", "FunctionVersion": "1"})).await;
    bench.put(&format!("{PROVISIONED}?Qualifier=live"), &json!({"ProvisionedConcurrentExecutions": 1})).await;
    eventually(async || (bench.executor.provisioned.lock().unwrap().len() == 1).then_some(())).await;
    bench.put(&format!("{F}/aliases/live"), &json!({"FunctionVersion": "2"})).await;
    let seen = eventually(async || {
        let seen = bench.executor.provisioned.lock().unwrap().clone();
        (seen.len() >= 3).then_some(seen)
    })
    .await;
    let seen: Vec<_> = seen.iter().map(|(arn, count)| (arn.resource(), *count)).collect();
    assert_eq!(seen, [("function:f:1", 1), ("function:f:1", 0), ("function:f:2", 1)]);
}

#[tokio::test]
async fn what_cannot_be_provisioned_is_refused() {
    let bench = with_version().await;
    bench.put("/2017-10-31/functions/f/concurrency", &json!({"ReservedConcurrentExecutions": 3})).await;
    for (target, count, status, text) in [
        ("?Qualifier=$LATEST", 1, 400, "cannot be applied to unpublished function versions"),
        ("?Qualifier=7", 1, 404, "Function not found"),
        ("?Qualifier=1", 0, 400, "greater than or equal to 1"),
        ("?Qualifier=1", 4, 400, "should not be greater than the reservedConcurrentExecution"),
    ] {
        let asked = json!({"ProvisionedConcurrentExecutions": count});
        let (got, error) = bench.put(&format!("{PROVISIONED}{target}"), &asked).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(text), "{target}: {got} {error}");
    }
}

#[tokio::test]
async fn runtime_management_is_kept() {
    let bench = with_version().await;
    let path = "/2021-07-20/functions/f/runtime-management-config";
    assert_eq!(bench.get(path).await.1["UpdateRuntimeOn"], "Auto");
    assert_eq!(bench.put(path, &json!({"UpdateRuntimeOn": "Manual"})).await.0, 400);
    bench.put(&format!("{path}?Qualifier=1"), &json!({"UpdateRuntimeOn": "FunctionUpdate"})).await;
    assert_eq!(bench.get(&format!("{path}?Qualifier=1")).await.1["UpdateRuntimeOn"], "FunctionUpdate");
    assert_eq!(bench.get(path).await.1["UpdateRuntimeOn"], "Auto");
}

#[tokio::test]
async fn code_signing_configurations_are_kept() {
    let bench = with_version().await;
    let configs = "/2020-04-22/code-signing-configs";
    let publisher = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/1";
    let input = json!({"AllowedPublishers": {"SigningProfileVersionArns": [publisher]}});
    let (status, made) = bench.post(configs, &input).await;
    assert_eq!(status, 201, "{made}");
    let config = &made["CodeSigningConfig"];
    assert_eq!(config["CodeSigningPolicies"]["UntrustedArtifactOnDeployment"], "Warn");
    let arn = config["CodeSigningConfigArn"].as_str().unwrap();
    let own = "/2020-06-30/functions/f/code-signing-config";
    assert_eq!(bench.put(own, &json!({"CodeSigningConfigArn": arn})).await.0, 200);
    assert_eq!(bench.get(own).await.1["CodeSigningConfigArn"], arn);
    assert_eq!(bench.delete(&format!("{configs}/{arn}")).await.0, 409, "a function has it");
    let (_, functions) = bench.get(&format!("{configs}/{arn}/functions")).await;
    assert_eq!(functions["FunctionArns"][0], "arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(bench.delete(own).await.0, 204);
    assert_eq!(bench.delete(&format!("{configs}/{arn}")).await.0, 204);
    assert_eq!(bench.get(&format!("{configs}/{arn}")).await.0, 404);
    assert_eq!(bench.put(own, &json!({"CodeSigningConfigArn": arn})).await.0, 404);
}
