//! STS: who the caller is. Only what SDKs and the CLI ask before they do anything else.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>

mod get_caller_identity;

use std::sync::Arc;

use service::{DecodeError, ErrorRow, QueryDialect, Row, ServiceError, Speaks, row};

/// The actions.
pub const ACTIONS: &[Row<Sts>] = &[row::<get_caller_identity::GetCallerIdentity>()];

const VALIDATION: ErrorRow =
    ErrorRow { shape: "ValidationError", query_code: "ValidationError", status: 400, sender: true };

const DIALECT: QueryDialect = QueryDialect {
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    flattened: false,
    path_member: None,
    names: &[],
};

/// The service; it has no state.
#[derive(Debug)]
pub struct Sts;

/// The service as the server takes it.
pub fn service() -> service::Service {
    let speaks = Speaks {
        json_target: None,
        query: Some(&DIALECT),
        on_decode_error: |error: DecodeError| ServiceError::new(&VALIDATION, error.to_string()),
    };
    service::bind("sts", speaks, ACTIONS, &Arc::new(Sts))
}
