//! The packages behind the links that GetFunction and GetLayerVersion answer.
//!
//! A link holds the package's random id and is good as long as the package is there (AWS: ten minutes).

use bytes::{Bytes, BytesMut};
use engine::BlobId;
use futures_util::TryStreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use service::{Endpoint, Page, PageRequest, Reply};
use std::sync::Arc;

use crate::Lambda;
use crate::limits::UNZIPPED_BYTES_MAX;
use crate::records::Code;

const PREFIX: &str = "/_konekuta/lambda/packages/";

/// Where a package can be fetched.
pub(crate) fn location(endpoint: &Endpoint, code: &Code) -> String {
    format!("{endpoint}{PREFIX}{}", code.blob.0)
}

/// The page that serves them.
pub(crate) fn page(lambda: &Arc<Lambda>) -> Page {
    let lambda = Arc::clone(lambda);
    Page {
        path_prefix: PREFIX,
        answer: Box::new(move |request| {
            let lambda = Arc::clone(&lambda);
            Box::pin(async move { answer(&lambda, &request).await })
        }),
    }
}

async fn answer(lambda: &Lambda, request: &PageRequest) -> Reply {
    let id = request.path.strip_prefix(PREFIX).unwrap_or_default();
    match read(lambda, &BlobId(id.to_owned())).await {
        Some(zip) => reply(StatusCode::OK, "application/zip", zip),
        None => {
            reply(StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"There is no such package.\n"))
        }
    }
}

async fn read(lambda: &Lambda, blob: &BlobId) -> Option<Bytes> {
    let mut content = lambda.engine.read_blob(blob, None).await.ok()?;
    let mut whole = BytesMut::new();
    while let Some(piece) = content.try_next().await.ok()? {
        whole.extend_from_slice(&piece);
        if whole.len() as u64 > UNZIPPED_BYTES_MAX {
            return None;
        }
    }
    // Blobs of other services are not served.
    whole.starts_with(b"PK").then(|| whole.freeze())
}

fn reply(status: StatusCode, content_type: &'static str, body: Bytes) -> Reply {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    Reply { status, headers, body }
}
