//! Hops that wait to be written: a buffer that is swapped, so that nobody who records one waits for the writer.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use engine::Hop;

use crate::limits::{BUFFER_HOPS_KEPT, PENDING_BYTES_MAX, PENDING_HOPS_MAX};

#[derive(Default)]
pub(crate) struct Pending {
    buffer: Mutex<Buffer>,
    /// Dropped because the buffer was full.
    pub(crate) dropped: AtomicU64,
    /// The writer sleeps and must be woken.
    asleep: AtomicBool,
    writer: OnceLock<Thread>,
}

#[derive(Default)]
pub(crate) struct Buffer {
    pub(crate) hops: Vec<Hop>,
    bytes: usize,
}

impl Pending {
    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is to be woken.
    pub(crate) fn written_by(&self, writer: Thread) {
        let _ = self.writer.set(writer);
    }

    pub(crate) fn push(&self, hop: Hop) {
        let bytes = hop.payload.len() + hop.answer.len();
        {
            let mut buffer = self.buffer();
            if buffer.hops.len() >= PENDING_HOPS_MAX || buffer.bytes + bytes > PENDING_BYTES_MAX {
                drop(buffer);
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            buffer.bytes += bytes;
            buffer.hops.push(hop);
        }
        // Once for all that gathers until it is written.
        if self.asleep.load(Ordering::SeqCst) && self.asleep.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    pub(crate) fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Takes everything, giving an empty buffer for it. One that a burst made large is not kept.
    pub(crate) fn swap(&self, empty: &mut Vec<Hop>) {
        empty.shrink_to(BUFFER_HOPS_KEPT);
        let mut buffer = self.buffer();
        buffer.bytes = 0;
        std::mem::swap(&mut buffer.hops, empty);
    }

    /// Sleeps until there is something, or somebody wakes the writer.
    pub(crate) fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        if self.buffer().hops.is_empty() {
            std::thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}
