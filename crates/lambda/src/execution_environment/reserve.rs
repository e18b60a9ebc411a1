//! A supervisor that is started before it is needed: a function's start then waits for one program less, and for the
//! mounts that all functions have.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::Timestamp;

use super::process::Supervisor;
use crate::supervisor::Ground;

/// One supervisor at most, on its ground.
#[derive(Default)]
pub(super) struct Reserve(Mutex<Option<Kept>>);

struct Kept {
    supervisor: Supervisor,
    ground: Option<Ground>,
    since: Timestamp,
}

impl Reserve {
    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that is kept, if it waits on this ground; or a new one.
    pub(super) async fn take(&self, program: &Path, ground: Option<Ground>) -> std::io::Result<Supervisor> {
        let kept = self.kept().take_if(|kept| kept.ground == ground);
        if let Some(mut kept) = kept
            && kept.supervisor.waits()
        {
            return Ok(kept.supervisor);
        }
        Supervisor::start(program, ground.as_ref()).await
    }

    /// Starts one for the next function, if none is kept.
    pub(super) async fn fill(
        &self,
        program: &Path,
        ground: Option<Ground>,
        now: Timestamp,
    ) -> std::io::Result<()> {
        if self.kept().is_some() {
            return Ok(());
        }
        let supervisor = Supervisor::start(program, ground.as_ref()).await?;
        *self.kept() = Some(Kept { supervisor, ground, since: now });
        Ok(())
    }

    /// Ends the one that is kept, if nobody has needed it for so long.
    pub(super) fn end_unneeded(&self, now: Timestamp, longest: Duration) {
        self.kept().take_if(|kept| now.since(kept.since) >= longest);
    }
}
