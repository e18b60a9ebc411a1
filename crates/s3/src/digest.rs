//! Digests of what comes in, taken while it is stored, and compared with what the client said.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use engine::BlobStream;
use futures_util::stream::{BoxStream, StreamExt as _};
use http::HeaderMap;
use md5::{Digest as _, Md5};
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::{S3Result, s3_error};

use crate::aws_chunked::Trailers;

const ALGORITHMS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

fn header(algorithm: &str) -> String {
    format!("x-amz-checksum-{algorithm}")
}

/// What a client says of its content.
pub(crate) struct Expected {
    md5: Option<String>,
    checksums: BTreeMap<String, String>,
    trailers: Option<Trailers>,
    /// Algorithms whose value comes behind the content.
    trailing: Vec<&'static str>,
}

impl Expected {
    pub(crate) fn of(headers: &HeaderMap, trailers: Option<Trailers>) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let announced = text("x-amz-trailer").unwrap_or_default();
        let given = ALGORITHMS.iter().filter_map(|name| Some((header(name), text(&header(name))?)));
        let comes =
            |name: &&&str| announced.split(',').any(|part| part.trim().eq_ignore_ascii_case(&header(name)));
        Self {
            md5: text("content-md5"),
            checksums: given.collect(),
            trailers,
            trailing: ALGORITHMS.iter().filter(comes).copied().collect(),
        }
    }

    fn wants(&self, algorithm: &str) -> bool {
        self.checksums.contains_key(&header(algorithm)) || self.trailing.contains(&algorithm)
    }

    fn hasher(&self) -> ChecksumHasher {
        ChecksumHasher {
            crc32: self.wants("crc32").then(Crc32::new),
            crc32c: self.wants("crc32c").then(Crc32c::new),
            crc64nvme: self.wants("crc64nvme").then(Crc64Nvme::new),
            sha1: self.wants("sha1").then(Sha1::new),
            sha256: self.wants("sha256").then(Sha256::new),
        }
    }
}

struct Running {
    md5: Md5,
    checksums: ChecksumHasher,
    length: u64,
}

/// A stream that digests what passes.
pub(crate) struct Digesting {
    running: Arc<Mutex<Running>>,
}

/// What passed.
pub(crate) struct Digested {
    pub(crate) md5: [u8; 16],
    pub(crate) length: u64,
    checksums: BTreeMap<String, String>,
}

impl Digesting {
    pub(crate) fn new<E>(
        content: BoxStream<'static, Result<Bytes, E>>,
        expected: &Expected,
    ) -> (BlobStream, Self)
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        let running = Running { md5: Md5::new(), checksums: expected.hasher(), length: 0 };
        let running = Arc::new(Mutex::new(running));
        let passing = Arc::clone(&running);
        let stream = content.map(move |piece| {
            let piece = piece.map_err(io::Error::other)?;
            let mut running = passing.lock().unwrap_or_else(PoisonError::into_inner);
            running.md5.update(&piece);
            running.checksums.update(&piece);
            running.length += piece.len() as u64;
            Ok(piece)
        });
        (stream.boxed(), Self { running })
    }

    /// Once the stream is read.
    pub(crate) fn finish(self) -> Digested {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let checksums = std::mem::take(&mut running.checksums).finalize();
        let named = [
            ("crc32", checksums.checksum_crc32),
            ("crc32c", checksums.checksum_crc32c),
            ("crc64nvme", checksums.checksum_crc64nvme),
            ("sha1", checksums.checksum_sha1),
            ("sha256", checksums.checksum_sha256),
        ];
        Digested {
            md5: std::mem::take(&mut running.md5).finalize().into(),
            length: running.length,
            checksums: named.into_iter().filter_map(|(name, value)| Some((header(name), value?))).collect(),
        }
    }
}

impl Digested {
    /// The checksums that were given, if they all fit.
    pub(crate) fn check(self, expected: &Expected) -> S3Result<BTreeMap<String, String>> {
        if let Some(given) = &expected.md5 {
            let decoded = STANDARD.decode(given).ok().filter(|bytes| bytes.len() == 16);
            let decoded = decoded
                .ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified is not valid."))?;
            if decoded != self.md5 {
                return Err(s3_error!(
                    BadDigest,
                    "The Content-MD5 you specified did not match what we received."
                ));
            }
        }
        for (name, value) in &self.checksums {
            let trailing = || expected.trailers.as_ref().and_then(|trailers| trailers.get(name));
            let given = expected.checksums.get(name).cloned().or_else(trailing);
            if given.is_some_and(|given| given != *value) {
                let algorithm = name.trim_start_matches("x-amz-checksum-").to_uppercase();
                return Err(s3_error!(
                    BadDigest,
                    "The {algorithm} you specified did not match the calculated checksum."
                ));
            }
        }
        Ok(self.checksums)
    }
}
