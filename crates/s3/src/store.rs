//! Buckets and blobs in the engine.

use engine::{BlobId, BlobStream, Error, Expect, RecordKey, Refusal};
use s3s::{S3Error, S3Result, s3_error};

use crate::S3;
use crate::records::{self, BucketRecord};

/// What the engine says, as S3 says it.
pub(crate) fn failed(error: &Error) -> S3Error {
    tracing::error!(%error, "the engine failed");
    s3_error!(InternalError, "We encountered an internal error. Please try again.")
}

/// What is asked for is changed too often by others to be done.
pub(crate) fn slow_down() -> S3Error {
    s3_error!(SlowDown, "Please reduce your request rate.")
}

impl S3 {
    pub(crate) async fn bucket(&self, name: &str) -> S3Result<(BucketRecord, u64)> {
        let found = self.engine.get(&records::bucket_key(name)).await.map_err(|error| failed(&error))?;
        let found = found.ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))?;
        Ok((records::decode(&found.value)?, found.revision))
    }

    pub(crate) async fn put(&self, key: RecordKey, value: bytes::Bytes, expect: Expect) -> S3Result<()> {
        match self.engine.put(key, value, expect).await {
            Ok(_) => Ok(()),
            Err(Error::Refused(Refusal::RecordChanged(_))) => Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            )),
            Err(error) => Err(failed(&error)),
        }
    }

    /// A blob that cannot be removed costs space and no more.
    pub(crate) async fn forget_blob(&self, blob: &BlobId) {
        if let Err(error) = self.engine.delete_blob(blob).await {
            tracing::warn!(%error, blob = blob.0, "a blob that is no longer needed stays");
        }
    }

    pub(crate) async fn store_blob(&self, content: BlobStream) -> S3Result<BlobId> {
        match self.engine.put_blob(content).await {
            Ok((blob, _)) => Ok(blob),
            Err(error) => {
                let text = error.to_string();
                if text.contains("aws-chunked body") {
                    return Err(s3_error!(IncompleteBody, "The request body terminated unexpectedly"));
                }
                Err(failed(&error))
            }
        }
    }
}
