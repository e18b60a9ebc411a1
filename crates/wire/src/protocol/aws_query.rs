//! Skeleton.
#![allow(unused, missing_docs)]
use super::*;
pub(crate) fn decode<T: DeserializeOwned>(dialect: &QueryDialect, action: &str, form: &[u8]) -> Result<T, DecodeError> { unimplemented!() }
pub(crate) fn encode<T: Serialize>(dialect: &QueryDialect, action: &str, request_id: &str, output: &T) -> Reply { unimplemented!() }
pub(crate) fn encode_fault(dialect: &QueryDialect, request_id: &str, fault: &Fault) -> Reply { unimplemented!() }
