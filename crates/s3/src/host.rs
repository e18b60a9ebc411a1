//! Virtual-host style: the bucket in front of the host's name.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// `bucket.s3.…`, `bucket.s3-…` and `bucket.localhost` name a bucket; everything else is path style.
pub(crate) struct AnyHost;

pub(crate) fn bucket_of(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if let Some(bucket) = name.strip_suffix(".localhost") {
        return (!bucket.is_empty() && bucket != "s3").then(|| bucket.strip_suffix(".s3").unwrap_or(bucket));
    }
    let at = name.find(".s3.").or_else(|| name.find(".s3-"))?;
    (at > 0).then(|| &name[..at])
}

impl S3Host for AnyHost {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let plain = VirtualHost::new(host);
        Ok(match bucket_of(host) {
            Some(bucket) => plain.with_bucket(bucket),
            None => plain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::bucket_of;

    #[test]
    fn buckets_are_found_in_front_of_the_host() {
        for (host, bucket) in [
            ("b.s3.us-east-1.amazonaws.com", Some("b")),
            ("my.dotted.s3.localhost.localstack.cloud:4566", Some("my.dotted")),
            ("b.localhost:4566", Some("b")),
            ("b.s3.localhost:4566", Some("b")),
            ("s3.localhost:4566", None),
            ("localhost:4566", None),
            ("127.0.0.1:4566", None),
            ("s3.us-east-1.amazonaws.com", None),
        ] {
            assert_eq!(bucket_of(host), bucket, "{host}");
        }
    }
}
