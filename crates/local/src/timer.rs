//! What happens by itself: a task for each partition sleeps until the next moment and lets time pass.

use std::sync::Arc;

use engine::Clock;
use tokio::sync::watch;

use crate::cell::Cell;

pub(crate) async fn run(cell: Arc<Cell>, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
    loop {
        let due = cell.state().partition.due();
        let moment = async {
            match due {
                Some(moment) => clock.sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = cell.rescheduled.notified() => {}
            () = moment => cell.advance(),
        }
    }
}
