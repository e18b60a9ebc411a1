//! What the machine's processors have left for another environment.

use std::sync::{Mutex, PoisonError};

/// Uptime, and what all processors together have idled, since the machine started.
/// <https://docs.kernel.org/filesystems/proc.html>
const UPTIME: &str = "/proc/uptime";
/// Where they idle less than this, counted in processors, they are busy: another environment would take from the others.
const IDLE_MIN: f64 = 0.3;
/// A shorter look tells nothing, seconds; a longer one nothing of now.
const LOOK: std::ops::RangeInclusive<f64> = 0.08..=5.0;

/// Watches the processors between the moments it is asked.
pub(super) struct Processors {
    /// As many as this process may use.
    pub(super) count: usize,
    last: Mutex<Last>,
}

#[derive(Clone, Copy, Default)]
struct Last {
    up: f64,
    idle: f64,
    busy: bool,
}

impl Default for Processors {
    fn default() -> Self {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { count, last: Mutex::default() }
    }
}

impl Processors {
    /// Whether they have been busy since this was last asked; yes if that was too long ago to know. Where the kernel does
    /// not tell they never are.
    pub(super) fn are_busy(&self) -> bool {
        std::fs::read_to_string(UPTIME).ok().and_then(|text| read(&text)).is_some_and(|now| self.judge(now))
    }

    fn judge(&self, (up, idle): (f64, f64)) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = up - last.up;
        if looked >= *LOOK.start() {
            let idled = (idle - last.idle) / looked;
            *last = Last { up, idle, busy: looked > *LOOK.end() || idled < IDLE_MIN };
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
    fn they_are_busy_while_they_hardly_idle() {
        let processors = Processors { count: 2, last: Mutex::default() };
        assert!(processors.judge((100.0, 150.0)), "nothing is known yet");
        assert!(!processors.judge((101.0, 151.0)), "one of them idles");
        assert!(processors.judge((102.0, 151.2)));
        assert!(processors.judge((102.05, 151.25)), "too early for another verdict");
        assert!(!processors.judge((102.2, 151.4)));
        assert!(processors.judge((200.0, 300.0)), "that was too long ago");
    }

    #[test]
    fn the_kernel_tells() {
        assert_eq!(read("27396.49 7497.66\n"), Some((27396.49, 7497.66)));
        assert_eq!(read("?"), None);
        assert!(Processors::default().are_busy(), "not known at first");
    }
}
