//! What the machine's processors have left for more environments.

use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use rustix::time::{ClockId, clock_gettime};

/// Uptime, and what all processors together have idled, since the machine started.
/// <https://docs.kernel.org/filesystems/proc.html>
const UPTIME: &str = "/proc/uptime";
/// A shorter look tells nothing, hundredths of a second; a longer one nothing of now.
const LOOK: RangeInclusive<u64> = 8..=500;

/// Watches the processors between the moments it is asked.
pub(super) struct Processors {
    /// As many as this process may use.
    pub(super) count: usize,
    last: Mutex<Last>,
}

#[derive(Clone, Copy, Default)]
struct Last {
    seen: Times,
    /// What went by in the last look; absent if it was too long.
    look: Option<Times>,
}

/// Hundredths of a second.
#[derive(Clone, Copy, Default)]
struct Times {
    up: u64,
    /// Of all processors together.
    idle: u64,
    /// What this process has used of them.
    own: u64,
}

impl Default for Processors {
    fn default() -> Self {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { count, last: Mutex::default() }
    }
}

impl Processors {
    /// How many more executions fit beside so many that run, if each takes as much as one of these did since this was
    /// last asked; `None` if that was too long ago to know. Where the kernel does not tell there is always room.
    pub(super) fn room(&self, running: usize) -> Option<usize> {
        let uptime = std::fs::read_to_string(UPTIME).ok().and_then(|text| read(&text));
        uptime.map_or(Some(usize::MAX), |(up, idle)| self.judge(Times { up, idle, own: own() }, running))
    }

    fn judge(&self, now: Times, running: usize) -> Option<usize> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let look = now.since(last.seen);
        if look.up >= *LOOK.start() {
            *last = Last { seen: now, look: (look.up <= *LOOK.end()).then_some(look) };
        }
        let Times { up, idle, own } = last.look?;
        // Others use the processors too: then each execution seems to take more, and fewer fit.
        let used = (up * self.count as u64).saturating_sub(idle + own);
        Some(usize::try_from(idle * running as u64 / used.max(1)).unwrap_or(usize::MAX))
    }
}

impl Times {
    fn since(self, before: Self) -> Self {
        Self {
            up: self.up.saturating_sub(before.up),
            idle: self.idle.saturating_sub(before.idle),
            own: self.own.saturating_sub(before.own),
        }
    }
}

fn own() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    u64::try_from(used.tv_sec * 100 + used.tv_nsec / 10_000_000).unwrap_or(0)
}

fn read(text: &str) -> Option<(u64, u64)> {
    let hundredths = |text: &str| {
        let (seconds, rest) = text.split_once('.')?;
        Some(seconds.parse::<u64>().ok()? * 100 + rest.parse::<u64>().ok()?)
    };
    let (up, idle) = text.trim().split_once(' ')?;
    Some((hundredths(up)?, hundredths(idle)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_fit_as_the_idle_time_is_enough_for() {
        let processors = Processors { count: 2, last: Mutex::default() };
        let judge = |up, idle, own, running| processors.judge(Times { up, idle, own }, running);
        assert_eq!(judge(10_000, 15_000, 500, 2), None, "nothing is known yet");
        assert_eq!(judge(10_100, 15_100, 500, 2), Some(2), "one of them idles");
        assert_eq!(judge(10_200, 15_130, 500, 2), Some(0), "what is left is not enough for a third");
        assert_eq!(judge(10_205, 15_135, 500, 2), Some(0), "too early for another look");
        assert_eq!(
            judge(10_300, 15_180, 600, 2),
            Some(2),
            "this process takes one, they take half of the other"
        );
        assert_eq!(judge(10_400, 15_370, 600, 5), Some(95), "they wait for something else");
        assert_eq!(judge(20_000, 30_000, 600, 2), None, "that was too long ago");
        assert_eq!(
            judge(20_100, 30_400, 600, 2),
            Some(800),
            "the machine has more than this process may use"
        );
    }

    #[test]
    fn the_kernel_tells() {
        assert_eq!(read("27396.49 7497.06\n"), Some((2_739_649, 749_706)));
        assert_eq!(read("?"), None);
        assert_eq!(Processors::default().room(2), None, "not known at first");
    }
}
