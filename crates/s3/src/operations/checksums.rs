//! Checksums as answers have them.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::collections::BTreeMap;

use s3s::dto::{Checksum, ChecksumAlgorithm, ChecksumType};

use crate::digest::header;
use crate::records::{ChecksumKind, ObjectRecord};

/// Checksums by their algorithms.
pub(super) fn checksum(stored: &BTreeMap<String, String>, kind: Option<ChecksumKind>) -> Checksum {
    let of = |algorithm: &str| stored.get(&header(algorithm)).cloned();
    Checksum {
        checksum_crc32: of("crc32"),
        checksum_crc32c: of("crc32c"),
        checksum_crc64nvme: of("crc64nvme"),
        checksum_sha1: of("sha1"),
        checksum_sha256: of("sha256"),
        checksum_type: kind.filter(|_| !stored.is_empty()).map(|kind| ChecksumType::from_static(kind.name())),
    }
}

impl ObjectRecord {
    pub(super) fn checksum(&self) -> Checksum {
        checksum(&self.checksums, Some(self.checksum_kind))
    }

    /// Of which algorithms it has checksums, and of what they are.
    pub(super) fn checksum_algorithms(&self) -> (Option<Vec<ChecksumAlgorithm>>, Option<ChecksumType>) {
        let names = self.checksums.keys().map(|name| name.trim_start_matches("x-amz-checksum-"));
        let all: Vec<_> = names.map(|name| ChecksumAlgorithm::from(name.to_uppercase())).collect();
        ((!all.is_empty()).then_some(all), self.checksum().checksum_type)
    }
}

/// A shape with checksums among its fields.
macro_rules! with_checksums {
    ($checksum:expr, $shape:ident { $($rest:tt)* }) => {{
        let checksum: s3s::dto::Checksum = $checksum;
        $shape {
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            $($rest)*
        }
    }};
}
pub(super) use with_checksums;
