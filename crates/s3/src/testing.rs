//! What this crate's tests stand on.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aws::{AccountId, Region, RequestId};
use bytes::Bytes;
use engine::{BlobId, Engine, Expect, Timestamp};
use futures_util::StreamExt as _;
use local::{Durability, Local, Settings};
use s3s::S3Request;
use service::{Caller, Context, CountingIds, Endpoint, Ids as _, Ports};
use testkit::SimulatedClock;

use crate::S3;
use crate::operations::Operations;
use crate::records::{self, Attributes, BucketRecord, ChecksumKind, Headers, ObjectRecord, Versioning};
use crate::version_id::{NULL, Named};
use crate::versions::{Condition, Removed};

pub(crate) const BUCKET: &str = "bucket";

/// The service over an engine of its own, in a folder of its own, with one bucket.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) clock: SimulatedClock,
    pub(crate) local: Arc<Local>,
    pub(crate) s3: Arc<S3>,
}

impl Bench {
    pub(crate) async fn new(versioning: Versioning) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench = Self::open(folder, SimulatedClock::default());
        bench.set(versioning).await;
        bench
    }

    /// The other services' ports, for who offers some.
    pub(crate) fn ports(&self) -> &Ports {
        &self.s3.ports
    }

    fn open(folder: tempfile::TempDir, clock: SimulatedClock) -> Self {
        let settings = Settings {
            folder: folder.path().to_path_buf(),
            durability: Durability::Relaxed,
            partitions: 1,
            history: None,
        };
        let local = Local::open(&settings, Arc::new(clock.clone())).unwrap();
        let engine = Arc::clone(&local) as Arc<dyn Engine>;
        let s3 = S3::new(engine, Arc::new(CountingIds::default()), Arc::new(clock.clone()), Ports::default());
        Self { folder, clock, local, s3 }
    }

    /// The same store, opened anew without having been closed.
    pub(crate) fn killed(self) -> Self {
        let Self { folder, clock, local, s3 } = self;
        drop((s3, local));
        Self::open(folder, clock)
    }

    pub(crate) async fn set(&self, versioning: Versioning) {
        let record = BucketRecord {
            version: 1,
            name: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            created_at: Timestamp(0),
            notifications: Vec::new(),
            versioning,
        };
        self.s3.put(records::bucket_key(BUCKET), records::encode(&record), Expect::Anything).await.unwrap();
    }

    pub(crate) async fn object(&self, content: &str) -> ObjectRecord {
        // Large enough for a file of its own.
        let padded = format!("{content:2000}");
        let stream = futures_util::stream::iter([Ok(Bytes::from(padded))]).boxed();
        ObjectRecord {
            version: 1,
            blob: self.s3.store_blob(stream).await.unwrap(),
            size: content.len() as u64,
            e_tag: content.to_owned(),
            modified_at: Timestamp(1000),
            headers: Headers::default(),
            checksums: BTreeMap::new(),
            checksum_kind: ChecksumKind::FullObject,
            attributes: Attributes::default(),
            parts: Vec::new(),
            version_id: None,
        }
    }

    /// Writes an object and answers its version's text.
    pub(crate) async fn put(&self, key: &str, content: &str) -> String {
        let object = self.object(content).await;
        let version = self.s3.put_object(BUCKET, key, &object, &Condition::default(), None).await.unwrap();
        version.map_or_else(|| NULL.to_owned(), |version| version.text())
    }

    pub(crate) async fn remove_version(&self, key: &str, version: &str) -> Removed {
        self.s3.remove_version(BUCKET, key, Named::parse(version).unwrap(), None).await.unwrap()
    }

    pub(crate) async fn content(&self, blob: &BlobId) -> String {
        let pieces: Vec<_> =
            engine::Blobs::read_blob(&*self.local, blob, None).await.unwrap().collect().await;
        let whole: String =
            pieces.into_iter().map(|piece| String::from_utf8(piece.unwrap().to_vec()).unwrap()).collect();
        whole.trim_end().to_owned()
    }

    /// What a key has now, and as a version of it.
    pub(crate) async fn read(&self, key: &str, version: Option<&str>) -> Result<String, String> {
        match self.s3.version_or_object(BUCKET, key, version).await {
            Ok(found) => Ok(self.content(&found.object.blob).await),
            Err(error) => Err(error.code().as_str().to_owned()),
        }
    }

    pub(crate) fn blobs(&self) -> usize {
        let folders = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
    }

    /// The operations, as requests reach them.
    pub(crate) fn operations(&self) -> Operations {
        Operations(Arc::clone(&self.s3))
    }
}

/// A request as s3s hands it over.
pub(crate) fn request<T>(input: T) -> S3Request<T> {
    let mut extensions = http::Extensions::new();
    extensions.insert(Context {
        request_id: RequestId(CountingIds::default().uuid()),
        now: Timestamp(0),
        caller: Caller {
            account: AccountId::local(),
            region: Region::default_region(),
            access_key_id: String::new(),
        },
        endpoint: Endpoint::default(),
        trace: None,
        source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
    });
    S3Request {
        input,
        method: http::Method::GET,
        uri: http::Uri::from_static("/"),
        headers: http::HeaderMap::new(),
        extensions,
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}
