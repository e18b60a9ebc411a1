//! Buckets as the console sees them. Objects it reads and writes as every client does.

use service::ports::PortError;
use service::views::{BucketGlance, BucketVersioning, BucketView, Seen, VersionGlance};

use crate::Objects;
use crate::records::{self, BUCKETS, BucketRecord, VersionRecord, Versioning};

/// Records that are looked through at most.
const RECORDS_MAX: usize = 100_000;

impl BucketView for Objects {
    fn buckets(&self) -> Seen<'_, Vec<BucketGlance>> {
        Box::pin(async move {
            let found = self.0.engine.list(BUCKETS, None, RECORDS_MAX).await?;
            let records = found.iter().filter_map(|record| records::decode(&record.value).ok());
            let glance = |record: BucketRecord| BucketGlance {
                name: record.name,
                account: record.account,
                region: record.region,
                created_at: record.created_at,
                notifications: record
                    .notifications
                    .into_iter()
                    .map(|target| (target.arn.to_string(), target.events.join(", ")))
                    .collect(),
                versioning: match record.versioning {
                    Versioning::Never => BucketVersioning::Never,
                    Versioning::Enabled => BucketVersioning::Enabled,
                    Versioning::Suspended => BucketVersioning::Suspended,
                },
            };
            Ok(records.map(glance).collect())
        })
    }

    fn versions(&self, bucket: String, key: String, limit: usize) -> Seen<'_, Vec<VersionGlance>> {
        Box::pin(async move {
            let versions = self.0.versions(&bucket, &key, limit).await;
            let versions = versions.map_err(|error| PortError::Failed(error.to_string()))?;
            let glance = |version: VersionRecord| VersionGlance {
                id: version.id.text(),
                size: version.object.map(|object| object.size),
                modified_at: version.modified_at,
            };
            Ok(versions.into_iter().map(glance).collect())
        })
    }
}
