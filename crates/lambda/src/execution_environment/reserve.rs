//! Supervisors that are started before they are needed: a function's start then waits for one program less, and for the
//! mounts that all functions have.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Timestamp;

use super::process::Supervisor;
use crate::supervisor::Ground;

/// As many are kept of each ground: while one makes it ready, the other can be taken.
const KEPT: usize = 2;

/// Supervisors on their ground.
#[derive(Default)]
pub(super) struct Reserve {
    /// The oldest first.
    kept: Mutex<VecDeque<Kept>>,
    /// Held by whoever starts more.
    filling: tokio::sync::Mutex<()>,
}

struct Kept {
    supervisor: Supervisor,
    ground: Option<Ground>,
    since: Timestamp,
}

impl Reserve {
    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is kept and waits on this ground; or a new one.
    pub(super) async fn take(&self, program: &Path, ground: Option<Ground>) -> std::io::Result<Supervisor> {
        while let Some(mut kept) = self.kept_on(ground.as_ref()) {
            if kept.supervisor.waits() {
                return Ok(kept.supervisor);
            }
        }
        Supervisor::start(program, ground.as_ref()).await
    }

    fn kept_on(&self, ground: Option<&Ground>) -> Option<Kept> {
        let mut all = self.kept();
        let place = all.iter().position(|kept| kept.ground.as_ref() == ground)?;
        all.remove(place)
    }

    /// Starts what is missing for the next functions.
    pub(super) async fn fill(
        &self,
        program: &Path,
        ground: Option<&Ground>,
        now: Timestamp,
    ) -> std::io::Result<()> {
        let _alone = self.filling.lock().await;
        let on_it = |kept: &&Kept| kept.ground.as_ref() == ground;
        while self.kept().iter().filter(on_it).count() < KEPT {
            let supervisor = Supervisor::start(program, ground).await?;
            self.kept().push_back(Kept { supervisor, ground: ground.cloned(), since: now });
        }
        Ok(())
    }

    /// Ends those that nobody has needed for so long.
    pub(super) fn end_unneeded(&self, now: Timestamp, longest: Duration) {
        self.kept().retain(|kept| now.since(kept.since) < longest);
    }
}
