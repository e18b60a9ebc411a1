//! What S3 offers other services.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aws::{AccountId, Region, RequestId};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, TryStreamExt as _};
use md5::{Digest as _, Md5};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};
use service::ports::{ObjectPort, ObjectSince, ObjectThen, PortError};
use service::{Caller, Context, Endpoint};

use crate::S3;
use crate::records::{Attributes, BucketRecord, ChecksumKind, Headers, ObjectRecord};
use crate::versions::Condition;

/// S3 as other services see it.
pub struct Objects(pub Arc<S3>);

impl ObjectPort for Objects {
    fn since(&self, then: ObjectThen) -> BoxFuture<'_, Result<ObjectSince, PortError>> {
        Box::pin(async move {
            let bucket = then.bucket.clone();
            self.0.since(then).await.map_err(|error| refusal(&error, &bucket))
        })
    }

    fn restore(
        &self,
        bucket: String,
        key: String,
        version_id: String,
    ) -> BoxFuture<'_, Result<String, PortError>> {
        Box::pin(async move {
            let restored = self.0.restore(&bucket, &key, &version_id).await;
            restored.map_err(|error| refusal(&error, &format!("{bucket}/{key}, version {version_id}")))
        })
    }

    fn read(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        max_bytes: u64,
    ) -> BoxFuture<'_, Result<Bytes, PortError>> {
        Box::pin(async move {
            let fits = |object: &ObjectRecord| match object.size {
                size if size > max_bytes => Err(s3_error!(EntityTooLarge)),
                _ => Ok(None),
            };
            let opened = self.0.open_object((&bucket, &key, version.as_deref()), fits).await;
            let (_, content) = opened.map_err(|error| match error.code() {
                S3ErrorCode::NoSuchBucket => PortError::NotFound(bucket.clone()),
                S3ErrorCode::NoSuchKey => PortError::NotFound(format!("{bucket}/{key}")),
                S3ErrorCode::NoSuchVersion | S3ErrorCode::MethodNotAllowed | S3ErrorCode::InvalidArgument => {
                    PortError::NotFound(format!("that version of {bucket}/{key}"))
                }
                S3ErrorCode::EntityTooLarge => {
                    PortError::Refused(format!("{bucket}/{key} is larger than {max_bytes} bytes"))
                }
                _ => PortError::Failed(error.to_string()),
            })?;
            let whole = content.try_fold(BytesMut::new(), |mut whole, piece| async move {
                whole.extend_from_slice(&piece);
                Ok(whole)
            });
            whole.await.map(BytesMut::freeze).map_err(|error| PortError::Failed(error.to_string()))
        })
    }

    fn write(&self, bucket: String, key: String, document: Bytes) -> BoxFuture<'_, Result<(), PortError>> {
        Box::pin(async move {
            write(&self.0, &bucket, &key, document).await.map_err(|error| refusal(&error, &bucket))
        })
    }
}

/// The same as PutObject, told to whom it concerns.
async fn write(s3: &S3, bucket: &str, key: &str, document: Bytes) -> S3Result<()> {
    let (record, _) = s3.bucket(bucket).await?;
    let headers = Headers { content_type: Some("application/json".to_owned()), ..Headers::default() };
    let object = ObjectRecord {
        version: 1,
        size: document.len() as u64,
        e_tag: hex::encode(Md5::digest(&document)),
        blob: s3.store_blob(futures_util::stream::iter([Ok(document)]).boxed()).await?,
        modified_at: s3.clock.now(),
        headers,
        checksums: BTreeMap::new(),
        checksum_kind: ChecksumKind::FullObject,
        attributes: Attributes::default(),
        parts: Vec::new(),
        version_id: None,
    };
    let context = own_context(s3, &record);
    let told = Some((&context, "ObjectCreated:Put"));
    s3.put_object(bucket, key, &object, &Condition::default(), told).await.map(drop)
}

/// No request led here: the bucket's owner writes, from this machine.
fn own_context(s3: &S3, bucket: &BucketRecord) -> Context {
    Context {
        request_id: RequestId(s3.ids.uuid()),
        now: s3.clock.now(),
        caller: Caller {
            account: AccountId::parse(&bucket.account).unwrap_or_else(AccountId::local),
            region: Region::parse(&bucket.region).unwrap_or_else(Region::default_region),
            access_key_id: String::new(),
        },
        endpoint: Endpoint::default(),
        trace: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

fn refusal(error: &S3Error, what: &str) -> PortError {
    match error.code() {
        S3ErrorCode::NoSuchBucket | S3ErrorCode::NoSuchKey | S3ErrorCode::NoSuchVersion => {
            PortError::NotFound(what.to_owned())
        }
        _ => PortError::Failed(error.to_string()),
    }
}
