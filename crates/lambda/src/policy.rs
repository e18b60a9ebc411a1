//! A function's resource-based policy as a document.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use service::ServiceError;

use crate::errors;

/// The document of all statements, in the order of their ids.
pub(crate) fn document(policy: &BTreeMap<String, Json>) -> Json {
    let statements: Vec<&Json> = policy.values().collect();
    json!({"Version": "2012-10-17", "Id": "default", "Statement": statements})
}

/// There is no policy, or not that statement.
pub(crate) fn not_found() -> ServiceError {
    ServiceError::new(&errors::RESOURCE_NOT_FOUND, "The resource you requested does not exist.")
}
