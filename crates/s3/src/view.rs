//! Buckets as the console sees them. Objects it reads and writes as every client does.

use service::views::{BucketGlance, BucketView, Seen};

use crate::Objects;
use crate::records::{self, BUCKETS, BucketRecord};

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
            };
            Ok(records.map(glance).collect())
        })
    }
}
