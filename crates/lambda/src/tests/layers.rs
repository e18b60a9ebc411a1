//! Layers are published, given to functions, and kept as long as functions have them.

use serde_json::{Value as Json, json};
use service::Method;

use super::bench::{Bench, files, function};

const TOOLS: &str = "/2018-10-31/layers/tools/versions";
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:layer:tools";

async fn publish(bench: &Bench, content: &str, more: &Json) -> Json {
    let mut input = json!({"Content": {"ZipFile": files(&[("bin/tool", content)])}});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, answer) = bench.post(TOOLS, &input).await;
    assert_eq!(status, 201, "{answer}");
    answer
}

#[tokio::test]
async fn versions_are_numbered_listed_and_never_come_back() {
    let bench = Bench::new().await;
    let python = json!({"CompatibleRuntimes": ["python3.13"], "Description": "d", "LicenseInfo": "MIT"});
    let first = publish(&bench, "1", &python).await;
    assert_eq!((&first["LayerArn"], &first["Version"]), (&json!(ARN), &json!(1)));
    assert_eq!(first["LayerVersionArn"], format!("{ARN}:1"));
    assert_eq!(first["CreatedDate"], "2026-01-01T00:00:00.000+0000");
    publish(&bench, "2", &json!({"CompatibleArchitectures": ["arm64"]})).await;
    let (_, listed) = bench.get(TOOLS).await;
    assert_eq!(listed["LayerVersions"][0]["Version"], 2, "the latest first");
    assert_eq!(listed["LayerVersions"][1]["LicenseInfo"], "MIT");
    let (_, suiting) = bench.get("/2018-10-31/layers?CompatibleRuntime=python3.13").await;
    assert_eq!(suiting["Layers"][0]["LatestMatchingVersion"]["Version"], 1);
    let (_, by_arn) = bench.get(&format!("/2018-10-31/layers?find=LayerVersion&Arn={ARN}:1")).await;
    assert_eq!(by_arn["Content"]["CodeSha256"], first["Content"]["CodeSha256"]);

    assert_eq!(bench.delete(&format!("{TOOLS}/2")).await.0, 204);
    assert_eq!(bench.delete(&format!("{TOOLS}/2")).await.0, 204, "gone already");
    assert_eq!(bench.get(&format!("{TOOLS}/2")).await.0, 404);
    assert_eq!(publish(&bench, "3", &json!({})).await["Version"], 3);
}

#[tokio::test]
async fn a_package_can_be_fetched_from_its_location() {
    let bench = Bench::new().await;
    let version = publish(&bench, "1", &json!({})).await;
    let location = version["Content"]["Location"].as_str().unwrap();
    let path = location.strip_prefix("http://127.0.0.1:4566").unwrap();
    let zip = bench.page(path).await;
    assert_eq!(zip.status, 200);
    assert!(zip.body.starts_with(b"PK"));
    assert_eq!(bench.page("/_konekuta/lambda/packages/none").await.status, 404);
}

#[tokio::test]
async fn a_function_has_its_layers_unpacked_in_order() {
    let bench = Bench::new().await;
    publish(&bench, "1", &json!({})).await;
    let input = json!({"Content": {"ZipFile": files(&[("python/other.py", "")])}});
    bench.post("/2018-10-31/layers/other/versions", &input).await;
    let other = "arn:aws:lambda:us-east-1:000000000000:layer:other:1";
    let created = bench.create("f", &json!({"Layers": [format!("{ARN}:1"), other]})).await;
    assert_eq!(created["Layers"][1]["Arn"], other);
    bench.send(Method::Post, "/2015-03-31/functions/f/invocations", &[], "1").await;
    let (spec, _) = bench.executor.calls.lock().unwrap()[0].clone();
    assert_eq!(std::fs::read_to_string(spec.layers[0].join("bin/tool")).unwrap(), "1");
    assert!(spec.layers[1].join("python/other.py").exists());
    assert!(!spec.layers[0].to_str().unwrap().contains(':'), "it stands in search paths");
}

#[tokio::test]
async fn a_deleted_version_stays_with_the_functions_that_have_it() {
    let bench = Bench::new().await;
    publish(&bench, "1", &json!({})).await;
    bench.create("f", &json!({"Layers": [format!("{ARN}:1")]})).await;
    bench.delete(&format!("{TOOLS}/1")).await;
    let (status, error) =
        bench.post("/2015-03-31/functions", &function("g", &json!({"Layers": [format!("{ARN}:1")]}))).await;
    assert_eq!((status, &error["Message"]), (400, &json!(format!("Layer version {ARN}:1 does not exist."))));
    let bench = bench.restart().await;
    bench.send(Method::Post, "/2015-03-31/functions/f/invocations", &[], "1").await;
    let (spec, _) = bench.executor.calls.lock().unwrap()[0].clone();
    assert!(spec.layers[0].join("bin/tool").exists(), "unpacked anew");
    bench.put("/2015-03-31/functions/f/configuration", &json!({"Layers": []})).await;
    assert!(bench.settled("f").await.get("Layers").is_none());
    bench.lambda.sweep_layers().await.unwrap();
    let kept = bench.lambda.all_records(crate::layers::LAYER_VERSIONS).await.unwrap();
    assert!(kept.is_empty(), "nobody has it any more");
}

#[tokio::test]
async fn layers_that_cannot_be_are_refused() {
    let bench = Bench::new().await;
    publish(&bench, "1", &json!({})).await;
    publish(&bench, "2", &json!({})).await;
    let six: Vec<String> = (1..=6).map(|number| format!("{ARN}{number}:1")).collect();
    for (layers, text) in [
        (json!(six), "Cannot reference more than 5 layers."),
        (json!([format!("{ARN}:1"), format!("{ARN}:2")]), "Two different versions of the same layer"),
        (json!([format!("{ARN}:9")]), "does not exist."),
        (json!(["tools"]), "at 'layers' failed to satisfy constraint"),
        (
            json!(["arn:aws:lambda:eu-west-1:000000000000:layer:tools:1"]),
            "expected to be in region us-east-1",
        ),
    ] {
        let (status, error) =
            bench.post("/2015-03-31/functions", &function("f", &json!({"Layers": layers}))).await;
        let message = error["Message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(text), "{layers}: {status} {error}");
    }
}

#[tokio::test]
async fn permissions_of_a_version_come_and_go() {
    let bench = Bench::new().await;
    publish(&bench, "1", &json!({})).await;
    let policy = format!("{TOOLS}/1/policy");
    assert_eq!(bench.get(&policy).await.0, 404);
    let permission = json!({"StatementId": "all", "Action": "lambda:GetLayerVersion", "Principal": "*",
                            "OrganizationId": "o-abcdefghij"});
    let (status, added) = bench.post(&policy, &permission).await;
    assert_eq!(status, 201);
    let statement: Json = serde_json::from_str(added["Statement"].as_str().unwrap()).unwrap();
    assert_eq!(statement["Resource"], format!("{ARN}:1"));
    assert_eq!(statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"], "o-abcdefghij");
    assert_eq!(bench.post(&policy, &permission).await.0, 409);
    let (_, shown) = bench.get(&policy).await;
    assert_eq!(shown["RevisionId"], added["RevisionId"]);
    assert_eq!(bench.delete(&format!("{policy}/all?RevisionId=other")).await.0, 412);
    assert_eq!(bench.delete(&format!("{policy}/all")).await.0, 204);
    assert_eq!(bench.delete(&format!("{policy}/all")).await.0, 404);
}
