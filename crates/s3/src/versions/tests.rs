//! Versions over the engine itself, against a plain model: a list of versions for each key.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::Expect;
use proptest::prelude::*;

use super::{Condition, Removed};
use crate::records::{self, Versioning};
use crate::testing::{BUCKET, Bench, request};
use crate::version_id::NULL;

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

/// All versions, page by page: key, id, content (none: a delete marker), whether it is the latest.
async fn listed(bench: &Bench, prefix: &str, max_keys: i32) -> Vec<(String, String, bool, bool)> {
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
        let page = s3s::S3::list_object_versions(&bench.operations(), request(input)).await.unwrap().output;
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
            Step::Delete(key) => match bench.s3.remove_object(BUCKET, KEYS[key], None).await.unwrap() {
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
    assert_eq!(listed(&bench, "", 1).await, wanted, "one on a page, in the order of keys and newest first");
    let by_kind = |mut all: Vec<_>| {
        all.sort();
        all
    };
    assert_eq!(by_kind(listed(&bench, "", 1000).await), by_kind(wanted.clone()));
    for prefix in KEYS {
        let below: Vec<_> = wanted.iter().filter(|(key, ..)| key.starts_with(prefix)).cloned().collect();
        assert_eq!(listed(&bench, prefix, 1).await, below, "{prefix:?}");
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
                    bench.s3.remove_object(BUCKET, "k", None).await.unwrap();
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
    let all = listed(&bench, "", 1).await;
    assert_eq!(all.len(), WRITERS);
    assert_eq!(all.iter().filter(|(_, _, marker, _)| *marker).count(), WRITERS / 4);
    let (newest, is_marker) = (all[0].1.clone(), all[0].2);
    let now = bench.read("k", None).await;
    let newest = bench.read("k", Some(&newest)).await;
    assert_eq!(now.clone().ok(), newest.ok());
    assert_eq!(now.is_err(), is_marker);
    let clear = |id: String| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.remove_version("k", &id).await })
    };
    for removal in all.into_iter().map(|(_, id, ..)| clear(id)).collect::<Vec<_>>() {
        assert_ne!(removal.await.unwrap(), Removed::Nothing);
    }
    assert_eq!((listed(&bench, "", 1000).await, bench.blobs()), (Vec::new(), 0));
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
    let condition = Condition { absent: true, ..Condition::default() };
    let refused = bench.s3.put_object(BUCKET, "k", &object, &condition, None).await.unwrap_err();
    assert_eq!((refused.code().as_str(), bench.blobs()), ("PreconditionFailed", 1));
}

#[tokio::test]
async fn what_is_behind_a_delete_marker_says_so() {
    let bench = Bench::new(Versioning::Enabled).await;
    bench.put("k", "x").await;
    let Removed::Behind(marker) = bench.s3.remove_object(BUCKET, "k", None).await.unwrap() else { panic!() };
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
