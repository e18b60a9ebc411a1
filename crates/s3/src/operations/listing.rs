//! Listing objects: by prefix, folded at a delimiter, in pages. A folded prefix is skipped over, not read through.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
    Object, ObjectStorageClass,
};
use s3s::{S3Request, S3Result, s3_error};

use super::{moment, size, strong};
use crate::S3;
use crate::limits;
use crate::records::{self, ObjectRecord};
use crate::store::failed;

/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// Records read at a time.
const BATCH: usize = 1000;

/// A page to be.
struct Query {
    bucket: String,
    prefix: String,
    delimiter: String,
    /// Only what comes after it.
    after: String,
    max_keys: usize,
}

/// A page.
#[derive(Default)]
struct Page {
    objects: Vec<(String, ObjectRecord)>,
    prefixes: Vec<String>,
    /// The last key or prefix, if there is more.
    next: Option<String>,
}

impl Query {
    /// The prefix that a key is folded into.
    fn folded(&self, key: &str) -> Option<String> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.strip_prefix(&self.prefix)?;
        let end = rest.find(&self.delimiter)? + self.delimiter.len();
        Some(format!("{}{}", self.prefix, &rest[..end]))
    }

    async fn run(&self, s3: &S3) -> S3Result<Page> {
        s3.bucket(&self.bucket).await?;
        let base = records::objects_of(&self.bucket);
        let prefix = format!("{base}{}", self.prefix);
        let mut page = Page::default();
        let mut last = String::new();
        let mut after = (!self.after.is_empty()).then(|| self.start(&base));
        loop {
            let found =
                s3.engine.list(&prefix, after.as_deref(), BATCH).await.map_err(|error| failed(&error))?;
            let whole = found.len() < BATCH;
            let mut skip = None;
            for record in found {
                let key = &record.key.as_str()[base.len()..];
                after = Some(record.key.as_str().to_owned());
                if page.objects.len() + page.prefixes.len() == self.max_keys {
                    page.next = Some(last);
                    return Ok(page);
                }
                if let Some(folded) = self.folded(key) {
                    skip = Some(behind(&format!("{base}{folded}")));
                    last.clone_from(&folded);
                    page.prefixes.push(folded);
                    break;
                }
                key.clone_into(&mut last);
                page.objects.push((key.to_owned(), records::decode(&record.value)?));
            }
            match skip {
                Some(behind) => after = Some(behind),
                None if whole => return Ok(page),
                None => {}
            }
        }
    }

    /// Where the page begins: behind a key, or behind everything that a prefix folds.
    fn start(&self, base: &str) -> String {
        match self.folded(&self.after) {
            Some(folded) if folded == self.after => behind(&format!("{base}{folded}")),
            _ => format!("{base}{}", self.after),
        }
    }
}

/// A text that comes after everything that begins with `prefix`.
pub(super) fn behind(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

pub(super) fn max_keys(given: Option<i32>) -> S3Result<usize> {
    match given {
        Some(negative) if negative < 0 => {
            Err(s3_error!(InvalidArgument, "Argument maxKeys must be an integer between 0 and 2147483647"))
        }
        other => Ok(usize::try_from(other.unwrap_or(limits::PAGE_MAX).min(limits::PAGE_MAX)).unwrap_or(0)),
    }
}

pub(super) fn encoded(text: String, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(_) => utf8_percent_encode(&text, PLAIN).to_string(),
        None => text,
    }
}

fn contents(page: &mut Page, encoding: Option<&EncodingType>) -> (Vec<Object>, Vec<CommonPrefix>) {
    let object = |(key, record): (String, ObjectRecord)| {
        let (checksum_algorithm, checksum_type) = record.checksum_algorithms();
        Object {
            checksum_algorithm,
            checksum_type,
            key: Some(encoded(key, encoding)),
            size: Some(size(record.size)),
            e_tag: Some(strong(&record.e_tag)),
            last_modified: Some(moment(record.modified_at)),
            storage_class: Some(ObjectStorageClass::from(record.attributes.class())),
            ..Object::default()
        }
    };
    let prefix = |prefix: String| CommonPrefix { prefix: Some(encoded(prefix, encoding)) };
    let objects = std::mem::take(&mut page.objects).into_iter().map(object).collect();
    (objects, std::mem::take(&mut page.prefixes).into_iter().map(prefix).collect())
}

pub(super) async fn list_objects_v2(
    s3: &S3,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let token = match &input.continuation_token {
        Some(token) => {
            let wrong = || s3_error!(InvalidArgument, "The continuation token provided is incorrect");
            let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| wrong())?;
            Some(String::from_utf8(bytes).map_err(|_| wrong())?)
        }
        None => None,
    };
    let query = Query {
        bucket: input.bucket.clone(),
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after: token.or_else(|| input.start_after.clone()).unwrap_or_default(),
        max_keys: max_keys(input.max_keys)?,
    };
    let mut page = query.run(s3).await?;
    let encoding = input.encoding_type.as_ref();
    let (objects, prefixes) = contents(&mut page, encoding);
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: input.prefix.map(|text| encoded(text, encoding)),
        delimiter: input.delimiter.map(|text| encoded(text, encoding)),
        start_after: input.start_after.map(|text| encoded(text, encoding)),
        continuation_token: input.continuation_token,
        key_count: i32::try_from(objects.len() + prefixes.len()).ok(),
        max_keys: i32::try_from(query.max_keys).ok(),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|last| URL_SAFE_NO_PAD.encode(last)),
        contents: Some(objects),
        common_prefixes: (!prefixes.is_empty()).then_some(prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

pub(super) async fn list_objects(
    s3: &S3,
    request: S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let query = Query {
        bucket: input.bucket.clone(),
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().unwrap_or_default(),
        after: input.marker.clone().unwrap_or_default(),
        max_keys: max_keys(input.max_keys)?,
    };
    let mut page = query.run(s3).await?;
    let encoding = input.encoding_type.as_ref();
    let (objects, prefixes) = contents(&mut page, encoding);
    // The next marker is told only where keys are folded; otherwise it is the last key.
    let told = input.delimiter.is_some();
    Ok(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: input.prefix.map(|text| encoded(text, encoding)),
        delimiter: input.delimiter.map(|text| encoded(text, encoding)),
        marker: Some(encoded(input.marker.unwrap_or_default(), encoding)),
        max_keys: i32::try_from(query.max_keys).ok(),
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next.filter(|_| told).map(|last| encoded(last, encoding)),
        contents: Some(objects),
        common_prefixes: (!prefixes.is_empty()).then_some(prefixes),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}
