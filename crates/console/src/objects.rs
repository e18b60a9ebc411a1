//! Buckets' objects, read and written through S3 itself as every client does, so that an upload notifies as it should.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use maud::{Markup, html};
use roxmltree::{Document, Node};
use service::views::BucketGlance;
use service::{OnlyLooking, StreamingBody};

use crate::Console;
use crate::ask::Ask;
use crate::front::plain;
use crate::parts::escaped;
use crate::trouble::Trouble;

/// Keys of one page of a listing.
const KEYS: usize = 100;
/// A listing or an error of S3, bytes.
const DOCUMENT_BYTES_MAX: usize = 4 << 20;
/// What a browser may show as a picture; everything else is only handed over.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"];

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// `None`: it is behind a delete marker.
    pub(crate) size: Option<u64>,
    pub(crate) modified: String,
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) folders: Vec<String>,
    pub(crate) objects: Vec<Listed>,
    /// The query of the next page.
    pub(crate) next: Option<String>,
}

/// An object, as much of it as is shown.
pub(crate) struct Shown {
    pub(crate) size: u64,
    pub(crate) content_type: String,
    pub(crate) modified: String,
    pub(crate) content: Bytes,
}

impl Console {
    pub(crate) async fn bucket(&self, name: &str) -> Result<BucketGlance, Trouble> {
        let buckets = self.parts.buckets.buckets().await?;
        let found = buckets.into_iter().find(|bucket| bucket.name == name);
        found.ok_or_else(|| Trouble::NotFound(name.to_owned()))
    }

    pub(crate) async fn s3(
        &self,
        ask: &Ask,
        bucket: &str,
        request: http::request::Builder,
        body: StreamingBody,
    ) -> Result<Response<StreamingBody>, Trouble> {
        let owner = self.bucket(bucket).await?;
        let context = self.context(&ask.context, &owner.account, &owner.region);
        let request = request.header(header::HOST, "localhost").body(body);
        let request = request.map_err(|error| Trouble::Unfit(error.to_string()))?;
        let response = self.parts.s3.call(context, request).await;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let document = text(response).await?;
        let part = |name: &str| {
            let document = Document::parse(&document).ok()?;
            let found = document.descendants().find(|node| node.has_tag_name(name))?.text()?.to_owned();
            Some(found)
        };
        let code = part("Code").unwrap_or_else(|| status.to_string());
        Err(Trouble::Refused { code, message: part("Message").unwrap_or_default(), status })
    }

    pub(crate) async fn get(
        &self,
        ask: &Ask,
        bucket: &str,
        path_and_query: &str,
    ) -> Result<Response<StreamingBody>, Trouble> {
        let request = Request::builder().method(Method::GET).uri(path_and_query).extension(OnlyLooking);
        self.s3(ask, bucket, request, nothing()).await
    }

    /// What lies below a prefix, folder by folder.
    pub(crate) async fn listing(
        &self,
        ask: &Ask,
        bucket: &str,
        prefix: &str,
        after: &str,
    ) -> Result<Listing, Trouble> {
        let mut query = format!("list-type=2&delimiter=%2F&max-keys={KEYS}&prefix={}", escaped(prefix));
        if !after.is_empty() {
            query.extend([format!("&continuation-token={}", escaped(after))]);
        }
        self.listed(ask, bucket, &query, parse_listing).await
    }

    /// A listing that S3 is asked for.
    pub(crate) async fn listed(
        &self,
        ask: &Ask,
        bucket: &str,
        query: &str,
        parse: fn(&str) -> Option<Listing>,
    ) -> Result<Listing, Trouble> {
        let response = self.get(ask, bucket, &format!("/{}?{query}", escaped(bucket))).await?;
        let document = text(response).await?;
        parse(&document).ok_or_else(|| Trouble::Failed("S3's listing cannot be read".to_owned()))
    }

    /// The beginning of an object.
    pub(crate) async fn object(
        &self,
        ask: &Ask,
        bucket: &str,
        key: &str,
        version: &str,
    ) -> Result<Shown, Trouble> {
        let response = self.get(ask, bucket, &version_uri(bucket, key, version)).await?;
        let (head, body) = response.into_parts();
        let text = |name| {
            head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let size = text(header::CONTENT_LENGTH).parse().unwrap_or(0);
        let (content_type, modified) = (text(header::CONTENT_TYPE), text(header::LAST_MODIFIED));
        let content = beginning(body, crate::limits::OBJECT_BYTES).await?;
        Ok(Shown { size, content_type, modified, content })
    }

    /// Deletes an object, or a version of it.
    pub(crate) async fn delete_object(
        &self,
        ask: &Ask,
        bucket: &str,
        key: &str,
        version: &str,
    ) -> Result<(), Trouble> {
        let request = Request::builder().method(Method::DELETE).uri(version_uri(bucket, key, version));
        self.s3(ask, bucket, request, nothing()).await.map(drop)
    }
}

/// The path of an object, each piece escaped.
pub(crate) fn object_uri(bucket: &str, key: &str) -> String {
    let pieces: Vec<String> = key.split('/').map(escaped).collect();
    format!("/{}/{}", escaped(bucket), pieces.join("/"))
}

/// The path of an object, or of a version of it.
pub(crate) fn version_uri(bucket: &str, key: &str, version: &str) -> String {
    let uri = object_uri(bucket, key);
    if version.is_empty() { uri } else { format!("{uri}?versionId={}", escaped(version)) }
}

/// Whether a browser may show it.
pub(crate) fn is_picture(content_type: &str) -> bool {
    PICTURES.contains(&content_type)
}

/// Hands an object over as a file, or as a picture.
pub(crate) async fn download(
    console: &Console,
    ask: &Ask,
    bucket: &str,
    key: &str,
) -> Response<StreamingBody> {
    let uri = version_uri(bucket, key, ask.value("version"));
    let Ok(found) = console.get(ask, bucket, &uri).await else {
        return plain(StatusCode::NOT_FOUND, "There is no such object.");
    };
    let (given, body) = found.into_parts();
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let text = |name| given.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let content_type = text(header::CONTENT_TYPE).filter(|content_type| is_picture(content_type));
    let content_type = content_type.unwrap_or("application/octet-stream");
    headers.extend(HeaderValue::from_str(content_type).map(|value| (header::CONTENT_TYPE, value)));
    headers.extend(
        given.headers.get(header::CONTENT_LENGTH).map(|value| (header::CONTENT_LENGTH, value.clone())),
    );
    let file = escaped(key.rsplit('/').next().unwrap_or_default());
    let disposition = format!("attachment; filename*=UTF-8''{file}");
    headers.extend(HeaderValue::from_str(&disposition).map(|value| (header::CONTENT_DISPOSITION, value)));
    // Should a browser open it all the same, it may do nothing.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Stores a file as it streams in.
pub(crate) async fn upload(
    console: &Console,
    ask: &Ask,
    bucket: &str,
    key: &str,
    head: &Parts,
    body: StreamingBody,
) -> Result<Markup, Trouble> {
    if key.is_empty() {
        return Err(Trouble::Unfit(ask.texts().key_missing.to_owned()));
    }
    let mut request = Request::builder().method(Method::PUT).uri(object_uri(bucket, key));
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE] {
        if let Some(value) = head.headers.get(&name) {
            request = request.header(name, value);
        }
    }
    console.s3(ask, bucket, request, body).await?;
    Ok(html! { p.notice.good { (ask.texts().uploaded) " " code { (key) } } })
}

pub(crate) fn nothing() -> StreamingBody {
    Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) async fn text(response: Response<StreamingBody>) -> Result<String, Trouble> {
    let whole = beginning(response.into_body(), DOCUMENT_BYTES_MAX).await?;
    Ok(String::from_utf8_lossy(&whole).into_owned())
}

/// Reads no more than it shows.
pub(crate) async fn beginning(mut body: StreamingBody, bytes_max: usize) -> Result<Bytes, Trouble> {
    let mut content = Vec::new();
    while content.len() < bytes_max
        && let Some(frame) = body.frame().await
    {
        let frame = frame.map_err(|error| Trouble::Failed(error.to_string()))?;
        if let Ok(piece) = frame.into_data() {
            content.extend_from_slice(&piece);
        }
    }
    content.truncate(bytes_max);
    Ok(content.into())
}

pub(crate) fn child(node: Node<'_, '_>, name: &str) -> String {
    let found = node.children().find(|child| child.has_tag_name(name) || child.tag_name().name() == name);
    found.and_then(|child| child.text()).unwrap_or_default().to_owned()
}

fn parse_listing(document: &str) -> Option<Listing> {
    let document = Document::parse(document).ok()?;
    let root = document.root_element();
    let named = |name: &'static str| root.children().filter(move |node| node.tag_name().name() == name);
    let object = |node: Node<'_, '_>| Listed {
        key: child(node, "Key"),
        size: Some(child(node, "Size").parse().unwrap_or(0)),
        modified: child(node, "LastModified"),
    };
    let next = child(root, "NextContinuationToken");
    Some(Listing {
        folders: named("CommonPrefixes").map(|node| child(node, "Prefix")).collect(),
        objects: named("Contents").map(object).collect(),
        next: (!next.is_empty()).then(|| format!("after={}", escaped(&next))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_read_with_its_namespace() {
        let document = r#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <NextContinuationToken>t</NextContinuationToken>
            <Contents><Key>a &lt;b&gt;.json</Key><Size>7</Size><LastModified>2026-01-01T00:00:00Z</LastModified></Contents>
            <CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>"#;
        let listing = parse_listing(document).unwrap();
        assert_eq!(
            (listing.folders.as_slice(), listing.next.as_deref()),
            (&["p/".to_owned()][..], Some("after=t"))
        );
        assert_eq!((listing.objects[0].key.as_str(), listing.objects[0].size), ("a <b>.json", Some(7)));
    }

    #[test]
    fn keys_cannot_leave_their_path() {
        assert_eq!(object_uri("b", "a/../c?x#y"), "/b/a/../c%3Fx%23y");
    }
}
