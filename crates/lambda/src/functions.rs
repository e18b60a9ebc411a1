//! Functions in the registry: read, store under a condition, list.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws::Arn;
use engine::{Error, Expect, Refusal};
use service::ports::Sender;
use service::{Caller, Context, ServiceError, denial};

use crate::Lambda;
use crate::access;
use crate::errors::{self, function_not_found};
use crate::function_name::FunctionName;
use crate::limits::{FUNCTIONS_REMEMBERED_MAX, REGISTRY_PAGE};
use crate::records::{self, FunctionRecord, LastUpdate, State, function_key};

/// A function's record and the registry revision it was read at.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) record: FunctionRecord,
    pub(crate) revision: u64,
}

/// Functions as they were last read, with their revisions: to read one anew takes ten times as long as to look
/// whether it has changed.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<HashMap<Arn, (u64, Arc<FunctionRecord>)>>);

impl Lambda {
    /// The function of that ARN as it is now, with its revision.
    async fn remembered(&self, arn: &Arn) -> Result<Option<(u64, Arc<FunctionRecord>)>, Error> {
        let Some(found) = self.engine.get(&function_key(arn)).await? else { return Ok(None) };
        let mut remembered = self.remembered.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.get(arn).filter(|(revision, _)| *revision == found.revision) {
            return Ok(Some(known.clone()));
        }
        let read = (found.revision, Arc::new(records::decode(&found)?));
        if remembered.len() >= FUNCTIONS_REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(arn.clone(), read.clone());
        Ok(Some(read))
    }

    /// The function of that ARN as it is now, to be called.
    pub(crate) async fn called_function(&self, arn: &Arn) -> Result<Option<Arc<FunctionRecord>>, Error> {
        Ok(self.remembered(arn).await?.map(|(_, record)| record))
    }

    /// The function of that ARN, if there is one.
    pub(crate) async fn find_function(&self, arn: &Arn) -> Result<Option<Stored>, Error> {
        let found = self.remembered(arn).await?;
        Ok(found.map(|(revision, record)| Stored { record: (*record).clone(), revision }))
    }

    /// The function a caller named, whose version or alias is there too. `ResourceNotFoundException`.
    pub(crate) async fn function(
        &self,
        name: &str,
        qualifier: Option<&str>,
        context: &Context,
    ) -> Result<(FunctionName, Stored), ServiceError> {
        let (name, stored, _) = self.version(name, qualifier, context).await?;
        Ok((name, stored))
    }

    /// The same with the version it is about, which for an alias of two is one of them. `ResourceNotFoundException`.
    pub(crate) async fn version(
        &self,
        name: &str,
        qualifier: Option<&str>,
        context: &Context,
    ) -> Result<(FunctionName, Stored, FunctionRecord), ServiceError> {
        let name = FunctionName::parse(name, qualifier, &context.caller)?;
        let (revision, record) = self.remembered(&name.arn).await?.ok_or_else(|| name.not_found())?;
        let version = self.resolve(&record, name.qualifier.as_deref()).await?;
        let version = version.ok_or_else(|| name.not_found())?;
        let stored = Stored { record: Arc::unwrap_or_clone(record), revision };
        Ok((name, stored, Arc::unwrap_or_clone(version)))
    }

    /// The function and the version of it that an invocation is about: of another account's function, if its policy
    /// allows it. `ResourceNotFoundException`, `AccessDeniedException`.
    pub(crate) async fn invoked(
        &self,
        name: &str,
        qualifier: Option<&str>,
        context: &Context,
    ) -> Result<(FunctionName, Arc<FunctionRecord>, Arc<FunctionRecord>), ServiceError> {
        let name = FunctionName::parse(name, qualifier, &context.caller)?;
        let function = self.called_function(&name.arn).await?.ok_or_else(|| name.not_found())?;
        let version = self.resolve(&function, name.qualifier.as_deref()).await?;
        let version = version.ok_or_else(|| name.not_found())?;
        let caller = Sender::Account(context.caller.account.to_string());
        let refused = access::refusal(&function, name.qualifier.as_deref(), &caller).is_some();
        if refused && !self.settings.lenient_policies {
            self.denied.count(&function.arn, caller.principal());
            let text = denial(context, "lambda:InvokeFunction", name.qualified_arn().as_str(), false);
            return Err(ServiceError::new(&errors::ACCESS_DENIED, text));
        }
        Ok((name, function, version))
    }

    /// The function a caller named without a version. `ResourceNotFoundException`.
    pub(crate) async fn unqualified_function(
        &self,
        name: &str,
        context: &Context,
    ) -> Result<Stored, ServiceError> {
        let name = FunctionName::parse_unqualified(name, &context.caller)?;
        self.find_function(&name.arn).await?.ok_or_else(|| function_not_found(&name.arn))
    }

    /// Stores a changed record over the one that was read. `ResourceConflictException` if somebody was quicker.
    pub(crate) async fn replace_function(
        &self,
        record: &FunctionRecord,
        revision: u64,
    ) -> Result<u64, ServiceError> {
        let put =
            self.engine.put(function_key(&record.arn), records::encode(record), Expect::Revision(revision));
        put.await.map_err(|error| changed_meanwhile(error, &record.arn))
    }

    /// Marks a change of code or configuration, which is on its way until the function is ready again.
    pub(crate) fn touch(&self, record: &mut FunctionRecord, context: &Context) {
        record.last_modified = context.now;
        record.revision_id = self.ids.uuid().to_string();
        record.environment_revision = context.now.0.max(record.environment_revision + 1);
        record.last_update = LastUpdate::InProgress;
    }

    /// Up to `limit` functions of the caller's account and Region, in order of their names, after `after`.
    pub(crate) async fn list_functions(
        &self,
        caller: &Caller,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<FunctionRecord>, Error> {
        let prefix =
            format!("{}arn:aws:lambda:{}:{}:function:", records::FUNCTIONS, caller.region, caller.account);
        let after = after.map(|name| format!("{prefix}{name}"));
        let found = self.engine.list(&prefix, after.as_deref(), limit).await?;
        found.iter().map(records::decode).collect()
    }

    /// All records of a kind, page by page.
    pub(crate) async fn all_records(&self, prefix: &str) -> Result<Vec<engine::Record>, Error> {
        let mut all: Vec<engine::Record> = Vec::new();
        loop {
            let after = all.last().map(|record| record.key.as_str().to_owned());
            let page = self.engine.list(prefix, after.as_deref(), REGISTRY_PAGE).await?;
            let last = page.len() < REGISTRY_PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }
}

/// Somebody else has changed or removed the record between read and write.
pub(crate) fn changed_meanwhile(error: Error, arn: &Arn) -> ServiceError {
    match error {
        Error::Refused(Refusal::RecordChanged(_)) => update_in_progress(arn),
        other => other.into(),
    }
}

/// The answer to an update while another one is on its way.
pub(crate) fn update_in_progress(arn: &Arn) -> ServiceError {
    let message = format!(
        "The operation cannot be performed at this time. An update is in progress for resource: {arn}"
    );
    ServiceError::new(&errors::RESOURCE_CONFLICT, message)
}

/// Refuses what only an active function can do.
pub(crate) fn check_active(record: &FunctionRecord) -> Result<(), ServiceError> {
    let state = match record.state {
        State::Active => return Ok(()),
        State::Pending => "Pending",
        State::Failed { .. } => "Failed",
    };
    let message = format!(
        "The operation cannot be performed at this time. The function is currently in the following state: {state}"
    );
    Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message))
}

/// Refuses an update over another revision than the caller had seen, or while one is on its way.
pub(crate) fn check_updatable(
    record: &FunctionRecord,
    revision_id: Option<&str>,
) -> Result<(), ServiceError> {
    if record.state == State::Pending {
        return check_active(record);
    }
    if record.last_update == LastUpdate::InProgress {
        return Err(update_in_progress(&record.arn));
    }
    check_revision(record, revision_id)
}

/// `RevisionId`, where it is given, must be the present one.
pub(crate) fn check_revision(record: &FunctionRecord, revision_id: Option<&str>) -> Result<(), ServiceError> {
    check_revision_id(&record.revision_id, revision_id)
}

/// The same for a policy.
pub(crate) fn check_policy_revision(
    record: &FunctionRecord,
    qualifier: Option<&str>,
    revision_id: Option<&str>,
) -> Result<(), ServiceError> {
    check_revision_id(record.policy_revision(qualifier), revision_id)
}

/// Refuses a change of what is not as the caller had seen it. `PreconditionFailedException`.
pub(crate) fn check_revision_id(present: &str, given: Option<&str>) -> Result<(), ServiceError> {
    match given {
        Some(given) if given != present => Err(ServiceError::new(
            &errors::PRECONDITION_FAILED,
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to \
             retrieve the latest Revision Id",
        )),
        _ => Ok(()),
    }
}
