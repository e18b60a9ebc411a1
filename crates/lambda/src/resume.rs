//! After a start: everything that an earlier run left to be done is gone on with.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{Error, QueueKey};
use service::Stop;

use crate::Lambda;
use crate::activation::is_due;
use crate::limits::REGISTRY_PAGE;
use crate::records::{self, EVENT_QUEUES, FUNCTIONS, FunctionRecord, MAPPINGS, MappingRecord, VERSIONS};

/// The registry is asked again after so long if it could not be read.
const RETRY: Duration = Duration::from_secs(5);

/// Begins in the background; folders of an earlier run are out of the way when it returns.
pub(crate) fn begin(lambda: &Arc<Lambda>) {
    match lambda.folders.set_aside() {
        Ok(None) => {}
        Ok(Some(aside)) => lambda.spawn("removal of unpacked code", |_, _| async move {
            // What stays behind is removed at the next start.
            let _ = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(aside)).await;
        }),
        Err(error) => tracing::warn!(%error, "unpacked code of an earlier run could not be moved away"),
    }
    lambda.spawn("resumption of functions", resume);
}

async fn resume(lambda: Arc<Lambda>, mut stop: Stop) {
    while let Err(error) = lambda.resume_all().await {
        tracing::error!(%error, "functions could not be read from the registry, trying again");
        tokio::select! {
            () = lambda.clock.sleep_until(lambda.clock.now().plus(RETRY)) => {}
            () = stop.requested() => return,
        }
    }
}

impl Lambda {
    async fn resume_all(&self) -> Result<(), Error> {
        self.resume_functions().await?;
        self.sweep_layers().await?;
        for record in self.all_records(MAPPINGS).await? {
            let mapping: MappingRecord = records::decode(&record)?;
            self.attend_mapping(mapping.uuid);
        }
        Ok(())
    }

    async fn resume_functions(&self) -> Result<(), Error> {
        // The queues first: one that is created from now on has a function that is not in the list. Those whose
        // functions are not stored yet are looked at before the functions are.
        let queues = self.event_queues().await?;
        let mut wanted: HashSet<QueueKey> = self.creating().clone();
        for record in self.all_records(FUNCTIONS).await? {
            let function: FunctionRecord = records::decode(&record)?;
            wanted.insert(function.event_queue());
            if is_due(&function) {
                self.activate_soon(function.arn.clone(), function.version.clone());
            }
            self.attend_events(&function);
            for (qualifier, own) in &function.qualified {
                if own.provisioned.is_some() {
                    self.provision_soon(function.arn.clone(), qualifier.clone());
                }
            }
        }
        for record in self.all_records(VERSIONS).await? {
            let version: FunctionRecord = records::decode(&record)?;
            if is_due(&version) {
                self.activate_soon(version.arn.clone(), version.version);
            }
        }
        for orphan in queues.into_iter().filter(|queue| !wanted.contains(queue)) {
            tracing::info!(queue = %orphan, "removing the event queue of a function that is gone");
            self.engine.delete_queue(orphan).await?;
        }
        Ok(())
    }

    async fn event_queues(&self) -> Result<Vec<QueueKey>, Error> {
        let mut all: Vec<QueueKey> = Vec::new();
        loop {
            let page = self.engine.list_queues(EVENT_QUEUES, all.last(), REGISTRY_PAGE).await?;
            let last = page.len() < REGISTRY_PAGE;
            all.extend(page.iter().map(|queue| queue.key.clone()));
            if last {
                return Ok(all);
            }
        }
    }
}
