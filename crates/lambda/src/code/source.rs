//! Where a package comes from: the call itself or an S3 object; and its way into the engine's blobs.

use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use service::ports::PortError;
use service::{Blob, ServiceError};
use sha2::{Digest, Sha256};

use super::archive;
use crate::Lambda;
use crate::errors::{invalid, not_supported};
use crate::limits::{UNZIPPED_BYTES_MAX, ZIP_BYTES_MAX};
use crate::records::Code;

/// A blob is handed to the engine in pieces of so many bytes.
const PIECE_BYTES: usize = 1 << 20;

/// `FunctionCode`, also the members of UpdateFunctionCode.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CodeSource {
    pub(crate) zip_file: Option<Blob>,
    #[serde(rename = "S3Bucket")]
    pub(crate) s3_bucket: Option<String>,
    #[serde(rename = "S3Key")]
    pub(crate) s3_key: Option<String>,
    #[serde(rename = "S3ObjectVersion")]
    pub(crate) s3_object_version: Option<String>,
    pub(crate) image_uri: Option<String>,
}

impl Lambda {
    /// Fetches a package, checks it and stores it. `InvalidParameterValueException` in AWS's words.
    pub(crate) async fn accept_code(
        &self,
        source: CodeSource,
        dry_run: bool,
    ) -> Result<Option<Code>, ServiceError> {
        let zip = self.fetch(source).await?;
        let checked = zip.clone();
        let digest = tokio::task::spawn_blocking(move || {
            archive::check(&checked).map(|unzipped| (unzipped, hex::encode(Sha256::digest(&checked))))
        });
        let (unzipped, sha256) = digest
            .await
            .map_err(|error| ServiceError::internal(format!("checking a package: {error}")))?
            .map_err(|error| invalid(error.to_string()))?;
        if dry_run {
            return Ok(None);
        }
        let (blob, size) = self.engine.put_blob(pieces(&zip)).await?;
        Ok(Some(Code { blob, size, unzipped, sha256 }))
    }

    async fn fetch(&self, source: CodeSource) -> Result<Bytes, ServiceError> {
        if source.image_uri.is_some() {
            return Err(not_supported("Code as a container image (ImageUri)"));
        }
        match (source.zip_file, source.s3_bucket, source.s3_key) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(invalid("Please do not provide other FunctionCode parameters when providing a ZipFile."))
            }
            (Some(Blob(zip)), None, None) if zip.len() as u64 > ZIP_BYTES_MAX => {
                let message = format!("Zipped size must be smaller than {ZIP_BYTES_MAX} bytes");
                Err(invalid(message))
            }
            (Some(Blob(zip)), None, None) => Ok(zip),
            (None, Some(bucket), Some(key)) => {
                let objects = self.ports.objects()?;
                objects.read(bucket, key, source.s3_object_version, UNZIPPED_BYTES_MAX).await.map_err(from_s3)
            }
            (None, _, _) => Err(invalid("Please provide a source for function code.")),
        }
    }
}

fn from_s3(error: PortError) -> ServiceError {
    match error {
        PortError::NotFound(_) => invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not \
             exist.",
        ),
        PortError::Refused(_) => invalid("Unzipped size must be smaller than 262144000 bytes"),
        other => other.into(),
    }
}

fn pieces(zip: &Bytes) -> engine::BlobStream {
    let starts = (0..zip.len()).step_by(PIECE_BYTES);
    let pieces: Vec<_> =
        starts.map(|start| Ok(zip.slice(start..zip.len().min(start + PIECE_BYTES)))).collect();
    futures_util::stream::iter(pieces).boxed()
}
