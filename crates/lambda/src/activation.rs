//! From `Pending` to `Active`, from `InProgress` to `Successful`: the package is unpacked and the outcome written down.

use std::sync::Arc;

use aws::Arn;
use engine::{Error, Expect, RecordKey, Refusal};

use crate::Lambda;
use crate::code::BadArchive;
use crate::functions::Stored;
use crate::invocation::{NotReady, is_outdated};
use crate::records::{self, FunctionRecord, LastUpdate, State, function_key, version_key};

impl Lambda {
    /// Makes a function ready in the background.
    pub(crate) fn activate_soon(&self, function: Arn, version: String) {
        self.spawn("function activation", move |lambda, mut stop| async move {
            tokio::select! {
                () = activate(&lambda, &function, &version) => {}
                () = stop.requested() => {}
            }
        });
    }
}

impl Lambda {
    /// The record of a function or of one of its versions, and its key.
    async fn find_stored(&self, function: &Arn, version: &str) -> Result<Option<(RecordKey, Stored)>, Error> {
        let Some(latest) = self.find_function(function).await? else { return Ok(None) };
        let Ok(number) = version.parse() else { return Ok(Some((function_key(function), latest))) };
        let key = version_key(&latest.record, number);
        let Some(found) = self.engine.get(&key).await? else { return Ok(None) };
        Ok(Some((key, Stored { record: records::decode(&found)?, revision: found.revision })))
    }
}

/// Whether the function waits to be made ready.
pub(crate) fn is_due(record: &FunctionRecord) -> bool {
    record.state == State::Pending || record.last_update == LastUpdate::InProgress
}

async fn activate(lambda: &Arc<Lambda>, function: &Arn, version: &str) {
    let Ok(_turn) = lambda.activations.acquire().await else { return };
    loop {
        let (key, stored) = match lambda.find_stored(function, version).await {
            Ok(Some((key, stored))) if is_due(&stored.record) => (key, stored),
            Ok(_) => return,
            Err(error) => {
                tracing::error!(%function, %error, "function could not be read");
                return;
            }
        };
        let outcome = lambda.spec(&stored.record).await;
        if outcome.as_ref().is_err_and(is_outdated) {
            continue;
        }
        match conclude(lambda, key, stored, outcome.err()).await {
            Err(Error::Refused(Refusal::RecordChanged(_))) => {}
            Err(error) => {
                tracing::error!(%function, %error, "function's state could not be written");
                return;
            }
            Ok(()) => return,
        }
    }
}

async fn conclude(
    lambda: &Lambda,
    key: RecordKey,
    stored: Stored,
    error: Option<NotReady>,
) -> Result<(), Error> {
    let mut record = stored.record;
    match error {
        None => {
            record.state = State::Active;
            record.last_update = LastUpdate::Successful;
        }
        Some(error) => {
            tracing::warn!(function = %record.arn, %error, "function could not be made ready");
            let (reason, code) = (error.to_string(), reason_code(&error).to_owned());
            if record.state == State::Pending {
                record.state = State::Failed { reason: reason.clone(), code: code.clone() };
            }
            record.last_update = LastUpdate::Failed { reason, code };
        }
    }
    lambda.engine.put(key, records::encode(&record), Expect::Revision(stored.revision)).await.map(drop)
}

fn reason_code(error: &NotReady) -> &'static str {
    match error {
        NotReady::Archive(BadArchive::Io(_))
        | NotReady::Engine(_)
        | NotReady::Io(_)
        | NotReady::Panicked(_) => "InternalError",
        NotReady::Archive(_) => "InvalidZipFileException",
    }
}
