//! Tags of objects.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use s3s::dto::{
    DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput, Tag,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Result, s3_error};

use super::context;
use crate::{S3, limits};

type Tags = BTreeMap<String, String>;

/// Tags as AWS takes them.
fn checked(pairs: impl Iterator<Item = (String, String)>, twice: impl Fn() -> S3Error) -> S3Result<Tags> {
    let mut tags = Tags::new();
    for (key, value) in pairs {
        let fits = |text: &str| {
            text.chars().all(|letter| {
                letter.is_alphanumeric() || letter.is_whitespace() || "+-=._:/@".contains(letter)
            })
        };
        let length = key.encode_utf16().count();
        if length == 0 || length > limits::TAG_KEY_LENGTH_MAX || !fits(&key) || key.starts_with("aws:") {
            return Err(s3_error!(InvalidTag, "The TagKey you have provided is invalid"));
        }
        if value.encode_utf16().count() > limits::TAG_VALUE_LENGTH_MAX || !fits(&value) {
            return Err(s3_error!(InvalidTag, "The TagValue you have provided is invalid"));
        }
        if tags.insert(key, value).is_some() {
            return Err(twice());
        }
    }
    if tags.len() > limits::TAGS_MAX {
        let code = S3ErrorCode::Custom("BadRequest".into());
        let mut error = S3Error::with_message(code, "Object tags cannot be greater than 10");
        error.set_status_code(http::StatusCode::BAD_REQUEST);
        return Err(error);
    }
    Ok(tags)
}

/// The tags of the header `x-amz-tagging`.
pub(super) fn of_header(text: &str) -> S3Result<Tags> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    checked(pairs.map(|(key, value)| (decode(key), decode(value))), || {
        let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
        s3_error!(InvalidArgument, "{text}")
    })
}

pub(super) async fn put_object_tagging(
    s3: &S3,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<PutObjectTaggingOutput> {
    let context = context(&request)?;
    let input = request.input;
    let pair = |tag: Tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
    let tags = checked(input.tagging.tag_set.into_iter().map(pair), || {
        s3_error!(InvalidTag, "Cannot provide multiple Tags with the same key")
    })?;
    let named = (&*input.bucket, &*input.key, input.version_id.as_deref());
    let version_id = s3.tag(named, &tags, (&context, "ObjectTagging:Put")).await?;
    Ok(PutObjectTaggingOutput { version_id })
}

pub(super) async fn delete_object_tagging(
    s3: &S3,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<DeleteObjectTaggingOutput> {
    let context = context(&request)?;
    let input = request.input;
    let named = (&*input.bucket, &*input.key, input.version_id.as_deref());
    let version_id = s3.tag(named, &Tags::new(), (&context, "ObjectTagging:Delete")).await?;
    Ok(DeleteObjectTaggingOutput { version_id })
}

pub(super) async fn get_object_tagging(
    s3: &S3,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<GetObjectTaggingOutput> {
    let input = request.input;
    let found = s3.version_or_object(&input.bucket, &input.key, input.version_id.as_deref()).await?;
    let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
    let tag_set = found.object.attributes.tags.into_iter().map(tag).collect();
    Ok(GetObjectTaggingOutput { tag_set, version_id: found.version_id })
}
