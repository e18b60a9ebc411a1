//! Deleting objects and versions, one or many.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error,
};
use s3s::{S3Request, S3Result, s3_error};
use service::Context;

use super::context;
use crate::S3;
use crate::limits;
use crate::version_id::Named;
use crate::versions::Removed;

/// Removes an object, or a version of it.
async fn delete(
    s3: &S3,
    context: &Context,
    (bucket, key): (&str, &str),
    version: Option<&str>,
) -> S3Result<Removed> {
    match version {
        Some(version) => s3.remove_version(bucket, key, Named::parse(version)?, Some(context)).await,
        None => s3.remove_object(bucket, key, Some(context)).await,
    }
}

pub(super) async fn delete_object(
    s3: &S3,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let context = context(&request)?;
    let input = request.input;
    let version = input.version_id.as_deref();
    let removed = delete(s3, &context, (&input.bucket, &input.key), version).await?;
    let (marker, version_id) = match removed {
        Removed::Behind(marker) => (true, Some(marker.text())),
        removed => (removed == Removed::Marker, input.version_id),
    };
    Ok(DeleteObjectOutput {
        delete_marker: marker.then_some(true),
        version_id,
        ..DeleteObjectOutput::default()
    })
}

pub(super) async fn delete_objects(
    s3: &S3,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<DeleteObjectsOutput> {
    let context = context(&request)?;
    let input = request.input;
    s3.bucket(&input.bucket).await?;
    if input.delete.objects.len() > limits::DELETE_OBJECTS_MAX {
        return Err(s3_error!(MalformedXML, "At most 1000 objects can be deleted at once"));
    }
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let version = object.version_id.as_deref();
        let one = DeletedObject { key: Some(object.key.clone()), ..DeletedObject::default() };
        match delete(s3, &context, (&input.bucket, &object.key), version).await {
            Ok(Removed::Behind(marker)) => deleted.push(DeletedObject {
                delete_marker: Some(true),
                delete_marker_version_id: Some(marker.text()),
                ..one
            }),
            Ok(Removed::Marker) => deleted.push(DeletedObject {
                delete_marker: Some(true),
                delete_marker_version_id: object.version_id.clone(),
                version_id: object.version_id,
                ..one
            }),
            Ok(_) => deleted.push(DeletedObject { version_id: object.version_id, ..one }),
            Err(error) => errors.push(Error {
                code: Some(error.code().as_str().to_owned()),
                message: error.message().map(str::to_owned),
                key: Some(object.key),
                version_id: object.version_id,
            }),
        }
    }
    let quiet = input.delete.quiet == Some(true);
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(deleted),
        errors: (!errors.is_empty()).then_some(errors),
        ..DeleteObjectsOutput::default()
    })
}
