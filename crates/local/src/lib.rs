//! The engine of one machine: partitions over file journals, timers, parked receivers, an outbox between partitions.

mod system_clock;

pub use system_clock::SystemClock;
