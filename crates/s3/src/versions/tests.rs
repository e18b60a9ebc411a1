//! Versions over the engine itself, against a plain model: a list of versions for each key.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use engine::{BlobId, Engine, Expect};
use futures_util::StreamExt as _;
use local::{Durability, Local, Settings};
use proptest::prelude::*;
use service::{CountingIds, Ports};
use testkit::SimulatedClock;

use super::{Condition, Removed};
use crate::S3;
use crate::operations::Operations;
use crate::records::{self, BucketRecord, Headers, ObjectRecord, Versioning};
use crate::version_id::{NULL, Named};

const BUCKET: &str = "bucket";

struct Bench {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
    local: Arc<Local>,
    s3: Arc<S3>,
}

impl Bench {
    async fn new(versioning: Versioning) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench = Self::open(folder, SimulatedClock::default());
        bench.set(versioning).await;
        bench
    }

    fn open(folder: tempfile::TempDir, clock: SimulatedClock) -> Self {
        let settings = Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Relaxed,
            partitions: 1,
            history: None,
        };
        let local = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let engine = Arc::clone(&local) as Arc<dyn Engine>;
        let s3 = S3::new(engine, Arc::new(CountingIds::default()), Arc::new(clock.clone()), Ports::default());
        Self { folder, clock, local, s3 }
    }

    /// The same store, opened anew without having been closed.
    fn killed(self) -> Self {
        let Self { folder, clock, local, s3 } = self;
        drop((s3, local));
        Self::open(folder, clock)
    }

    async fn set(&self, versioning: Versioning) {
        let record = BucketRecord {
            version: 1,
            name: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            created_at: engine::Timestamp(0),
            notifications: Vec::new(),
            versioning,
        };
        self.s3.put(records::bucket_key(BUCKET), records::encode(&record), Expect::Anything).await.unwrap();
    }

    async fn object(&self, content: &str) -> ObjectRecord {
        // Large enough for a file of its own.
        let padded = format!("{content:2000}");
        let stream = futures_util::stream::iter([Ok(Bytes::from(padded))]).boxed();
        ObjectRecord {
            version: 1,
            blob: self.s3.store_blob(stream).await.unwrap(),
            size: content.len() as u64,
            e_tag: content.to_owned(),
            modified_at: engine::Timestamp(1000),
            headers: Headers::default(),
            checksums: BTreeMap::new(),
            version_id: None,
        }
    }

    /// Writes an object and answers its version's text.
    async fn put(&self, key: &str, content: &str) -> String {
        let object = self.object(content).await;
        let (_, version) = self.s3.put_object(BUCKET, key, &object, &Condition::default()).await.unwrap();
        version.map_or_else(|| NULL.to_owned(), |version| version.text())
    }

    async fn remove_version(&self, key: &str, version: &str) -> Removed {
        self.s3.remove_version(BUCKET, key, Named::parse(version).unwrap()).await.unwrap().1
    }

    async fn content(&self, blob: &BlobId) -> String {
        let pieces: Vec<_> =
            engine::Blobs::read_blob(&*self.local, blob, None).await.unwrap().collect().await;
        let whole: String =
            pieces.into_iter().map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect();
        whole.trim_end().to_owned()
    }

    /// What a key has now, and as a version of it.
    async fn read(&self, key: &str, version: Option<&str>) -> Result<String, String> {
        match self.s3.version_or_object(BUCKET, key, version).await {
            Ok(found) => Ok(self.content(&found.object.blob).await),
            Err(error) => Err(error.code().as_str().to_owned()),
        }
    }

    /// All versions, page by page: key, id, content (none: a delete marker), whether it is the latest.
    async fn listed(&self, prefix: &str, max_keys: i32) -> Vec<(String, String, bool, bool)> {
        let (mut all, mut key_marker, mut version_id_marker) = (Vec::new(), None, None);
        loop {
            let input = s3s::dto::ListObjectVersionsInput {
                bucket: BUCKET.to_owned(),
                prefix: Some(prefix.to_owned()),
                key_marker: key_marker.take(),
                version_id_marker: version_id_marker.take(),
                max_keys: Some(max_keys),
                ..Default::default()
            };
            let request = s3s::S3Request {
                input,
                method: http::Method::GET,
                uri: http::Uri::from_static("/"),
                headers: http::HeaderMap::new(),
                extensions: http::Extensions::new(),
                credentials: None,
                region: None,
                service: None,
                trailing_headers: None,
            };
            let operations = Operations(Arc::clone(&self.s3));
            let page = s3s::S3::list_object_versions(&operations, request).await.unwrap().output;
            let one = |key: Option<String>, id: Option<String>, marker, latest: Option<bool>| {
                (key.unwrap(), id.unwrap(), marker, latest.unwrap())
            };
            for version in page.versions.into_iter().flatten() {
                all.push(one(version.key, version.version_id, false, version.is_latest));
            }
            for marker in page.delete_markers.into_iter().flatten() {
                all.push(one(marker.key, marker.version_id, true, marker.is_latest));
            }
            if page.is_truncated != Some(true) {
                return all;
            }
            (key_marker, version_id_marker) = (page.next_key_marker, page.next_version_id_marker);
        }
    }

    fn blobs(&self) -> usize {
        let folders = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }
}

/// A key as AWS's documentation has it: the newest version first; `None` is a delete marker.
#[derive(Clone, Debug, Default)]
struct Model(BTreeMap<String, Vec<(String, Option<String>)>>);

impl Model {
    fn of(&mut self, key: &str) -> &mut Vec<(String, Option<String>)> {
        self.0.entry(key.to_owned()).or_default()
    }

    fn add(&mut self, key: &str, id: &str, content: Option<String>) {
        let versions = self.of(key);
        versions.retain(|(known, _)| id != NULL || known != NULL);
        versions.insert(0, (id.to_owned(), content));
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(usize, u8),
    Delete(usize),
    DeleteVersion(usize, usize),
    DeleteNull(usize),
    Set(bool),
    Kill,
}

/// NUL sorts before everything, and one key begins with another.
const KEYS: [&str; 4] = ["a", "a\0b", "a/b", "日本"];

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        6 => (key.clone(), any::<u8>()).prop_map(|(key, content)| Step::Put(key, content)),
        3 => key.clone().prop_map(Step::Delete),
        4 => (key.clone(), 0..4_usize).prop_map(|(key, nth)| Step::DeleteVersion(key, nth)),
        1 => key.prop_map(Step::DeleteNull),
        2 => any::<bool>().prop_map(Step::Set),
        1 => Just(Step::Kill),
    ]
}

async fn keeps_to_the_model(steps: Vec<Step>) {
    let mut bench = Bench::new(Versioning::Never).await;
    let (mut model, mut versioning) = (Model::default(), Versioning::Never);
    for step in steps {
        match step {
            Step::Put(key, content) => {
                let id = bench.put(KEYS[key], &content.to_string()).await;
                assert_eq!(id == NULL, versioning != Versioning::Enabled);
                model.add(KEYS[key], &id, Some(content.to_string()));
            }
            Step::Delete(key) => match bench.s3.remove_object(BUCKET, KEYS[key]).await.unwrap().1 {
                Removed::Behind(marker) => model.add(KEYS[key], &marker.text(), None),
                removed => {
                    assert_eq!(removed == Removed::Object, !model.of(KEYS[key]).is_empty());
                    model.of(KEYS[key]).clear();
                }
            },
            Step::DeleteVersion(key, nth) => {
                let versions = model.of(KEYS[key]);
                if nth < versions.len() {
                    let (id, content) = versions.remove(nth);
                    let wanted = if content.is_some() { Removed::Object } else { Removed::Marker };
                    assert_eq!(bench.remove_version(KEYS[key], &id).await, wanted);
                    assert_eq!(bench.remove_version(KEYS[key], &id).await, Removed::Nothing);
                }
            }
            Step::DeleteNull(key) => {
                let removed = bench.remove_version(KEYS[key], NULL).await;
                let (before, versions) = (model.of(KEYS[key]).len(), model.of(KEYS[key]));
                versions.retain(|(id, _)| id != NULL);
                assert_eq!(removed == Removed::Nothing, versions.len() == before);
            }
            Step::Set(enabled) => {
                versioning = if enabled { Versioning::Enabled } else { Versioning::Suspended };
                bench.set(versioning).await;
            }
            Step::Kill => bench = bench.killed(),
        }
        for (key, versions) in &model.0 {
            let now = versions.first().and_then(|(_, content)| content.clone());
            assert_eq!(bench.read(key, None).await.ok(), now, "{key:?} {versions:?}");
            for (id, content) in versions {
                let wanted = content.clone().ok_or_else(|| "MethodNotAllowed".to_owned());
                assert_eq!(bench.read(key, Some(id)).await, wanted, "{key:?} {id}");
            }
        }
    }
    let mut wanted = Vec::new();
    for (key, versions) in &model.0 {
        for (index, (id, content)) in versions.iter().enumerate() {
            wanted.push((key.clone(), id.clone(), content.is_none(), index == 0));
        }
    }
    assert_eq!(bench.listed("", 1).await, wanted, "one on a page, in the order of keys and newest first");
    let by_kind = |mut all: Vec<_>| {
        all.sort();
        all
    };
    assert_eq!(by_kind(bench.listed("", 1000).await), by_kind(wanted.clone()));
    for prefix in KEYS {
        let below: Vec<_> = wanted.iter().filter(|(key, ..)| key.starts_with(prefix)).cloned().collect();
        assert_eq!(bench.listed(prefix, 1).await, below, "{prefix:?}");
    }
    let objects = wanted.iter().filter(|(_, _, marker, _)| !marker).count();
    assert_eq!(bench.blobs(), objects, "as many blobs as objects: none too few, none left over");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_key_keeps_versions_as_the_model_does(steps in proptest::collection::vec(step(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
            .block_on(keeps_to_the_model(steps));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_one_key_lose_no_version_to_each_other() {
    const WRITERS: usize = 16;
    let bench = Arc::new(Bench::new(Versioning::Enabled).await);
    let write = |number: usize| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move {
            match number % 4 {
                3 => {
                    bench.s3.remove_object(BUCKET, "k").await.unwrap();
                }
                _ => {
                    bench.put("k", &number.to_string()).await;
                }
            }
        })
    };
    for writer in (0..WRITERS).map(write).collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let listed = bench.listed("", 1).await;
    assert_eq!(listed.len(), WRITERS);
    assert_eq!(listed.iter().filter(|(_, _, marker, _)| *marker).count(), WRITERS / 4);
    let (newest, is_marker) = (listed[0].1.clone(), listed[0].2);
    let now = bench.read("k", None).await;
    let newest = bench.read("k", Some(&newest)).await;
    assert_eq!(now.clone().ok(), newest.ok());
    assert_eq!(now.is_err(), is_marker);
    let clear = |id: String| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.remove_version("k", &id).await })
    };
    for removal in listed.into_iter().map(|(_, id, ..)| clear(id)).collect::<Vec<_>>() {
        assert_ne!(removal.await.unwrap(), Removed::Nothing);
    }
    assert_eq!((bench.listed("", 1000).await, bench.blobs()), (Vec::new(), 0));
    assert_eq!(bench.read("k", None).await, Err("NoSuchKey".to_owned()));
}

#[tokio::test]
async fn an_object_from_before_there_were_versions_is_the_null_version() {
    let bench = Bench::new(Versioning::Never).await;
    // As records were written before.
    let blob = bench.object("old").await.blob;
    let old = format!(
        r#"{{"version":1,"blob":"{}","size":3,"e_tag":"old","modified_at":1000,"headers":{{"content_type":null,
        "content_encoding":null,"content_disposition":null,"content_language":null,"cache_control":null,"metadata":{{}}}},
        "checksums":{{}}}}"#,
        blob.0
    );
    bench.s3.put(records::object_key(BUCKET, "k"), old.into(), Expect::Absent).await.unwrap();
    let bucket = r#"{"version":1,"name":"bucket","region":"us-east-1","account":"000000000000","created_at":0,"notifications":[]}"#;
    bench.s3.put(records::bucket_key(BUCKET), bucket.into(), Expect::Anything).await.unwrap();
    assert_eq!(bench.s3.bucket(BUCKET).await.unwrap().0.versioning, Versioning::Never);
    assert!(bench.s3.object(BUCKET, "k").await.unwrap().version_id.is_none());
    bench.set(Versioning::Enabled).await;
    assert_eq!(bench.s3.object(BUCKET, "k").await.unwrap().version_id.as_deref(), Some(NULL));
    bench.put("k", "new").await;
    assert_eq!(bench.read("k", Some(NULL)).await, Ok("old".to_owned()));
    assert_eq!(bench.read("k", None).await, Ok("new".to_owned()));
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_no_blob_behind() {
    let bench = Bench::new(Versioning::Enabled).await;
    bench.put("k", "there").await;
    let object = bench.object("refused").await;
    let condition = Condition { absent: true, matches: None };
    let refused = bench.s3.put_object(BUCKET, "k", &object, &condition).await.unwrap_err();
    assert_eq!((refused.code().as_str(), bench.blobs()), ("PreconditionFailed", 1));
}

#[tokio::test]
async fn what_is_behind_a_delete_marker_says_so() {
    let bench = Bench::new(Versioning::Enabled).await;
    bench.put("k", "x").await;
    let Removed::Behind(marker) = bench.s3.remove_object(BUCKET, "k").await.unwrap().1 else { panic!() };
    let header = |error: &s3s::S3Error, name: &str| {
        error.headers().and_then(|headers| headers.get(name)).map(|value| value.to_str().unwrap().to_owned())
    };
    let refused = bench.s3.object(BUCKET, "k").await.err().unwrap();
    assert_eq!(refused.code().as_str(), "NoSuchKey");
    assert_eq!(header(&refused, "x-amz-delete-marker").as_deref(), Some("true"));
    assert_eq!(header(&refused, "x-amz-version-id"), Some(marker.text()));
    let refused = bench.s3.version_or_object(BUCKET, "k", Some(&marker.text())).await.err().unwrap();
    assert_eq!(refused.status_code().unwrap().as_u16(), 405);
    assert_eq!(header(&refused, "allow").as_deref(), Some("DELETE"));
    assert!(header(&refused, "last-modified").is_some());
    let refused = bench.s3.object(BUCKET, "none").await.err().unwrap();
    assert!(refused.headers().is_none(), "there never was one");
}
