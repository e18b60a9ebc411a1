//! Snapshots of a partition's state, so that a restart is quick and old segments can go.

use std::sync::Arc;

use engine::EngineError;
use journal::Position;
use tokio::sync::watch;

use crate::cell::Cell;
use crate::engine_error::from_journal;

/// Takes a snapshot whenever the journal has grown enough.
pub(crate) async fn run(cell: Arc<Cell>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = cell.grown.notified() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if let Err(error) = take(&cell).await {
            tracing::warn!(partition = cell.number, %error, "no snapshot could be taken; the journal keeps everything");
        }
    }
}

/// Takes one now, and lets go of what it makes superfluous.
pub(crate) async fn take(cell: &Arc<Cell>) -> Result<(), EngineError> {
    let (snapshot, covers) = {
        let state = cell.state();
        (state.partition.snapshot(), state.tail)
    };
    // The snapshot must not know more than the journal holds for sure.
    cell.journal.durable(covers).await.map_err(from_journal)?;
    let journal = Arc::clone(&cell.journal);
    let put = tokio::task::spawn_blocking(move || {
        journal.put_snapshot(covers, &snapshot.bytes)?;
        journal.trim(Position(snapshot.oldest_position.unwrap_or(covers.0).min(covers.0)));
        Ok(())
    });
    put.await.map_err(|error| EngineError::Io(error.to_string()))?.map_err(from_journal)?;
    cell.state().snapshot_at = covers;
    Ok(())
}
