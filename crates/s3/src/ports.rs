//! What S3 offers other services.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use s3s::S3ErrorCode;
use service::ports::{ObjectPort, PortError};

use crate::S3;

/// S3 as other services see it.
pub struct Objects(pub Arc<S3>);

impl ObjectPort for Objects {
    fn read(
        &self,
        bucket: String,
        key: String,
        version: Option<String>,
        max_bytes: u64,
    ) -> BoxFuture<'_, Result<Bytes, PortError>> {
        Box::pin(async move {
            if version.is_some_and(|version| version != "null") {
                return Err(PortError::NotFound(format!("that version of {bucket}/{key}")));
            }
            let object = self.0.object(&bucket, &key).await.map_err(|error| match error.code() {
                S3ErrorCode::NoSuchBucket => PortError::NotFound(bucket.clone()),
                S3ErrorCode::NoSuchKey => PortError::NotFound(format!("{bucket}/{key}")),
                _ => PortError::Failed(error.to_string()),
            })?;
            if object.size > max_bytes {
                return Err(PortError::Refused(format!("{bucket}/{key} is larger than {max_bytes} bytes")));
            }
            let content = self.0.engine.read_blob(&object.blob, None).await?;
            let whole = content.try_fold(BytesMut::new(), |mut whole, piece| async move {
                whole.extend_from_slice(&piece);
                Ok(whole)
            });
            whole.await.map(BytesMut::freeze).map_err(|error| PortError::Failed(error.to_string()))
        })
    }
}
