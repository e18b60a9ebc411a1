//! Functions come, change and go.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use service::Method;

use super::bench::{Bench, eventually, function, package};

const F: &str = "/2015-03-31/functions/f";

#[tokio::test]
async fn a_function_is_pending_and_then_active() {
    let bench = Bench::new().await;
    let (status, created) = bench
        .post(
            "/2015-03-31/functions",
            &function("f", &json!({"Environment": {"Variables": {"KEY": "value"}}})),
        )
        .await;
    assert_eq!(status, 201);
    assert_eq!((&created["State"], &created["StateReasonCode"]), (&json!("Pending"), &json!("Creating")));
    assert_eq!(created["StateReason"], "The function is being created.");
    let active = bench.settled("f").await;
    assert_eq!((&active["State"], &active["LastUpdateStatus"]), (&json!("Active"), &json!("Successful")));
    for (member, value) in [
        ("FunctionArn", json!("arn:aws:lambda:us-east-1:000000000000:function:f")),
        ("Runtime", json!("provided.al2023")),
        ("Timeout", json!(3)),
        ("MemorySize", json!(128)),
        ("LastModified", json!("2026-01-01T00:00:00.000+0000")),
        ("Version", json!("$LATEST")),
        ("TracingConfig", json!({"Mode": "PassThrough"})),
        ("PackageType", json!("Zip")),
        ("Architectures", json!(["x86_64"])),
        ("EphemeralStorage", json!({"Size": 512})),
        ("SnapStart", json!({"ApplyOn": "None", "OptimizationStatus": "Off"})),
        ("LoggingConfig", json!({"LogFormat": "Text", "LogGroup": "/aws/lambda/f"})),
        ("Environment", json!({"Variables": {"KEY": "value"}})),
    ] {
        assert_eq!(active[member], value, "{member}");
    }
    assert!(active.get("StateReason").is_none());
    let (_, qualified) = bench.get(&format!("{F}?Qualifier=$LATEST")).await;
    assert_eq!(
        qualified["Configuration"]["FunctionArn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    );
}

#[tokio::test]
async fn a_second_function_of_the_name_is_refused() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let (status, error) = bench.post("/2015-03-31/functions", &function("f", &json!({}))).await;
    assert_eq!((status, &error["Message"]), (409, &json!("Function already exist: f")));
}

#[tokio::test]
async fn what_is_wrong_with_a_function_is_said() {
    let bench = Bench::new().await;
    for (wrong, status, text) in [
        (json!({"Runtime": null}), 400, "Runtime and Handler are mandatory parameters"),
        (
            json!({"Role": null}),
            400,
            "Value null at 'role' failed to satisfy constraint: Member must not be null",
        ),
        (json!({"Code": {}}), 400, "Please provide a source for function code."),
        (json!({"Code": {"ZipFile": "bm8gemlw"}}), 400, "Could not unzip uploaded file."),
        (json!({"Code": {"ZipFile": "%"}}), 400, "Could not parse request body into json"),
        (json!({"Code": {"ImageUri": "x"}}), 400, "not supported"),
        (json!({"PackageType": "Image"}), 400, "Please don't provide Runtime or Handler or Layer"),
        (json!({"PackageType": "Tar"}), 400, "at 'packageType' failed"),
        (
            json!({"CodeSigningConfigArn": "arn:aws:lambda:us-east-1:000000000000:code-signing-config:none"}),
            404,
            "cannot be found",
        ),
        (json!({"Timeout": 0}), 400, "Value '0' at 'timeout'"),
        (json!({"FunctionName": "a b"}), 400, "at 'functionName' failed to satisfy constraint"),
    ] {
        let (got, error) = bench.post("/2015-03-31/functions", &function("f", &wrong)).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(got == status && message.contains(text), "{wrong}: {got} {error}");
    }
    assert_eq!(bench.get(F).await.0, 404, "nothing was created");
}

#[tokio::test]
async fn a_function_of_an_image_has_no_package() {
    let bench = Bench::new().await;
    let input = json!({"FunctionName": "f", "PackageType": "Image", "Role": "arn:aws:iam::000000000000:role/r",
        "Code": {"ImageUri": "localhost/image:1"}, "ImageConfig": {"Command": ["app.handler"]}});
    assert_eq!(bench.post("/2015-03-31/functions", &input).await.0, 201);
    let active = bench.settled("f").await;
    assert_eq!((&active["PackageType"], &active["State"]), (&json!("Image"), &json!("Active")));
    assert!(active.get("Runtime").is_none() && active.get("Handler").is_none());
    let (_, code) = bench.put(&format!("{F}/code"), &json!({"ImageUri": "localhost/image:2"})).await;
    assert_eq!(code["LastUpdateStatus"], "InProgress");
    bench.settled("f").await;
    let (_, shown) = bench.get(F).await;
    assert_eq!(shown["Code"]["ImageUri"], "localhost/image:2");
    bench.send(Method::Post, &format!("{F}/invocations"), &[], "1").await;
    let (spec, _) = bench.executor.calls.lock().unwrap()[0].clone();
    let image = spec.image.as_ref().unwrap();
    assert_eq!((image.uri.as_str(), &image.command), ("localhost/image:2", &vec!["app.handler".to_owned()]));
    assert_eq!(bench.delete(F).await.0, 204);
}

#[tokio::test]
async fn code_and_configuration_are_replaced() {
    let bench = Bench::new().await;
    let before = bench.create("f", &json!({})).await;
    let (status, updated) =
        bench.put(&format!("{F}/code"), &json!({"ZipFile": package("#!/bin/sh\necho other\n")})).await;
    assert_eq!((status, &updated["LastUpdateStatus"]), (200, &json!("InProgress")));
    let after = bench.settled("f").await;
    assert_ne!(before["CodeSha256"], after["CodeSha256"]);
    assert_ne!(before["RevisionId"], after["RevisionId"]);

    let (status, _) = bench
        .put(&format!("{F}/configuration"), &json!({"Timeout": 30, "RevisionId": before["RevisionId"]}))
        .await;
    assert_eq!(status, 412, "the revision is an old one");
    let (status, _) = bench
        .put(&format!("{F}/configuration"), &json!({"Timeout": 30, "RevisionId": after["RevisionId"]}))
        .await;
    assert_eq!(status, 200);
    let changed = bench.settled("f").await;
    assert_eq!((&changed["Timeout"], &changed["MemorySize"]), (&json!(30), &json!(128)));
    assert_eq!(bench.executor.retired.lock().unwrap().len(), 2, "environments of both earlier revisions");
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_its_name_free() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    assert_eq!(bench.delete(&format!("{F}?Qualifier=$LATEST")).await.0, 400);
    assert_eq!(bench.delete(F).await, (204, Json::Null));
    let (status, error) = bench.get(F).await;
    assert_eq!(status, 404);
    assert_eq!(error["Message"], "Function not found: arn:aws:lambda:us-east-1:000000000000:function:f");
    assert_eq!(bench.delete(F).await.0, 404);
    bench.create("f", &json!({})).await;
}

#[tokio::test]
async fn functions_are_listed_by_name_and_page() {
    let bench = Bench::new().await;
    for name in ["c", "a", "b"] {
        bench.create(name, &json!({})).await;
    }
    let names = |page: &Json| -> Vec<String> {
        let functions = page["Functions"].as_array().unwrap();
        functions.iter().map(|function| function["FunctionName"].as_str().unwrap().to_owned()).collect()
    };
    let (_, first) = bench.get("/2015-03-31/functions/?MaxItems=2").await;
    assert_eq!(names(&first), ["a", "b"]);
    let marker = first["NextMarker"].as_str().unwrap();
    let (_, second) = bench.get(&format!("/2015-03-31/functions?Marker={marker}")).await;
    assert_eq!((names(&second), &second["NextMarker"]), (vec!["c".to_owned()], &Json::Null));
}

#[tokio::test]
async fn tags_policy_concurrency_and_event_settings_are_kept() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"Tags": {"a": "1"}})).await;
    let tags = "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:f";
    assert_eq!(bench.post(tags, &json!({"Tags": {"b": "2", "c": "3"}})).await.0, 204);
    assert_eq!(bench.delete(&format!("{tags}?tagKeys=a&tagKeys=c")).await.0, 204);
    assert_eq!(bench.get(tags).await.1, json!({"Tags": {"b": "2"}}));

    let policy = format!("{F}/policy");
    assert_eq!(bench.get(&policy).await.0, 404);
    let permission =
        json!({"StatementId": "sns", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"});
    assert_eq!(bench.post(&policy, &permission).await.0, 201);
    assert_eq!(bench.post(&policy, &permission).await.0, 409);
    let (_, shown) = bench.get(&policy).await;
    let document: Json = serde_json::from_str(shown["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(document["Statement"][0]["Sid"], "sns");
    assert_eq!(bench.delete(&format!("{policy}/sns")).await.0, 204);
    assert_eq!(bench.delete(&format!("{policy}/sns")).await.0, 404);

    let concurrency = "/2017-10-31/functions/f/concurrency";
    assert_eq!(bench.put(concurrency, &json!({"ReservedConcurrentExecutions": 901})).await.0, 400);
    assert_eq!(bench.put(concurrency, &json!({"ReservedConcurrentExecutions": 7})).await.0, 200);
    let (_, shown) = bench.get("/2019-09-30/functions/f/concurrency").await;
    assert_eq!(shown, json!({"ReservedConcurrentExecutions": 7}));
    assert_eq!(bench.get(F).await.1["Concurrency"], shown);
    let (_, account) = bench.get("/2016-08-19/account-settings").await;
    assert_eq!(account["AccountLimit"]["UnreservedConcurrentExecutions"], 993);
    assert_eq!(account["AccountUsage"]["FunctionCount"], 1);
    assert_eq!(bench.delete(concurrency).await.0, 204);

    let events = "/2019-09-25/functions/f/event-invoke-config";
    assert_eq!(bench.get(events).await.0, 404);
    assert_eq!(bench.put(events, &json!({"MaximumRetryAttempts": 3})).await.0, 400);
    assert_eq!(bench.put(events, &json!({"MaximumRetryAttempts": 0})).await.0, 200);
    assert_eq!(bench.post(events, &json!({"MaximumEventAgeInSeconds": 60})).await.0, 200);
    let (_, shown) = bench.get(events).await;
    assert_eq!((&shown["MaximumRetryAttempts"], &shown["MaximumEventAgeInSeconds"]), (&json!(0), &json!(60)));
    assert_eq!(bench.delete(events).await.0, 204);
}

#[tokio::test]
async fn versions_are_the_latest_alone() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let (_, shown) = bench.get(&format!("{F}/versions")).await;
    assert_eq!(shown["Versions"].as_array().unwrap().len(), 1);
    assert_eq!(
        shown["Versions"][0]["FunctionArn"],
        "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    );
}

#[tokio::test]
async fn functions_are_there_after_a_restart() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    let bench = bench.restart().await;
    let (status, _) = bench.post(&format!("{F}/invocations"), &json!({"a": 1})).await;
    assert_eq!(status, 200);
    let calls = bench.executor.calls.lock().unwrap();
    let code = calls[0].0.code.join("bootstrap");
    assert_eq!(std::fs::read_to_string(code).unwrap(), "#!/bin/sh\n", "unpacked anew");
}

#[tokio::test]
async fn code_comes_from_s3() {
    let bench = Bench::new().await;
    bench.create("f", &json!({"Code": {"S3Bucket": "bucket", "S3Key": "key"}})).await;
    bench.post(&format!("{F}/invocations"), &json!({})).await;
    let code = bench.executor.calls.lock().unwrap()[0].0.code.join("bootstrap");
    assert_eq!(std::fs::read_to_string(code).unwrap(), "from S3");
    let missing = function("g", &json!({"Code": {"S3Bucket": "bucket", "S3Key": "none"}}));
    let (status, error) = bench.post("/2015-03-31/functions", &missing).await;
    assert_eq!(status, 400);
    assert_eq!(
        error["Message"],
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    );
}

#[tokio::test]
async fn a_broken_package_fails_the_function_with_the_reason() {
    let bench = Bench::new().await;
    let (status, _) = bench
        .post("/2015-03-31/functions", &function("f", &json!({"Code": {"ZipFile": broken_package()}})))
        .await;
    assert_eq!(status, 201, "its head is as it should be");
    let failed = bench.settled("f").await;
    assert_eq!(
        (&failed["State"], &failed["StateReasonCode"]),
        (&json!("Failed"), &json!("InvalidZipFileException"))
    );
    assert_eq!(
        failed["StateReason"],
        "Could not unzip uploaded file. Please check your file, then try to upload again."
    );
    assert_eq!(bench.post(&format!("{F}/invocations"), &json!({})).await.0, 409);
    bench.put(&format!("{F}/code"), &json!({"ZipFile": package("whole")})).await;
    assert_eq!(bench.settled("f").await["State"], "Active");
}

#[tokio::test]
async fn one_update_at_a_time() {
    let bench = Bench::new().await;
    bench.create("f", &json!({})).await;
    bench.lambda.activations.forget_permits(usize::MAX);
    bench.put(&format!("{F}/configuration"), &json!({"Timeout": 5})).await;
    let (status, error) = bench.put(&format!("{F}/configuration"), &json!({"Timeout": 6})).await;
    assert_eq!(status, 409);
    assert_eq!(
        error["Message"],
        "The operation cannot be performed at this time. An update is in progress for resource: \
         arn:aws:lambda:us-east-1:000000000000:function:f"
    );
}

#[tokio::test]
async fn what_a_crash_left_behind_is_gone_on_with() {
    let bench = Bench::new().await;
    bench.lambda.activations.forget_permits(usize::MAX);
    bench.post("/2015-03-31/functions", &function("f", &json!({}))).await;
    let orphan = engine::QueueKey::new("lambda/async/arn:aws:lambda:us-east-1:000000000000:function:gone/id");
    let settings = engine::QueueSettings {
        kind: engine::QueueKind::Standard,
        delay_seconds: 0,
        retention_seconds: 60,
        visibility_timeout_seconds: 30,
        dead_letter: None,
        in_flight_max: 10,
    };
    engine::Queues::create_queue(&*bench.engine, orphan.clone(), settings, bytes::Bytes::new())
        .await
        .unwrap();
    let bench = bench.restart().await;
    assert_eq!(bench.settled("f").await["State"], "Active");
    eventually(async || engine::Queues::queue(&*bench.engine, &orphan).await.is_err().then_some(())).await;
}

/// A package whose content does not fit its checksum.
fn broken_package() -> String {
    let mut zip = STANDARD.decode(package("content")).unwrap();
    let at = zip.windows(9).position(|window| window == b"bootstrap").unwrap() + 9;
    // The first byte of the compressed content: a block type that there is none of.
    zip[at] |= 0b110;
    STANDARD.encode(zip)
}
