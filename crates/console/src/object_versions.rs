//! Versions of objects: what is behind delete markers, making a version current again, whether a bucket keeps versions.

use http::header::CONTENT_LENGTH;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use roxmltree::{Document, Node};

use crate::Console;
use crate::ask::Ask;
use crate::objects::{Listed, Listing, child, nothing, object_uri, version_uri};
use crate::parts::escaped;
use crate::trouble::Trouble;

/// Versions of one page of a listing.
const VERSIONS: usize = 200;

impl Console {
    /// What lies below a prefix, folder by folder, with the objects that are behind delete markers.
    pub(crate) async fn listing_with_deleted(
        &self,
        ask: &Ask,
        bucket: &str,
        prefix: &str,
    ) -> Result<Listing, Trouble> {
        let mut query = format!("versions&delimiter=%2F&max-keys={VERSIONS}&prefix={}", escaped(prefix));
        for (name, marker) in [("after", "key-marker"), ("afterVersion", "version-id-marker")] {
            if !ask.value(name).is_empty() {
                query.extend([format!("&{marker}={}", escaped(ask.value(name)))]);
            }
        }
        self.listed(ask, bucket, &query, parse).await
    }

    /// Copies a version onto its key, as people do with the AWS CLI.
    pub(crate) async fn restore_version(
        &self,
        ask: &Ask,
        bucket: &str,
        key: &str,
        version: &str,
    ) -> Result<(), Trouble> {
        let request = Request::builder().method(Method::PUT).uri(object_uri(bucket, key));
        let request = request.header("x-amz-copy-source", version_uri(bucket, key, version));
        self.s3(ask, bucket, request, nothing()).await.map(drop)
    }

    /// `Enabled` or `Suspended`.
    pub(crate) async fn set_versioning(&self, ask: &Ask, bucket: &str, status: &str) -> Result<(), Trouble> {
        let status = maud::html! { (status) }.into_string();
        let document =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let request = Request::builder().method(Method::PUT).uri(format!("/{}?versioning", escaped(bucket)));
        let request = request.header(CONTENT_LENGTH, document.len());
        let body = Full::new(document.into()).map_err(|never| match never {}).boxed_unsync();
        self.s3(ask, bucket, request, body).await.map(drop)
    }
}

/// The newest version of each key on a page of versions.
fn parse(document: &str) -> Option<Listing> {
    let document = Document::parse(document).ok()?;
    let root = document.root_element();
    let named = |name: &'static str| root.children().filter(move |node| node.tag_name().name() == name);
    let latest = |node: &Node<'_, '_>| child(*node, "IsLatest") == "true";
    let object = |node: Node<'_, '_>| Listed {
        key: child(node, "Key"),
        size: child(node, "Size").parse().ok(),
        modified: child(node, "LastModified"),
    };
    let mut objects: Vec<Listed> =
        named("Version").chain(named("DeleteMarker")).filter(latest).map(object).collect();
    objects.sort_by(|left, right| left.key.cmp(&right.key));
    let (key, version) = (child(root, "NextKeyMarker"), child(root, "NextVersionIdMarker"));
    Some(Listing {
        folders: named("CommonPrefixes").map(|node| child(node, "Prefix")).collect(),
        objects,
        next: (!key.is_empty())
            .then(|| format!("deleted=1&after={}&afterVersion={}", escaped(&key), escaped(&version))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_key_the_newest_version_is_listed_though_it_be_a_delete_marker() {
        let document = r#"<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <NextKeyMarker>b c</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker>
            <Version><Key>b</Key><VersionId>2</VersionId><IsLatest>true</IsLatest><Size>7</Size></Version>
            <Version><Key>b</Key><VersionId>1</VersionId><IsLatest>false</IsLatest><Size>9</Size></Version>
            <DeleteMarker><Key>a</Key><VersionId>3</VersionId><IsLatest>true</IsLatest></DeleteMarker>
            <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListVersionsResult>"#;
        let listing = parse(document).unwrap();
        let objects: Vec<_> =
            listing.objects.iter().map(|object| (object.key.as_str(), object.size)).collect();
        assert_eq!(objects, [("a", None), ("b", Some(7))]);
        assert_eq!(listing.next.as_deref(), Some("deleted=1&after=b%20c&afterVersion=2"));
        assert_eq!(listing.folders, ["p/"]);
    }
}
