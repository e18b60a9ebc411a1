//! Skeleton.
#![allow(unused, missing_docs)]
use super::*;
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> { unimplemented!() }
pub(crate) fn encode<T: Serialize>(content_type: &str, request_id: &str, output: &T) -> Reply { unimplemented!() }
pub(crate) fn encode_fault(content_type: &str, query_error: bool, request_id: &str, fault: &Fault) -> Reply { unimplemented!() }
