//! An object with its content, as reads and copies need it: both of one moment, while others overwrite or delete the key.
//!
//! Between its record and its content an object may be replaced, and then its blob is gone. AWS promises that a read sees
//! the object before a write or the one after it, whole: so the record is read anew. Content that is open is read to its
//! end, whatever becomes of the object.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>

use engine::{BlobStream, ByteRange, Error, Refusal};
use s3s::S3Result;

use super::Found;
use crate::records::ObjectRecord;
use crate::store::{failed, slow_down};
use crate::{S3, limits};

impl S3 {
    /// Opens an object, or a version of it. `part` judges the object (it may be called for several, one after another) and
    /// says which part of it is wanted.
    pub(crate) async fn open_object(
        &self,
        (bucket, key, version): (&str, &str, Option<&str>),
        part: impl Fn(&ObjectRecord) -> S3Result<Option<ByteRange>>,
    ) -> S3Result<(Found, BlobStream)> {
        let mut missing = None;
        for _ in 0..limits::READ_TRIES_MAX {
            let found = self.version_or_object(bucket, key, version).await?;
            let wanted = part(&found.object)?;
            match self.engine.read_blob(&found.object.blob, wanted).await {
                Ok(content) => return Ok((found, content)),
                Err(Error::Refused(Refusal::NoSuchBlob)) if missing.as_ref() != Some(&found.object.blob) => {
                    missing = Some(found.object.blob);
                }
                // What is still named and not there is lost.
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(slow_down())
    }
}

#[cfg(test)]
mod tests;
