//! Versions of objects: over HTTP as S3 has them, in events, and in replays that make the version of then current again.

use bytes::Bytes;
use client::{Answer, Call};
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use crate::in_process::Server;

async fn call(
    server: &Server,
    method: Method,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Answer {
    let mut all = vec![("x-amz-content-sha256", "UNSIGNED-PAYLOAD".to_owned())];
    all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let call = Call { service: "s3", method, path, headers: all, body: Bytes::from(body.to_owned()) };
    server.client.send(call).await.unwrap()
}

async fn put(server: &Server, path: &str, body: &str) -> Option<String> {
    let answer = call(server, Method::PUT, path, &[], body).await.success().unwrap();
    answer.header("x-amz-version-id").map(str::to_owned)
}

async fn version(server: &Server, bucket: &str, status: &str) {
    let document = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    put(server, &format!("/{bucket}?versioning="), &document).await;
}

/// A journey in which a message came to the queue `q`, and who received it read an object.
struct Scene {
    server: Server,
    url: String,
}

const TRACE: &str = "Root=1-66f5a1b2-0123456789abcdef01234567";
const JOURNEY: &str = "1-66f5a1b2-0123456789abcdef01234567";

impl Scene {
    async fn new(status: Option<&str>) -> Self {
        let server = Server::start().await;
        let (url, _) = server.queue("q").await;
        put(&server, "/works", "").await;
        if let Some(status) = status {
            version(&server, "works", status).await;
        }
        put(&server, "/works/k", "then").await;
        let header =
            json!({"AWSTraceHeader": {"DataType": "String", "StringValue": format!("{TRACE};Sampled=1")}});
        let message = json!({"QueueUrl": url, "MessageBody": "work", "MessageSystemAttributes": header});
        server.sqs("SendMessage", message).await;
        assert_eq!(server.next_body(&url).await, "work");
        let scene = Self { server, url };
        scene.read("/works/k").await;
        scene
    }

    /// The journey, once it fits.
    async fn journey(&self, fits: impl Fn(&[Json]) -> bool) -> Vec<Json> {
        let mut seen = 0;
        for _ in 0..20 {
            let path = format!("/_konekuta/api/journeys/{JOURNEY}?wait=5&hops={seen}");
            let journey =
                self.server.client.rest("konekuta", Method::GET, &path, None).await.unwrap_or_default();
            let hops = journey["hops"].as_array().cloned().unwrap_or_default();
            if fits(&hops) {
                return hops;
            }
            seen = hops.len();
        }
        panic!("the journey never fits");
    }

    /// Reads an object as what the message brought about.
    async fn read(&self, path: &str) {
        let sent = |hop: &&Json| hop["kind"] == "send";
        let hops = self.journey(|hops| hops.iter().any(|hop| sent(&hop))).await;
        let span = hops.iter().find(sent).unwrap()["span"].as_str().unwrap();
        let header = format!("{TRACE};Parent={span};Sampled=1");
        call(&self.server, Method::GET, path, &[("x-amzn-trace-id", &header)], "").await.success().unwrap();
        let asked = path.split_once("versionId=").map(|(_, version)| version.to_owned());
        let told = |hop: &Json| {
            hop["notes"]["action"] == "GetObject" && hop["notes"]["askedVersion"].as_str() == asked.as_deref()
        };
        self.journey(|hops| hops.iter().any(told)).await;
    }

    async fn replay(&self, restore: bool, run: &str) -> Result<Json, String> {
        let input = json!({"journey": JOURNEY, "from": "queue:q", "restore": restore, "run": run});
        let path = "/_konekuta/api/replays";
        let answer = self.server.client.rest("konekuta", Method::POST, path, Some(&input)).await;
        answer.map_err(|error| error.to_string())
    }

    async fn content(&self) -> String {
        call(&self.server, Method::GET, "/works/k", &[], "").await.text()
    }
}

#[tokio::test]
async fn a_delete_marker_hides_an_object_and_its_removal_brings_it_back() {
    let server = Server::start().await;
    put(&server, "/works", "").await;
    assert_eq!(put(&server, "/works/k", "null").await, None, "no version is told of where none is kept");
    version(&server, "works", "Enabled").await;
    let first = put(&server, "/works/k", "first").await.unwrap();
    let deleted = call(&server, Method::DELETE, "/works/k", &[], "").await;
    assert_eq!(
        (deleted.status, deleted.header("x-amz-delete-marker")),
        (StatusCode::NO_CONTENT, Some("true"))
    );
    let marker = deleted.header("x-amz-version-id").unwrap().to_owned();
    for method in [Method::GET, Method::HEAD] {
        let hidden = call(&server, method, "/works/k", &[], "").await;
        assert_eq!(
            (hidden.status, hidden.header("x-amz-delete-marker")),
            (StatusCode::NOT_FOUND, Some("true"))
        );
    }
    let by_id = call(&server, Method::GET, &format!("/works/k?versionId={marker}"), &[], "").await;
    assert_eq!(
        (by_id.status, by_id.header("x-amz-delete-marker")),
        (StatusCode::METHOD_NOT_ALLOWED, Some("true"))
    );
    let source = format!("works/k?versionId={marker}");
    let copied = call(&server, Method::PUT, "/works/c", &[("x-amz-copy-source", &source)], "").await;
    assert!(copied.success().unwrap_err().is("InvalidRequest"));
    let listed = call(&server, Method::GET, "/works?list-type=2", &[], "").await;
    assert_eq!(listed.elements("Key"), Vec::<String>::new());
    let refused = call(&server, Method::DELETE, "/works", &[], "").await.success().unwrap_err();
    assert!(refused.is("BucketNotEmpty"), "{refused}");
    let removed = call(&server, Method::DELETE, &format!("/works/k?versionId={marker}"), &[], "").await;
    assert_eq!(removed.header("x-amz-delete-marker"), Some("true"));
    let back = call(&server, Method::GET, "/works/k", &[], "").await;
    assert_eq!((back.text().as_str(), back.header("x-amz-version-id")), ("first", Some(first.as_str())));
    for (query, code) in [("null", None), (&*marker, Some("NoSuchVersion")), ("x", Some("InvalidArgument"))] {
        let answer =
            call(&server, Method::GET, &format!("/works/k?versionId={query}"), &[], "").await.success();
        assert_eq!(answer.as_ref().err().is_some(), code.is_some(), "{query}");
        assert!(code.is_none_or(|code| answer.unwrap_err().is(code)), "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_bucket_tells_of_versions_and_delete_markers() {
    let server = Server::start().await;
    let (url, arn) = server.queue("q").await;
    put(&server, "/works", "").await;
    version(&server, "works", "Enabled").await;
    server.allow(&arn, "s3.amazonaws.com", "arn:aws:s3:::works").await;
    let configuration = format!(
        "<NotificationConfiguration><QueueConfiguration><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event>\
         <Event>s3:ObjectRemoved:*</Event></QueueConfiguration></NotificationConfiguration>"
    );
    put(&server, "/works?notification=", &configuration).await;
    server.next_body(&url).await;
    let told = async || {
        let event: Json = serde_json::from_str(&server.next_body(&url).await).unwrap();
        let record = &event["Records"][0];
        let of = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        (of(&record["eventName"]), of(&record["s3"]["object"]["versionId"]))
    };
    let first = put(&server, "/works/k", "x").await.unwrap();
    assert_eq!(told().await, ("ObjectCreated:Put".to_owned(), first.clone()));
    let marker = call(&server, Method::DELETE, "/works/k", &[], "")
        .await
        .header("x-amz-version-id")
        .unwrap()
        .to_owned();
    assert_eq!(told().await, ("ObjectRemoved:DeleteMarkerCreated".to_owned(), marker));
    call(&server, Method::DELETE, &format!("/works/k?versionId={first}"), &[], "").await;
    assert_eq!(told().await, ("ObjectRemoved:Delete".to_owned(), first));
    server.stop().await;
}

#[tokio::test]
async fn a_replay_makes_the_version_of_then_current_again_and_tells_nobody() {
    let scene = Scene::new(Some("Enabled")).await;
    let (events, arn) = scene.server.queue("events").await;
    scene.server.allow(&arn, "s3.amazonaws.com", "arn:aws:s3:::works").await;
    put(&scene.server, "/works/k", "now").await;
    let configuration = format!(
        "<NotificationConfiguration><QueueConfiguration><Queue>{arn}</Queue><Event>s3:ObjectCreated:*</Event>\
         </QueueConfiguration></NotificationConfiguration>"
    );
    put(&scene.server, "/works?notification=", &configuration).await;
    scene.server.next_body(&events).await;

    let told = scene.replay(false, "warned").await.unwrap();
    let object = &told["objects"][0];
    assert_eq!((&object["state"], &object["restore"]), (&json!("changed"), &json!("possible")), "{told}");
    assert_eq!(
        (scene.server.next_body(&scene.url).await, scene.content().await),
        ("work".into(), "now".into())
    );

    let restored = scene.replay(true, "restored").await.unwrap();
    assert_eq!(restored["objects"][0]["state"], "restored", "{restored}");
    assert_eq!(
        (scene.server.next_body(&scene.url).await, scene.content().await),
        ("work".into(), "then".into())
    );
    let again = scene.replay(true, "again").await.unwrap();
    assert_eq!(again["objects"][0]["state"], "unchanged", "a copy has the same content: {again}");

    call(&scene.server, Method::DELETE, "/works/k", &[], "").await;
    let before = scene.replay(true, "again").await.unwrap();
    assert_eq!(
        (&before["replays"][0]["state"], &before["objects"][0]["state"]),
        (&json!("before"), &json!("gone"))
    );
    let back = scene.replay(true, "back").await.unwrap();
    assert_eq!(
        (&back["objects"][0]["state"], scene.content().await),
        (&json!("restored"), "then".into()),
        "{back}"
    );
    // The queue was told of nothing: what comes next is what is put next.
    put(&scene.server, "/works/told", "x").await;
    let event: Json = serde_json::from_str(&scene.server.next_body(&events).await).unwrap();
    assert_eq!(event["Records"][0]["s3"]["object"]["key"], "told");
    scene.server.stop().await;
}

#[tokio::test]
async fn a_replay_that_cannot_restore_says_why_and_does_nothing() {
    let scene = Scene::new(None).await;
    put(&scene.server, "/works/k", "now").await;
    let refused = scene.replay(true, "r").await.unwrap_err();
    assert!(refused.contains("s3://works/k cannot be restored: the bucket keeps no versions"), "{refused}");
    assert_eq!(scene.content().await, "now");
    let replayed = scene.replay(false, "r").await.unwrap();
    assert_eq!(replayed["replays"][0]["state"], "replayed", "the refused one counts for nothing: {replayed}");
    // From now on versions are kept, yet not of what is gone.
    version(&scene.server, "works", "Enabled").await;
    let told = scene.replay(false, "later").await.unwrap();
    assert_eq!(told["objects"][0]["restore"], "versionGone");
    scene.server.stop().await;
}

#[tokio::test]
async fn what_was_read_by_its_version_is_unchanged_while_that_is_kept() {
    let scene = Scene::new(Some("Enabled")).await;
    let first = call(&scene.server, Method::GET, "/works/k", &[], "")
        .await
        .header("x-amz-version-id")
        .unwrap()
        .to_owned();
    let path = format!("/works/k?versionId={first}");
    scene.read(&path).await;
    put(&scene.server, "/works/k", "now").await;
    let states = |told: &Json| -> Vec<String> {
        told["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|object| object["state"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states(&scene.replay(false, "r").await.unwrap()), ["changed", "unchanged"]);
    call(&scene.server, Method::DELETE, &path, &[], "").await.success().unwrap();
    assert_eq!(states(&scene.replay(false, "x").await.unwrap()), ["changed", "gone"]);
    scene.server.stop().await;
}

#[tokio::test]
async fn while_versioning_is_suspended_no_restore_pushes_out_the_null_version() {
    let scene = Scene::new(Some("Enabled")).await;
    version(&scene.server, "works", "Suspended").await;
    assert_eq!(
        put(&scene.server, "/works/k", "now").await,
        None,
        "the null version is not told of to its writer"
    );
    let read = call(&scene.server, Method::GET, "/works/k", &[], "").await;
    assert_eq!(read.header("x-amz-version-id"), Some("null"));
    let refused = scene.replay(true, "r").await.unwrap_err();
    assert!(refused.contains("the object as it is now would be lost"), "{refused}");
    assert_eq!(scene.content().await, "now");
    scene.server.stop().await;
}
