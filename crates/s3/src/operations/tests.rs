//! What is kept with objects, through the operations themselves.

use bytes::Bytes;
use s3s::S3 as _;
use s3s::dto::{
    CompleteMultipartUploadInput, CompletedMultipartUpload, CompletedPart, CopyObjectInput, CopySource,
    CreateMultipartUploadInput, GetObjectInput, HeadObjectInput, HeadObjectOutput, ObjectCannedACL,
    PutObjectInput, StreamingBlob, TaggingDirective, UploadPartInput,
};

use crate::records::Versioning;
use crate::testing::{BUCKET, Bench, request};

fn body(content: &'static [u8]) -> StreamingBlob {
    let piece = Ok::<_, std::io::Error>(Bytes::from_static(content));
    StreamingBlob::wrap(futures_util::stream::iter([piece]))
}

fn put(key: &str) -> PutObjectInput {
    PutObjectInput {
        bucket: BUCKET.into(),
        key: key.into(),
        body: Some(body(b"123456789")),
        ..Default::default()
    }
}

async fn head(bench: &Bench, key: &str) -> HeadObjectOutput {
    let input = HeadObjectInput {
        bucket: BUCKET.into(),
        key: key.into(),
        checksum_mode: Some(s3s::dto::ChecksumMode::from_static("ENABLED")),
        ..Default::default()
    };
    bench.operations().head_object(request(input)).await.unwrap().output
}

async fn tags(bench: &Bench, key: &str) -> Vec<(String, String)> {
    let found = bench.s3.object(BUCKET, key).await.unwrap();
    found.object.attributes.tags.into_iter().collect()
}

#[tokio::test]
async fn what_comes_without_a_checksum_gets_the_usual_one_and_is_encrypted_with_s3s_keys() {
    let bench = Bench::new(Versioning::Never).await;
    let stored = bench.operations().put_object(request(put("k"))).await.unwrap().output;
    // The check value of CRC-64/NVME.
    assert_eq!(stored.checksum_crc64nvme.as_deref(), Some("rosUhgp5mIg="));
    let told = head(&bench, "k").await;
    assert_eq!(told.checksum_crc64nvme.as_deref(), Some("rosUhgp5mIg="));
    assert_eq!(told.checksum_type.unwrap().as_str(), "FULL_OBJECT");
    assert_eq!(told.server_side_encryption.unwrap().as_str(), "AES256");
    assert!(told.storage_class.is_none());
}

#[tokio::test]
async fn a_refused_wish_stores_nothing() {
    let bench = Bench::new(Versioning::Never).await;
    let acl = Some(ObjectCannedACL::from_static(ObjectCannedACL::PUBLIC_READ));
    let refused = [
        (PutObjectInput { acl, ..put("k") }, "AccessControlListNotSupported"),
        (PutObjectInput { tagging: Some("a=1&a=2".into()), ..put("k") }, "InvalidArgument"),
        (
            PutObjectInput { storage_class: Some("CHEAP".to_owned().into()), ..put("k") },
            "InvalidStorageClass",
        ),
        (
            PutObjectInput { server_side_encryption: Some("rot13".to_owned().into()), ..put("k") },
            "InvalidEncryptionAlgorithmError",
        ),
    ];
    for (input, code) in refused {
        let error = bench.operations().put_object(request(input)).await.unwrap_err();
        assert_eq!(error.code().as_str(), code);
    }
    assert!(bench.s3.object(BUCKET, "k").await.is_err());
}

#[tokio::test]
async fn a_copy_has_its_sources_tags_unless_it_brings_its_own() {
    let bench = Bench::new(Versioning::Enabled).await;
    let input = PutObjectInput { tagging: Some("team=a+b&empty=".into()), ..put("k") };
    bench.operations().put_object(request(input)).await.unwrap();
    let pairs = |given: &[(&str, &str)]| -> Vec<(String, String)> {
        given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    for (directive, tagging, wanted) in [
        (None, None, pairs(&[("empty", ""), ("team", "a b")])),
        (Some(TaggingDirective::REPLACE), Some("new=1".to_owned()), pairs(&[("new", "1")])),
        (Some(TaggingDirective::REPLACE), None, pairs(&[])),
    ] {
        let source = CopySource::Bucket { bucket: BUCKET.into(), key: "k".into(), version_id: None };
        let copy = CopyObjectInput::builder().bucket(BUCKET.into()).key("c".into()).copy_source(source);
        let copy = copy.tagging(tagging).tagging_directive(directive.map(TaggingDirective::from_static));
        bench.operations().copy_object(request(copy.build().unwrap())).await.unwrap();
        assert_eq!(tags(&bench, "c").await, wanted);
    }
}

#[tokio::test]
async fn a_part_is_got_by_its_number_and_a_copy_is_of_one_piece() {
    const LARGE: &[u8] = &[b'a'; 5 << 20];
    let bench = Bench::new(Versioning::Never).await;
    let input = CreateMultipartUploadInput { bucket: BUCKET.into(), key: "m".into(), ..Default::default() };
    let created = bench.operations().create_multipart_upload(request(input)).await.unwrap().output;
    let upload_id = created.upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, content) in [(1, LARGE), (2, b"123456789")] {
        let part = UploadPartInput::builder().bucket(BUCKET.into()).key("m".into()).part_number(number);
        let part = part.upload_id(upload_id.clone()).body(Some(body(content))).build().unwrap();
        let e_tag = bench.operations().upload_part(request(part)).await.unwrap().output.e_tag;
        parts.push(CompletedPart { e_tag, part_number: Some(number), ..Default::default() });
    }
    let input = CompleteMultipartUploadInput {
        bucket: BUCKET.into(),
        key: "m".into(),
        upload_id,
        multipart_upload: Some(CompletedMultipartUpload { parts: Some(parts) }),
        ..Default::default()
    };
    bench.operations().complete_multipart_upload(request(input)).await.unwrap();
    let second =
        GetObjectInput { bucket: BUCKET.into(), key: "m".into(), part_number: Some(2), ..Default::default() };
    let got = bench.operations().get_object(request(second)).await.unwrap().output;
    assert_eq!((got.content_length, got.parts_count), (Some(9), Some(2)));
    assert_eq!(got.content_range.as_deref(), Some("bytes 5242880-5242888/5242889"));
    let source = CopySource::Bucket { bucket: BUCKET.into(), key: "m".into(), version_id: None };
    let copy = CopyObjectInput::builder().bucket(BUCKET.into()).key("c".into()).copy_source(source);
    bench.operations().copy_object(request(copy.build().unwrap())).await.unwrap();
    let (whole, copied) = (head(&bench, "m").await, head(&bench, "c").await);
    assert!(whole.e_tag.unwrap().value().ends_with("-2"));
    assert!(!copied.e_tag.unwrap().value().contains('-'));
    assert_eq!(whole.checksum_crc64nvme, copied.checksum_crc64nvme);
}
