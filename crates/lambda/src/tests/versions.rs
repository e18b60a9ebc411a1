//! Versions stay as they were published; aliases point to them.

use serde_json::{Value as Json, json};
use service::Method;

use super::bench::{Bench, eventually, package};

const F: &str = "/2015-03-31/functions/f";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:f";

/// Publishes and waits until the version is active.
async fn publish(bench: &Bench, input: &Json) -> Json {
    let (status, version) = bench.post(&format!("{F}/versions"), input).await;
    assert_eq!(status, 201, "{version}");
    let number = version["Version"].as_str().unwrap();
    eventually(async || {
        let (_, version) = bench.get(&format!("{F}/configuration?Qualifier={number}")).await;
        (version["State"] == "Active").then_some(version)
    })
    .await
}

async fn change(bench: &Bench, timeout: u32) {
    bench.put(&format!("{F}/configuration"), &json!({"Timeout": timeout})).await;
    bench.settled("f").await;
}

async fn executed(bench: &Bench, qualifier: &str) -> (u16, String) {
    let target = format!("{F}/invocations?Qualifier={qualifier}");
    let reply = bench.send(Method::Post, &target, &[], "1").await;
    let version = reply.headers.get("x-amz-executed-version");
    let version = version.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    (reply.status.as_u16(), version)
}

#[tokio::test]
async fn a_version_keeps_code_and_configuration() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"Timeout": 5, "Description": "of f"})).await;
    let (_, pending) = bench.post(&format!("{F}/versions"), &json!({"Description": "first"})).await;
    assert_eq!((&pending["Version"], &pending["State"]), (&json!("1"), &json!("Pending")));
    assert_eq!(pending["FunctionArn"], format!("{ARN}:1"));
    let first = publish(&bench, &json!({"Description": "not used: nothing has changed"})).await;
    assert_eq!((&first["Version"], &first["Description"]), (&json!("1"), &json!("first")));

    bench.put(&format!("{F}/code"), &json!({"ZipFile": package("#!/bin/sh\necho other\n")})).await;
    bench.settled("f").await;
    change(&bench, 6).await;
    let second = publish(&bench, &json!({})).await;
    assert_eq!((&second["Version"], &second["Timeout"]), (&json!("2"), &json!(6)));
    let (_, still) = bench.get(&format!("{F}?Qualifier=1")).await;
    assert_eq!(still["Configuration"]["Timeout"], 5);
    assert_eq!(still["Configuration"]["CodeSha256"], first["CodeSha256"]);
    assert_ne!(second["CodeSha256"], first["CodeSha256"]);

    let (_, listed) = bench.get(&format!("{F}/versions?MaxItems=2")).await;
    let numbers = |listed: &Json| -> Vec<String> {
        let versions = listed["Versions"].as_array().unwrap().iter();
        versions.map(|version| version["FunctionArn"].as_str().unwrap().replace(ARN, "")).collect()
    };
    assert_eq!(numbers(&listed), [":$LATEST", ":1"]);
    let marker = listed["NextMarker"].as_str().unwrap();
    let (_, rest) = bench.get(&format!("{F}/versions?Marker={marker}")).await;
    assert_eq!(numbers(&rest), [":2"]);
    let (_, all) = bench.get("/2015-03-31/functions?FunctionVersion=ALL").await;
    assert_eq!(all["Functions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn every_qualifier_calls_its_version() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    change(&bench, 9).await;
    for qualifier in ["1", "$LATEST"] {
        assert_eq!(executed(&bench, qualifier).await.0, 200);
    }
    assert_eq!(executed(&bench, "2").await.0, 404);
    assert_eq!(executed(&bench, "live").await.0, 404);
    let calls = bench.executor.calls.lock().unwrap();
    let seen: Vec<_> = calls
        .iter()
        .map(|(spec, invocation)| {
            (
                spec.version.as_str(),
                spec.timeout_seconds,
                invocation.invoked_arn.as_ref().unwrap().to_string(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [("1", 3, format!("{ARN}:1")), ("$LATEST", 9, format!("{ARN}:$LATEST"))],
        "as they were called"
    );
}

#[tokio::test]
async fn publishing_holds_to_its_conditions() {
    let bench = Bench::new().await;
    let created = bench.create("f", &json!({})).await;
    let (status, _) = bench.post(&format!("{F}/versions"), &json!({"RevisionId": "other"})).await;
    assert_eq!(status, 412);
    let (status, error) = bench.post(&format!("{F}/versions"), &json!({"CodeSha256": "other"})).await;
    assert_eq!(status, 400);
    assert!(error["Message"].as_str().unwrap().starts_with("CodeSHA256 (other) is different from current"));
    let conditions = json!({"CodeSha256": created["CodeSha256"], "RevisionId": created["RevisionId"]});
    publish(&bench, &conditions).await;
}

#[tokio::test]
async fn creating_and_updating_can_publish() {
    let bench = Bench::new().await;
    let (_, made) =
        bench.post("/2015-03-31/functions", &super::bench::function("f", &json!({"Publish": true}))).await;
    assert_eq!((&made["Version"], &made["FunctionArn"]), (&json!("1"), &json!(format!("{ARN}:1"))));
    bench.settled("f").await;
    let code = json!({"ZipFile": package("#!/bin/sh\necho 2\n"), "Publish": true});
    let (_, made) = bench.put(&format!("{F}/code"), &code).await;
    assert_eq!(made["Version"], "2");
    bench.settled("f").await;
    eventually(async || (executed(&bench, "2").await.0 == 200).then_some(())).await;
}

#[tokio::test]
async fn aliases_come_change_and_go() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    change(&bench, 4).await;
    publish(&bench, &json!({})).await;
    let aliases = format!("{F}/aliases");
    let (status, alias) =
        bench.post(&aliases, &json!({"Name": "live", "FunctionVersion": "1", "Description": "d"})).await;
    assert_eq!((status, &alias["AliasArn"]), (201, &json!(format!("{ARN}:live"))));
    let (status, error) = bench.post(&aliases, &json!({"Name": "live", "FunctionVersion": "1"})).await;
    assert_eq!((status, &error["Message"]), (409, &json!(format!("Alias already exists: {ARN}:live"))));
    assert_eq!(executed(&bench, "live").await, (200, "1".to_owned()));

    let routing = json!({"FunctionVersion": "1", "RoutingConfig": {"AdditionalVersionWeights": {"2": 1.0}}});
    let (status, divided) = bench.put(&format!("{aliases}/live"), &routing).await;
    assert_eq!((status, &divided["RoutingConfig"]["AdditionalVersionWeights"]["2"]), (200, &json!(1.0)));
    assert_eq!(executed(&bench, "live").await, (200, "2".to_owned()));
    let (status, _) = bench
        .put(&format!("{aliases}/live"), &json!({"FunctionVersion": "2", "RevisionId": alias["RevisionId"]}))
        .await;
    assert_eq!(status, 412, "it has changed since");

    let (_, listed) = bench.get(&format!("{aliases}?FunctionVersion=2")).await;
    assert_eq!(listed["Aliases"][0]["Name"], "live");
    let (status, error) = bench.delete(&format!("{F}?Qualifier=2")).await;
    assert_eq!(status, 409);
    let text = "Unable to delete version because the following aliases reference it: [live]";
    assert_eq!(error["Message"], text);
    assert_eq!(bench.delete(&format!("{aliases}/live")).await.0, 204);
    assert_eq!(bench.delete(&format!("{aliases}/live")).await.0, 204, "gone already");
    let (status, error) = bench.get(&format!("{aliases}/live")).await;
    assert_eq!((status, &error["Message"]), (404, &json!(format!("Cannot find alias arn: {ARN}:live"))));
    assert_eq!(bench.delete(&format!("{F}?Qualifier=2")).await.0, 204);
    assert_eq!(executed(&bench, "2").await.0, 404);
    assert_eq!(executed(&bench, "1").await.0, 200);
}

#[tokio::test]
async fn what_cannot_be_an_alias_is_refused() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    for (alias, status, text) in [
        (json!({"Name": "7", "FunctionVersion": "1"}), 400, "at 'name' failed to satisfy constraint"),
        (json!({"Name": "a", "FunctionVersion": "9"}), 404, "Function not found: "),
        (json!({"Name": "a", "FunctionVersion": "b"}), 400, "at 'functionVersion' failed"),
        (weighted("1", &json!({"1": 0.5})), 400, "already included in routing configuration"),
        (weighted("$LATEST", &json!({"1": 0.5})), 400, "$LATEST is not supported for an alias"),
        (weighted("1", &json!({"2": 0.5, "3": 0.1})), 400, "cannot be greater than 1"),
        (weighted("1", &json!({"2": 1.5})), 400, "less than or equal to 1.0"),
    ] {
        let (got, error) = bench.post(&format!("{F}/aliases"), &alias).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(text), "{alias}: {got} {error}");
    }
}

fn weighted(version: &str, weights: &Json) -> Json {
    let routing = json!({"AdditionalVersionWeights": weights});
    json!({"Name": "a", "FunctionVersion": version, "RoutingConfig": routing})
}

#[tokio::test]
async fn policies_and_event_configs_belong_to_their_qualifier() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    bench.post(&format!("{F}/aliases"), &json!({"Name": "live", "FunctionVersion": "1"})).await;
    let permission = json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"});
    let (status, _) = bench.post(&format!("{F}/policy?Qualifier=live"), &permission).await;
    assert_eq!(status, 201);
    assert_eq!(bench.get(&format!("{F}/policy")).await.0, 404, "the function itself has none");
    let (_, policy) = bench.get(&format!("{F}/policy?Qualifier=live")).await;
    assert!(policy["Policy"].as_str().unwrap().contains(&format!("{ARN}:live")), "{policy}");
    let config = "/2019-09-25/functions/f/event-invoke-config";
    bench.put(&format!("{config}?Qualifier=live"), &json!({"MaximumRetryAttempts": 0})).await;
    bench.put(config, &json!({"MaximumRetryAttempts": 1})).await;
    let (_, listed) = bench.get(&format!("{config}/list")).await;
    let shown: Vec<_> = listed["FunctionEventInvokeConfigs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|config| (config["FunctionArn"].clone(), config["MaximumRetryAttempts"].clone()))
        .collect();
    assert_eq!(
        shown,
        [(json!(format!("{ARN}:$LATEST")), json!(1)), (json!(format!("{ARN}:live")), json!(0))]
    );
    bench.delete(&format!("{F}/aliases/live")).await;
    assert_eq!(bench.get(&format!("{F}/policy?Qualifier=live")).await.0, 404);
}

#[tokio::test]
async fn a_deleted_function_takes_its_versions_along() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    bench.post(&format!("{F}/aliases"), &json!({"Name": "live", "FunctionVersion": "1"})).await;
    assert_eq!(bench.delete(F).await.0, 204);
    bench.create("f", &json!({})).await;
    assert_eq!(executed(&bench, "1").await.0, 404);
    assert_eq!(executed(&bench, "live").await.0, 404);
    let first = publish(&bench, &json!({})).await;
    assert_eq!(first["Version"], "1", "numbers begin anew");
}

#[tokio::test]
async fn versions_run_after_a_restart() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    publish(&bench, &json!({})).await;
    bench.put(&format!("{F}/code"), &json!({"ZipFile": package("#!/bin/sh\necho other\n")})).await;
    bench.settled("f").await;
    let bench = bench.restart().await;
    assert_eq!(executed(&bench, "1").await, (200, "1".to_owned()));
    let (spec, _) = bench.executor.calls.lock().unwrap()[0].clone();
    let code = std::fs::read_to_string(spec.code.join("bootstrap")).unwrap();
    assert_eq!(code, "#!/bin/sh\n", "the package as it was");
}
