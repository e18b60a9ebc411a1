//! What tests share: a clock that is set by hand. Knows no service.

mod clock;

pub use clock::SimulatedClock;
