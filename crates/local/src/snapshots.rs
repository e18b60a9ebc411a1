//! Snapshots of a partition's state, so that a restart is quick, and the log's space, which comes back with them: what
//! holds nothing that is needed goes; of what holds little, the little is copied forward.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use engine::{Clock, EngineError};
use journal::{JournalError, Position};
use partition::{Image, Moving};
use tokio::sync::watch;

use crate::cell::{self, Cell, Space};
use crate::engine_error::from_journal;
use crate::limits;

/// After so long in which hardly anything happened, space that could come back does.
const QUIET: Duration = Duration::from_secs(3);
/// Bytes of the log that are hardly anything.
const QUIET_BYTES: u64 = 1 << 20;

/// Takes a snapshot whenever there is reason to.
pub(crate) async fn run(cell: Arc<Cell>, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
    loop {
        let before = before_sleep(&cell);
        let quiet = async {
            match before {
                Some(_) => clock.sleep_until(clock.now().plus(QUIET)).await,
                None => std::future::pending().await,
            }
        };
        let was_quiet = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = cell.grown.notified() => false,
            () = quiet => before.is_some_and(|tail| cell.state().tail.0 - tail.0 < QUIET_BYTES),
        };
        let wanted = {
            let state = cell.state();
            state.wants_snapshot() || (was_quiet && state.could_tidy())
        };
        if !wanted {
            continue;
        }
        if let Err(error) = take_and_tidy(&cell).await {
            tracing::warn!(partition = cell.number, %error, "no snapshot could be taken; the journal keeps everything");
            // Whatever it is, it is not over at once.
            clock.sleep_until(clock.now().plus(QUIET)).await;
        }
    }
}

/// The end of the log, if there is something to tidy up once it is quiet; otherwise to be woken when there is.
fn before_sleep(cell: &Cell) -> Option<Position> {
    let mut state = cell.state();
    state.tidier_sleeps = !state.could_tidy();
    (!state.tidier_sleeps).then_some(state.tail)
}

async fn take_and_tidy(cell: &Arc<Cell>) -> Result<(), EngineError> {
    let image = take(cell).await?;
    let tidied = Arc::clone(cell);
    let moved = tokio::task::spawn_blocking(move || move_forward(&tidied, &image))
        .await
        .map_err(|error| EngineError::Io(error.to_string()))?
        .map_err(from_journal)?;
    if moved {
        // Only a snapshot that knows the new places lets the old ones go.
        take(cell).await?;
    }
    Ok(())
}

/// The same without another thread.
pub(crate) async fn tidy_up_here(cell: &Arc<Cell>) -> Result<(), EngineError> {
    let (image, covers) = look(cell).await?;
    store(cell, &image, covers).map_err(from_journal)?;
    if move_forward(cell, &image).map_err(from_journal)? {
        let (image, covers) = look(cell).await?;
        store(cell, &image, covers).map_err(from_journal)?;
    }
    Ok(())
}

/// Takes a snapshot now, and lets go of what it makes superfluous.
pub(crate) async fn take(cell: &Arc<Cell>) -> Result<Image, EngineError> {
    let (image, covers) = look(cell).await?;
    let taker = Arc::clone(cell);
    let stored = tokio::task::spawn_blocking(move || store(&taker, &image, covers).map(|()| image));
    stored.await.map_err(|error| EngineError::Io(error.to_string()))?.map_err(from_journal)
}

/// The state as it stands, once the journal holds all of it for sure: a snapshot must not know more.
async fn look(cell: &Cell) -> Result<(Image, Position), EngineError> {
    let (image, covers) = {
        let state = cell.state();
        (state.partition.image(), state.tail)
    };
    if let Some(durable) = cell.journal.durable(covers) {
        durable.await.map_err(from_journal)?;
    }
    Ok((image, covers))
}

fn store(cell: &Cell, image: &Image, covers: Position) -> Result<(), JournalError> {
    cell.journal.put_snapshot(covers, &image.encode())?;
    release(cell, image, covers);
    let mut state = cell.state();
    let held = cell::held(&*cell.journal);
    let since = state.tail.0.saturating_sub(covers.0);
    state.space = Space { snapshot_at: covers, held_then: held.saturating_sub(since) };
    Ok(())
}

/// How many bytes of each stretch are needed.
fn usage(cell: &Cell, image: &Image) -> Vec<(std::ops::Range<Position>, u64)> {
    let stretches = cell.journal.stretches();
    let starts: Vec<u64> = stretches.iter().map(|stretch| stretch.start.0).collect();
    stretches.into_iter().zip(image.usage(&starts)).collect()
}

fn release(cell: &Cell, image: &Image, covers: Position) {
    let free =
        usage(cell, image).into_iter().filter(|(stretch, needed)| *needed == 0 && stretch.end <= covers);
    let free: Vec<Position> = free.map(|(stretch, _)| stretch.start).collect();
    let pinned = cell.pinned.lock().unwrap_or_else(PoisonError::into_inner);
    if !free.is_empty() && !*pinned {
        cell.journal.release(&free);
    }
}

/// Copies contents out of the stretches that hold the least, as long as too much is held for nothing. Whether any was.
fn move_forward(cell: &Cell, image: &Image) -> Result<bool, JournalError> {
    let usage = usage(cell, image);
    let (held, needed) = usage.iter().fold((0, 0), |(held, needed), (stretch, used)| {
        (held + stretch.end.0 - stretch.start.0, needed + used)
    });
    let idle = cell.state().limits.garbage_idle;
    let mut excess = held.saturating_sub(needed + needed.max(idle));
    let mut sparse: Vec<_> =
        usage.iter().rev().skip(1).filter(|(stretch, _)| stretch.end.0 > stretch.start.0).collect();
    sparse.sort_by_key(|(stretch, used)| used * 1000 / (stretch.end.0 - stretch.start.0));
    let mut moved = false;
    for (stretch, used) in sparse {
        let freed = (stretch.end.0 - stretch.start.0).saturating_sub(*used);
        if excess == 0 || freed < *used {
            break;
        }
        excess = excess.saturating_sub(freed);
        let contents: Vec<Moving> = image.contents_in(stretch.start.0..stretch.end.0).collect();
        for some in contents.chunks(limits::CONTENTS_MOVED_AT_ONCE) {
            moved |= move_some(cell, some)?;
        }
    }
    Ok(moved)
}

fn move_some(cell: &Cell, some: &[Moving]) -> Result<bool, JournalError> {
    let locations: Vec<_> = some.iter().map(|moving| moving.content).collect();
    let contents = cell.contents(&locations);
    // What cannot be read stays where it is: a damaged record is not to be made to look whole.
    let readable: Vec<_> = some
        .iter()
        .copied()
        .zip(contents)
        .filter_map(|(moving, content)| Some((moving, content.ok()?)))
        .collect();
    let done = cell.run(|partition, _| Ok(partition.move_contents(readable)));
    done.map(|done| done.answer).map_err(|error| JournalError::Unknown(error.to_string()))
}
