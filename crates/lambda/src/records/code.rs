//! Deployment packages, as records name them.

use engine::BlobId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A deployment package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Code {
    /// The zip file as it came.
    pub(crate) blob: BlobId,
    /// Its bytes.
    pub(crate) size: u64,
    /// The bytes of all files in it; 0 where an earlier program did not count them.
    #[serde(default)]
    pub(crate) unzipped: u64,
    /// SHA-256 of it, hexadecimal.
    pub(crate) sha256: String,
}

impl Code {
    /// An image lies where podman and docker keep it.
    pub(crate) fn of_image(uri: &str) -> Self {
        let sha256 = hex::encode(Sha256::digest(uri));
        Self { blob: BlobId(String::new()), size: 0, unzipped: 0, sha256 }
    }

    /// Whether there is no package.
    pub(crate) fn is_image(&self) -> bool {
        self.blob.0.is_empty()
    }
}
