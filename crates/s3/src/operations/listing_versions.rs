//! Listing versions and delete markers: keys in order, the newest version of each first.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use engine::RecordKey;
use s3s::dto::{
    CommonPrefix, DeleteMarkerEntry, ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion,
    ObjectVersionStorageClass, Owner,
};
use s3s::{S3Request, S3Result, s3_error};

use super::listing::{behind, encoded, max_keys};
use super::{moment, size, strong};
use crate::S3;
use crate::records::{self, VersionRecord};
use crate::store::failed;
use crate::version_id::Named;

/// A page to be.
struct Query {
    bucket: String,
    prefix: String,
    delimiter: String,
    /// Only what comes after this key …
    after_key: String,
    /// … or after this version of it.
    after_version: Option<Named>,
    max_keys: usize,
}

/// A version or delete marker on a page.
struct Listed {
    key: String,
    version: VersionRecord,
    latest: bool,
}

/// A page.
#[derive(Default)]
struct Page {
    listed: Vec<Listed>,
    prefixes: Vec<String>,
    /// Whether there is more than this.
    more: bool,
    /// The last key or prefix on it, and the last version.
    last: Option<(String, Option<String>)>,
}

impl Query {
    /// The prefix that a key is folded into.
    fn folded(&self, key: &str) -> Option<String> {
        let rest = key.strip_prefix(&self.prefix).filter(|_| !self.delimiter.is_empty())?;
        let end = rest.find(&self.delimiter)? + self.delimiter.len();
        Some(format!("{}{}", self.prefix, &rest[..end]))
    }

    async fn run(&self, s3: &S3) -> S3Result<Page> {
        s3.bucket(&self.bucket).await?;
        let mut page = Page::default();
        if self.max_keys == 0 {
            return Ok(page);
        }
        let mut after = self.after_key.clone();
        if let Some(version) = self.after_version {
            let left = self.versions_of(s3, &self.after_key, Some(version)).await?;
            self.add(&mut page, left);
        } else if !after.is_empty() && self.folded(&after).as_ref() == Some(&after) {
            after = behind(&after);
        }
        while !page.more {
            let Some(key) = self.next_key(s3, &after).await? else { break };
            let Some(folded) = self.folded(&key) else {
                let versions = self.versions_of(s3, &key, None).await?;
                self.add(&mut page, versions);
                after = key;
                continue;
            };
            page.more = self.is_full(&page);
            if !page.more {
                after = behind(&folded);
                page.last = Some((folded.clone(), None));
                page.prefixes.push(folded);
            }
        }
        Ok(page)
    }

    fn is_full(&self, page: &Page) -> bool {
        page.listed.len() + page.prefixes.len() >= self.max_keys
    }

    fn add(&self, page: &mut Page, versions: Vec<Listed>) {
        for version in versions {
            if self.is_full(page) {
                page.more = true;
                return;
            }
            page.last = Some((version.key.clone(), Some(version.version.id.text())));
            page.listed.push(version);
        }
    }

    /// The first key after another one that has an object or versions.
    async fn next_key(&self, s3: &S3, after: &str) -> S3Result<Option<String>> {
        let objects = records::objects_of(&self.bucket);
        let first = async |prefix: String, after: String| -> S3Result<Option<RecordKey>> {
            let after = (!after.is_empty()).then_some(after.as_str());
            let found = s3.engine.list(&prefix, after, 1).await.map_err(|error| failed(&error))?;
            Ok(found.into_iter().next().map(|record| record.key))
        };
        let (object_after, version_after) = match after {
            "" => (String::new(), String::new()),
            after => (format!("{objects}{after}"), behind(&records::versions_of(&self.bucket, after))),
        };
        let object = first(format!("{objects}{}", self.prefix), object_after).await?;
        let object = object.map(|name| name.as_str()[objects.len()..].to_owned());
        let version =
            first(records::versions_beginning_with(&self.bucket, &self.prefix), version_after).await?;
        let version = version.map(|name| records::key_of_version(&self.bucket, &name));
        Ok(match (object, version) {
            (Some(object), Some(version)) => Some(object.min(version)),
            (object, version) => object.or(version),
        })
    }

    /// The versions of a key, newest first, as many as a page may have and one more; only those after a certain one.
    async fn versions_of(&self, s3: &S3, key: &str, after: Option<Named>) -> S3Result<Vec<Listed>> {
        let Some(newest) = s3.versions(&self.bucket, key, 1).await?.into_iter().next() else {
            return Ok(Vec::new());
        };
        let id = newest.id;
        let listed =
            |version: VersionRecord| Listed { key: key.to_owned(), latest: version.id == id, version };
        // One without a record is the only one of its key.
        if id.sequence == 0 {
            return Ok(after.is_none().then(|| listed(newest)).into_iter().collect());
        }
        let after = match after {
            Some(Named::Version(id)) => Some(id.sequence),
            Some(Named::Null) => newest.null_at,
            None => None,
        };
        let after = after.map(|sequence| records::version_key(&self.bucket, key, sequence));
        let (prefix, limit) = (records::versions_of(&self.bucket, key), self.max_keys + 1);
        let found = s3.engine.list(&prefix, after.as_ref().map(RecordKey::as_str), limit).await;
        let found = found.map_err(|error| failed(&error))?;
        found.iter().map(|record| Ok(listed(records::decode(&record.value)?))).collect()
    }
}

pub(super) async fn list_object_versions(
    s3: &S3,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<ListObjectVersionsOutput> {
    let input = request.input;
    let key_marker = input.key_marker.clone().unwrap_or_default();
    let version_marker = input.version_id_marker.as_deref().filter(|marker| !marker.is_empty());
    if version_marker.is_some() && key_marker.is_empty() {
        return Err(s3_error!(
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker."
        ));
    }
    let query = Query {
        bucket: input.bucket.clone(),
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after_key: key_marker,
        after_version: version_marker.map(Named::parse).transpose()?,
        max_keys: max_keys(input.max_keys)?,
    };
    let page = query.run(s3).await?;
    let (bucket, _) = s3.bucket(&input.bucket).await?;
    let owner = Owner { id: Some(bucket.account), ..Owner::default() };
    let encoding = input.encoding_type.as_ref();
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    for one in page.listed {
        let (key, id) = (Some(encoded(one.key, encoding)), Some(one.version.id.text()));
        let (last_modified, is_latest) = (Some(moment(one.version.modified_at)), Some(one.latest));
        let owner = Some(owner.clone());
        match one.version.object {
            Some(object) => versions.push(ObjectVersion {
                checksum_algorithm: object.checksum_algorithms().0,
                checksum_type: object.checksum_algorithms().1,
                key,
                version_id: id,
                is_latest,
                last_modified,
                owner,
                e_tag: Some(strong(&object.e_tag)),
                size: Some(size(object.size)),
                storage_class: Some(ObjectVersionStorageClass::from(object.attributes.class())),
                ..ObjectVersion::default()
            }),
            None => {
                markers.push(DeleteMarkerEntry { key, version_id: id, is_latest, last_modified, owner });
            }
        }
    }
    let prefix = |prefix: String| CommonPrefix { prefix: Some(encoded(prefix, encoding)) };
    let prefixes: Vec<CommonPrefix> = page.prefixes.into_iter().map(prefix).collect();
    let (next_key, next_version) = page.last.filter(|_| page.more).unzip();
    Ok(ListObjectVersionsOutput {
        name: Some(input.bucket),
        prefix: Some(encoded(input.prefix.unwrap_or_default(), encoding)),
        delimiter: input.delimiter.map(|text| encoded(text, encoding)),
        key_marker: Some(encoded(input.key_marker.unwrap_or_default(), encoding)),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        max_keys: i32::try_from(query.max_keys).ok(),
        is_truncated: Some(page.more),
        next_key_marker: next_key.map(|key| encoded(key, encoding)),
        next_version_id_marker: next_version.flatten(),
        versions: (!versions.is_empty()).then_some(versions),
        delete_markers: (!markers.is_empty()).then_some(markers),
        common_prefixes: (!prefixes.is_empty()).then_some(prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectVersionsOutput::default()
    })
}
