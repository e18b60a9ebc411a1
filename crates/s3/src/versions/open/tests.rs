//! Reads that race writes of the same key: each sees one object, whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _};
use s3s::S3 as _;
use s3s::dto::{
    CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart, CopyObjectInput, CopySource,
    CreateMultipartUploadInput, DeleteObjectInput, GetObjectInput, PutObjectInput, Range, StreamingBlob,
    UploadPartCopyInput, UploadPartInput,
};

use crate::records::Versioning;
use crate::testing::{BUCKET, Bench, request};

/// Far more than what lies in a record, so that each object is a file.
const SIZE: usize = 100_000;
const WRITES: usize = 300;

fn body(byte: u8) -> StreamingBlob {
    let piece = Bytes::from(vec![byte; SIZE]);
    StreamingBlob::wrap(futures_util::stream::iter([Ok::<_, std::io::Error>(piece)]))
}

async fn put(bench: &Bench, key: &str, byte: u8) -> Option<String> {
    let input = PutObjectInput {
        bucket: BUCKET.into(),
        key: key.into(),
        body: Some(body(byte)),
        ..Default::default()
    };
    bench.operations().put_object(request(input)).await.unwrap().output.version_id
}

async fn delete(bench: &Bench, version_id: Option<String>) {
    let input =
        DeleteObjectInput { bucket: BUCKET.into(), key: "k".into(), version_id, ..Default::default() };
    bench.operations().delete_object(request(input)).await.unwrap();
}

/// An object's content; `None`: there is none.
async fn get(bench: &Bench, version_id: Option<&str>, range: Option<Range>) -> Option<Bytes> {
    let (bucket, key) = (BUCKET.into(), "k".into());
    let version_id = version_id.map(str::to_owned);
    let input = GetObjectInput { bucket, key, version_id, range, ..Default::default() };
    match bench.operations().get_object(request(input)).await {
        Ok(got) => {
            let pieces: Vec<Bytes> = got.output.body.unwrap().try_collect().await.unwrap();
            Some(pieces.concat().into())
        }
        Err(error) => {
            let gone = ["NoSuchKey", "NoSuchVersion", "MethodNotAllowed"];
            assert!(gone.contains(&error.code().as_str()), "{error}");
            None
        }
    }
}

fn is_whole(content: &Bytes, size: usize) {
    assert_eq!(content.len(), size);
    assert!(content.iter().all(|byte| *byte == content[0]), "of one object, not of two");
}

/// Reads in two tasks, again and again, until the writer is done.
async fn while_reading<R: Future<Output = ()> + Send>(
    bench: &Arc<Bench>,
    read: impl Fn(Arc<Bench>) -> R + Clone + Send + 'static,
    write: impl AsyncFnOnce(&Bench),
) {
    let done = Arc::new(AtomicBool::new(false));
    let readers = [(); 2].map(|()| {
        let (bench, done, read) = (Arc::clone(bench), Arc::clone(&done), read.clone());
        tokio::spawn(async move {
            while !done.load(Ordering::Relaxed) {
                read(Arc::clone(&bench)).await;
            }
        })
    });
    write(bench).await;
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_sees_an_object_before_or_after_an_overwrite() {
    let bench = Arc::new(Bench::new(Versioning::Never).await);
    put(&bench, "k", 0).await;
    let read = async |bench: Arc<Bench>| {
        is_whole(&get(&bench, None, None).await.expect("it is never gone"), SIZE);
        let range = Some(Range::Int { first: 7, last: Some(70_006) });
        is_whole(&get(&bench, None, range).await.expect("it is never gone"), 70_000);
    };
    let write = async |bench: &Bench| {
        for write in 0..WRITES {
            put(bench, "k", u8::try_from(write % 251).unwrap()).await;
        }
    };
    while_reading(&bench, move |bench| Box::pin(read(bench)), write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_sees_an_object_or_none_while_it_comes_and_goes() {
    let bench = Arc::new(Bench::new(Versioning::Suspended).await);
    let read = async |bench: Arc<Bench>| {
        for version in [None, Some("null")] {
            if let Some(content) = get(&bench, version, None).await {
                is_whole(&content, SIZE);
            }
        }
    };
    let write = async |bench: &Bench| {
        for write in 0..WRITES {
            put(bench, "k", u8::try_from(write % 251).unwrap()).await;
            delete(bench, (write % 2 == 0).then(|| "null".to_owned())).await;
        }
    };
    while_reading(&bench, move |bench| Box::pin(read(bench)), write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_null_version_is_never_missing_while_another_one_takes_its_place() {
    let bench = Arc::new(Bench::new(Versioning::Suspended).await);
    put(&bench, "k", 0).await;
    let read = async |bench: Arc<Bench>| {
        is_whole(&get(&bench, Some("null"), None).await.expect("there always is one"), SIZE);
    };
    let write = async |bench: &Bench| {
        for write in 0..WRITES {
            put(bench, "k", u8::try_from(write % 251).unwrap()).await;
        }
    };
    while_reading(&bench, move |bench| Box::pin(read(bench)), write).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn copies_are_of_an_object_before_or_after_an_overwrite() {
    let bench = Arc::new(Bench::new(Versioning::Never).await);
    put(&bench, "k", 0).await;
    let source = || CopySource::Bucket { bucket: BUCKET.into(), key: "k".into(), version_id: None };
    let input = CreateMultipartUploadInput { bucket: BUCKET.into(), key: "u".into(), ..Default::default() };
    let created = bench.operations().create_multipart_upload(request(input)).await.unwrap().output;
    let upload_id = created.upload_id.unwrap();
    let read = move |bench: Arc<Bench>| {
        let upload_id = upload_id.clone();
        async move {
            let copy = CopyObjectInput::builder().bucket(BUCKET.into()).key("c".into()).copy_source(source());
            bench.operations().copy_object(request(copy.build().unwrap())).await.unwrap();
            let part = UploadPartCopyInput::builder().bucket(BUCKET.into()).key("u".into()).part_number(1);
            let part = part.upload_id(upload_id).copy_source(source());
            bench.operations().upload_part_copy(request(part.build().unwrap())).await.unwrap();
        }
    };
    let write = async |bench: &Bench| {
        for write in 0..WRITES {
            put(bench, "k", u8::try_from(write % 251).unwrap()).await;
        }
    };
    while_reading(&bench, read, write).await;
    assert_eq!(bench.blobs(), 3, "the object, its copy, and the part: none is left over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_upload_is_completed_once_with_parts_of_one_moment() {
    for round in 0..20 {
        let bench = Arc::new(Bench::new(Versioning::Never).await);
        let input =
            CreateMultipartUploadInput { bucket: BUCKET.into(), key: "u".into(), ..Default::default() };
        let created = bench.operations().create_multipart_upload(request(input)).await.unwrap().output;
        let upload_id = created.upload_id.unwrap();
        let upload_part = |byte: u8| {
            let (bench, upload_id) = (Arc::clone(&bench), upload_id.clone());
            async move {
                let part = UploadPartInput::builder().bucket(BUCKET.into()).key("u".into()).part_number(1);
                let part = part.upload_id(upload_id).body(Some(body(byte))).build().unwrap();
                bench.operations().upload_part(request(part)).await.map(|part| part.output.e_tag)
            }
        };
        let e_tag = upload_part(0).await.unwrap();
        let complete = || {
            let (bench, upload_id, e_tag) = (Arc::clone(&bench), upload_id.clone(), e_tag.clone());
            async move {
                let parts = vec![CompletedPart { e_tag, part_number: Some(1), ..Default::default() }];
                let input = CompleteMultipartUploadInput {
                    bucket: BUCKET.into(),
                    key: "u".into(),
                    upload_id,
                    multipart_upload: Some(CompletedMultipartUpload { parts: Some(parts) }),
                    ..Default::default()
                };
                bench.operations().complete_multipart_upload(request(input)).await.map(drop)
            }
        };
        // The same part again, so that its ETag fits whichever is chosen, and two that complete.
        let again = tokio::spawn(upload_part(0));
        let completed = [tokio::spawn(complete()), tokio::spawn(complete())];
        let mut successes = 0;
        for outcome in completed {
            match outcome.await.unwrap() {
                Ok(()) => successes += 1,
                Err(error) => assert_eq!(error.code().as_str(), "NoSuchUpload", "round {round}: {error}"),
            }
        }
        assert_eq!(successes, 1, "round {round}");
        if let Err(error) = again.await.unwrap() {
            assert_eq!(error.code().as_str(), "NoSuchUpload", "round {round}: {error}");
        }
        assert_eq!(bench.blobs(), 1, "round {round}: nothing of the upload is left");
    }
}

#[tokio::test]
async fn what_is_being_read_goes_on_when_the_object_is_gone() {
    let bench = Bench::new(Versioning::Never).await;
    put(&bench, "k", 7).await;
    let input = GetObjectInput { bucket: BUCKET.into(), key: "k".into(), ..Default::default() };
    let mut content = bench.operations().get_object(request(input)).await.unwrap().output.body.unwrap();
    delete(&bench, None).await;
    assert_eq!((bench.blobs(), get(&bench, None, None).await), (0, None));
    let mut whole = BytesMut::new();
    while let Some(piece) = content.next().await {
        whole.extend_from_slice(&piece.unwrap());
    }
    is_whole(&whole.freeze(), SIZE);
}

#[tokio::test]
async fn what_is_named_and_lost_is_an_error_at_once() {
    let bench = Bench::new(Versioning::Never).await;
    put(&bench, "k", 7).await;
    let found = bench.s3.object(BUCKET, "k").await.unwrap();
    bench.s3.forget_blob(&found.object.blob).await;
    let input = GetObjectInput { bucket: BUCKET.into(), key: "k".into(), ..Default::default() };
    let refused = bench.operations().get_object(request(input)).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "InternalError");
}
