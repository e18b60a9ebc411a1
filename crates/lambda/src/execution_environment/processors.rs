//! What the machine's processors have left for more environments.

use rustix::time::{ClockId, clock_gettime};

use crate::execution::Look;

/// Uptime, and what all processors together have idled, since the machine started.
/// <https://docs.kernel.org/filesystems/proc.html>
const UPTIME: &str = "/proc/uptime";

/// As many as this process may use.
pub(super) fn count() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Hundredths of a second.
#[derive(Clone, Copy)]
struct Times {
    up: u64,
    /// Of all processors together.
    idle: u64,
    /// What this process has used of them.
    own: u64,
}

/// Begins a look at them. Where the kernel does not tell there is always room.
pub(super) fn look() -> Look {
    let (begun, count) = (Times::now(), count());
    Box::new(move |running| match (begun, Times::now()) {
        (Some(begun), Some(now)) => now.since(begun).room(count, running),
        _ => usize::MAX,
    })
}

impl Times {
    fn now() -> Option<Self> {
        let (up, idle) = read(&std::fs::read_to_string(UPTIME).ok()?)?;
        Some(Self { up, idle, own: own() })
    }

    fn since(self, before: Self) -> Self {
        Self {
            up: self.up.saturating_sub(before.up),
            idle: self.idle.saturating_sub(before.idle),
            own: self.own.saturating_sub(before.own),
        }
    }

    /// How many more executions fit beside so many that ran in this time, if each takes as much as one of these did.
    fn room(self, processors: usize, running: usize) -> usize {
        // Others use the processors too: then each execution seems to take more, and fewer fit.
        let used = (self.up * processors as u64).saturating_sub(self.idle + self.own);
        usize::try_from(self.idle * running as u64 / used.max(1)).unwrap_or(usize::MAX)
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
        let room = |up, idle, own, running| Times { up, idle, own }.room(2, running);
        assert_eq!(room(100, 100, 0, 2), 2, "one of them idles");
        assert_eq!(room(100, 30, 0, 2), 0, "what is left is not enough for a third");
        assert_eq!(room(100, 50, 100, 2), 2, "this process takes one, they take half of the other");
        assert_eq!(room(100, 190, 0, 5), 95, "they wait for something else");
        assert_eq!(room(100, 400, 0, 2), 800, "the machine has more than this process may use");
        assert_eq!(room(0, 0, 0, 2), 0);
    }

    #[test]
    fn the_kernel_tells() {
        assert_eq!(read("27396.49 7497.06\n"), Some((2_739_649, 749_706)));
        assert_eq!(read("?"), None);
        assert_eq!(look()(2), 0, "nothing has idled yet");
    }
}
