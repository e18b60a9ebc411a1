//! Carries letters from one partition's outbox to the others, in order. The target recognises a repetition, so a letter
//! is sent again until its acknowledgement is written.

use std::sync::Arc;

use bytes::Bytes;
use engine::{EngineError, Error};
use partition::{Arrival, Pending};
use tokio::sync::watch;

use crate::cell::Cell;
use crate::engine_error::failed;
use crate::limits;

pub(crate) async fn run(source: Arc<Cell>, cells: Vec<Arc<Cell>>, mut stop: watch::Receiver<bool>) {
    loop {
        let posted = source.posted.notified();
        if let Err(error) = carry_all(&source, &cells).await {
            // The journal is poisoned; the letters wait in it for the next start.
            tracing::error!(partition = source.number, %error, "letters between partitions wait");
        }
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = posted => {}
        }
    }
}

async fn carry_all(source: &Arc<Cell>, cells: &[Arc<Cell>]) -> Result<(), Error> {
    let targets = source.state().partition.targets();
    for target in targets {
        let Some(target) = cells.get(usize::from(target)) else {
            return Err(EngineError::Io(format!("there is no partition {target}")).into());
        };
        while carry(source, target).await? {}
    }
    Ok(())
}

/// Carries some letters; whether there were any.
async fn carry(source: &Arc<Cell>, target: &Arc<Cell>) -> Result<bool, Error> {
    let (letters, tail) = {
        let state = source.state();
        (state.partition.pending(target.number, 0, limits::LETTERS_AT_ONCE), state.tail)
    };
    let Some(last) = letters.last().map(|letter| letter.number) else { return Ok(false) };
    // A number must not be given again after a crash once the target has seen it.
    if let Some(durable) = source.journal.durable(tail) {
        durable.await.map_err(failed)?;
    }
    let locations: Vec<_> = letters.iter().map(|pending| pending.letter.content).collect();
    let mut delivered = None;
    for (letter, content) in letters.iter().zip(source.contents(&locations)) {
        delivered = Some(deliver(source, target, letter, content?)?);
    }
    if let Some(delivered) = delivered {
        delivered.told().await?;
    }
    source.run(|partition, _| Ok(partition.acknowledge(target.number, last)))?;
    Ok(true)
}

fn deliver(
    source: &Arc<Cell>,
    target: &Arc<Cell>,
    pending: &Pending,
    content: Bytes,
) -> Result<crate::cell::Done<Arrival>, Error> {
    let letter = &pending.letter.letter;
    let done = target
        .run(|partition, now| Ok(partition.deliver(source.number, pending.number, letter, content, now)))?;
    if done.answer == Arrival::NoSuchQueue {
        tracing::warn!(queue = %letter.to, message = ?letter.id, "a message was dropped: its queue was deleted meanwhile");
    }
    Ok(done)
}
