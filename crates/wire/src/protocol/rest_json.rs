//! Skeleton.
#![allow(unused, missing_docs)]
use super::*;
pub(crate) fn decode<T: DeserializeOwned>(rest: &Rest, request: &Request) -> Result<T, DecodeError> { unimplemented!() }
pub(crate) fn encode<T: Serialize>(rest: &Rest, request_id: &str, output: &T) -> Reply { unimplemented!() }
pub(crate) fn encode_fault(request_id: &str, fault: &Fault) -> Reply { unimplemented!() }
