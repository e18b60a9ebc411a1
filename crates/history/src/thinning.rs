//! How many traces are kept when more comes than may be written: all, every second, every fourth, … The same ones at
//! every hop, so that what is kept is whole.

use std::sync::atomic::{AtomicU32, Ordering};

use engine::{Hop, Timestamp, TraceId};

use crate::limits::UNITS_PER_SECOND;

/// One of 2^10 is kept at the least.
const LEVEL_MAX: u32 = 10;
/// So many bytes cost as much as a hop itself.
const BYTES_PER_UNIT: usize = 2048;

/// Decides which traces are kept.
#[derive(Debug, Default)]
pub(crate) struct Thinning(AtomicU32);

impl Thinning {
    pub(crate) fn keeps(&self, trace: TraceId) -> bool {
        let level = self.0.load(Ordering::Relaxed);
        // The bits in the middle: spans and partitions are made of others.
        level == 0 || (trace.0 >> 64) & ((1 << level) - 1) == 0
    }

    pub(crate) fn one_of(&self) -> u64 {
        1 << self.0.load(Ordering::Relaxed)
    }
}

/// What a hop costs.
pub(crate) fn units(hop: &Hop) -> u64 {
    1 + ((hop.payload.len() + hop.answer.len()) / BYTES_PER_UNIT) as u64
}

/// What may still be written; earns a second's worth at the most.
#[derive(Debug)]
pub(crate) struct Budget {
    units: u64,
    earned_at: Timestamp,
}

impl Budget {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { units: UNITS_PER_SECOND, earned_at: now }
    }

    /// Pays for what was written and lets the thinning follow.
    pub(crate) fn spend(&mut self, spent: u64, now: Timestamp, thinning: &Thinning) {
        let passed = now.0.saturating_sub(self.earned_at.0).min(1000);
        self.earned_at = now;
        let have = (self.units + passed * UNITS_PER_SECOND / 1000).min(UNITS_PER_SECOND);
        let level = thinning.0.load(Ordering::Relaxed);
        if have < spent {
            self.units = 0;
            thinning.0.store((level + 1).min(LEVEL_MAX), Ordering::Relaxed);
            return;
        }
        self.units = have - spent;
        if level > 0 && have == UNITS_PER_SECOND {
            thinning.0.store(level - 1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_fast_is_thinned_and_comes_back_when_it_is_quiet() {
        let (thinning, mut budget) = (Thinning::default(), Budget::new(Timestamp(0)));
        let mut now = 0;
        for _ in 0..400 {
            now += 5;
            budget.spend(1000 / thinning.one_of(), Timestamp(now), &thinning);
        }
        assert!((8..=32).contains(&thinning.one_of()), "{}", thinning.one_of());
        let traces = (0..1000_u128).filter(|index| thinning.keeps(TraceId(index << 64))).count() as u64;
        assert!(traces.abs_diff(1000 / thinning.one_of()) <= 1);
        for _ in 0..10 {
            now += 2000;
            budget.spend(1, Timestamp(now), &thinning);
        }
        assert_eq!(thinning.one_of(), 1);
    }
}
