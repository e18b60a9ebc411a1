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

/// The checksum of what comes without one.
pub(crate) const USUAL: &str = "crc64nvme";

pub(crate) fn header(algorithm: &str) -> String {
    format!("x-amz-checksum-{algorithm}")
}

/// What a client says of its content.
pub(crate) struct Expected {
    md5: Option<String>,
    checksums: BTreeMap<String, String>,
    trailers: Option<Trailers>,
    /// Algorithms whose value comes behind the content.
    trailing: Vec<&'static str>,
    /// One that is to be computed, whatever the client says.
    also: Option<String>,
}

impl Expected {
    pub(crate) fn of(headers: &HeaderMap, trailers: Option<Trailers>) -> S3Result<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let announced = text("x-amz-trailer").unwrap_or_default();
        let given = ALGORITHMS.iter().filter_map(|name| Some((header(name), text(&header(name))?)));
        let comes =
            |name: &&&str| announced.split(',').any(|part| part.trim().eq_ignore_ascii_case(&header(name)));
        let expected = Self {
            md5: text("content-md5"),
            checksums: given.collect(),
            trailers,
            trailing: ALGORITHMS.iter().filter(comes).copied().collect(),
            also: None,
        };
        expected.judge(text("x-amz-sdk-checksum-algorithm").is_some())?;
        Ok(expected)
    }

    /// Nothing, but that a checksum be computed.
    pub(crate) fn only(algorithm: &str) -> Self {
        Self {
            md5: None,
            checksums: BTreeMap::new(),
            trailers: None,
            trailing: Vec::new(),
            also: Some(algorithm.to_owned()),
        }
    }

    /// A checksum is to be computed too.
    pub(crate) fn and(self, algorithm: &str) -> Self {
        Self { also: Some(algorithm.to_owned()), ..self }
    }

    /// The usual checksum, where the client gives none.
    pub(crate) fn or_usual(self) -> Self {
        if self.algorithm().is_some() { self } else { self.and(USUAL) }
    }

    /// The algorithm of which the client gives a checksum.
    pub(crate) fn algorithm(&self) -> Option<&'static str> {
        let given = |name: &&&str| self.checksums.contains_key(&header(name)) || self.trailing.contains(name);
        ALGORITHMS.iter().find(given).copied()
    }

    fn judge(&self, announced: bool) -> S3Result<()> {
        if self.checksums.len() + self.trailing.len() > 1 {
            let text = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        if announced && self.algorithm().is_none() {
            let text = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        for (name, value) in &self.checksums {
            let bytes = match name.trim_start_matches("x-amz-checksum-") {
                "crc64nvme" => 8,
                "sha1" => 20,
                "sha256" => 32,
                _ => 4,
            };
            if STANDARD.decode(value).ok().is_none_or(|decoded| decoded.len() != bytes) {
                return Err(s3_error!(InvalidRequest, "Value for {name} header is invalid."));
            }
        }
        Ok(())
    }

    fn wants(&self, algorithm: &str) -> bool {
        let given = self.checksums.contains_key(&header(algorithm)) || self.trailing.contains(&algorithm);
        given || self.also.as_deref() == Some(algorithm)
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
    pub(crate) checksums: BTreeMap<String, String>,
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
    /// The checksums that were asked for, if those that were given fit.
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

/// The checksum of checksums: of an object that was uploaded in parts.
pub(crate) fn of_checksums<'a>(algorithm: &str, parts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut hasher = Expected::only(algorithm).hasher();
    for part in parts {
        hasher.update(&STANDARD.decode(part).ok()?);
    }
    let sum = hasher.finalize();
    let sums = [
        sum.checksum_crc32,
        sum.checksum_crc32c,
        sum.checksum_crc64nvme,
        sum.checksum_sha1,
        sum.checksum_sha256,
    ];
    sums.into_iter().flatten().next()
}
