//! Whether the machine's processor has anything left for another environment.

use std::sync::{Mutex, PoisonError};

/// Uptime, and what all cores together have idled, since the machine started. <https://docs.kernel.org/filesystems/proc.html>
const UPTIME: &str = "/proc/uptime";
/// Below this share of its time, idle, the processor is busy.
const IDLE_MIN: f64 = 0.1;
/// A shorter look tells nothing, seconds; a longer one nothing of now.
const LOOK: std::ops::RangeInclusive<f64> = 0.5..=5.0;

/// Watches the processor between the moments it is asked.
pub(super) struct Processor {
    cores: f64,
    last: Mutex<Last>,
}

#[derive(Clone, Copy, Default)]
struct Last {
    up: f64,
    idle: f64,
    busy: bool,
}

impl Default for Processor {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { cores: f64::from(u16::try_from(cores).unwrap_or(u16::MAX)), last: Mutex::default() }
    }
}

impl Processor {
    /// Whether it has been busy since it was last asked; yes if that was too long ago to know. Where the kernel does not
    /// tell it never is.
    pub(super) fn is_busy(&self) -> bool {
        std::fs::read_to_string(UPTIME).ok().and_then(|text| read(&text)).is_some_and(|now| self.judge(now))
    }

    fn judge(&self, (up, idle): (f64, f64)) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = up - last.up;
        if looked >= *LOOK.start() {
            let share = (idle - last.idle) / (looked * self.cores);
            *last = Last { up, idle, busy: looked > *LOOK.end() || share < IDLE_MIN };
        }
        last.busy
    }
}

fn read(text: &str) -> Option<(f64, f64)> {
    let (up, idle) = text.trim().split_once(' ')?;
    Some((up.parse().ok()?, idle.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_busy_while_its_cores_hardly_idle() {
        let processor = Processor { cores: 2.0, last: Mutex::default() };
        assert!(processor.judge((100.0, 150.0)), "nothing is known yet");
        assert!(!processor.judge((101.0, 151.0)), "half of it idles");
        assert!(processor.judge((102.0, 151.1)));
        assert!(processor.judge((102.1, 151.3)), "too early for another verdict");
        assert!(!processor.judge((103.0, 152.0)));
        assert!(processor.judge((200.0, 300.0)), "that was too long ago");
    }

    #[test]
    fn the_kernel_tells() {
        assert_eq!(read("27396.49 7497.66\n"), Some((27396.49, 7497.66)));
        assert_eq!(read("?"), None);
        assert!(Processor::default().is_busy(), "not known at first");
    }
}
