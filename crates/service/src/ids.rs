//! The one source of ids.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Makes ids. Random in the program, counted in tests.
pub trait Ids: Send + Sync + 'static {
    /// A fresh id (version 4).
    fn uuid(&self) -> Uuid;

    /// A fresh token of 64 hexadecimal digits, for confirmations.
    fn token(&self) -> String {
        format!("{}{}", self.uuid().as_simple(), self.uuid().as_simple())
    }
}

/// From the operating system's randomness.
#[derive(Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// 1, 2, 3, …: for tests that compare whole answers.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        uuid::Builder::from_random_bytes(u128::from(number).to_be_bytes()).into_uuid()
    }
}
