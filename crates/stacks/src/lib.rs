//! What `konekuta up` has brought up: one record a stack, so that a second `up` changes only what changed.
//!
//! Not a service of AWS: its actions live under `/_konekuta/stacks` and speak restJson like Lambda's.

mod actions;
mod errors;

use std::sync::Arc;

use engine::Registry;
use service::{Row, ServiceError, Speaks, row};

/// The actions.
pub const ACTIONS: &[Row<Stacks>] = &[
    row::<actions::DeleteStack>(),
    row::<actions::GetStack>(),
    row::<actions::ListStacks>(),
    row::<actions::PutStack>(),
];

/// The service's state: the registry it keeps its records in.
pub struct Stacks {
    registry: Arc<dyn Registry>,
}

impl Stacks {
    /// Over a registry.
    pub fn new(registry: Arc<dyn Registry>) -> Arc<Self> {
        Arc::new(Self { registry })
    }
}

/// The service as the server takes it.
pub fn service(state: &Arc<Stacks>) -> service::Service {
    let speaks = Speaks {
        json_target: None,
        query: None,
        on_decode_error: |error| ServiceError::new(&errors::VALIDATION, error.to_string()),
    };
    service::bind("konekuta", speaks, ACTIONS, state)
}
