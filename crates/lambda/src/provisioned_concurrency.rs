//! Provisioned concurrency: so many environments of a version are initialised before they are needed.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

use aws::{Arn, timestamp};
use engine::Error;
use serde::Serialize;
use service::ServiceError;

use crate::Lambda;
use crate::errors::{self, invalid};
use crate::function_name::{FunctionName, LATEST};
use crate::invocation::NotReady;
use crate::records::{FunctionRecord, Provisioned};

/// What is shown of a configuration.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProvisionedConcurrency {
    #[serde(skip_serializing_if = "Option::is_none")]
    function_arn: Option<String>,
    requested_provisioned_concurrent_executions: u32,
    available_provisioned_concurrent_executions: u32,
    allocated_provisioned_concurrent_executions: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    last_modified: String,
}

impl ProvisionedConcurrency {
    /// As AWS shows it; in a list with the version's ARN.
    pub(crate) fn of(config: &Provisioned, function_arn: Option<String>) -> Self {
        let allocated = config.allocated.unwrap_or(0);
        let status = match config.allocated {
            None => "IN_PROGRESS",
            Some(allocated) if allocated >= config.requested => "READY",
            Some(_) => "FAILED",
        };
        Self {
            function_arn,
            requested_provisioned_concurrent_executions: config.requested,
            available_provisioned_concurrent_executions: allocated,
            allocated_provisioned_concurrent_executions: allocated,
            status,
            status_reason: (status == "FAILED").then(|| {
                format!("{allocated} environments could be initialised; the function's log says why no more")
            }),
            last_modified: timestamp::lambda(config.last_modified.0),
        }
    }
}

/// The version or alias that is meant, which may not be `$LATEST`. `InvalidParameterValueException`.
pub(crate) fn published_qualifier(name: &FunctionName) -> Result<&str, ServiceError> {
    match name.qualifier.as_deref() {
        None | Some(LATEST) => Err(invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        )),
        Some(qualifier) => Ok(qualifier),
    }
}

/// Nothing was configured.
pub(crate) fn not_found() -> ServiceError {
    ServiceError::new(
        &errors::PROVISIONED_CONCURRENCY_CONFIG_NOT_FOUND,
        "No Provisioned Concurrency Config found for this function",
    )
}

impl Lambda {
    /// Brings the executor to what is configured, in the background.
    pub(crate) fn provision_soon(&self, function: Arn, qualifier: String) {
        self.spawn("provisioned concurrency", move |lambda, mut stop| async move {
            tokio::select! {
                done = lambda.provision(&function, &qualifier) => {
                    if let Err(error) = done {
                        tracing::error!(%function, qualifier, %error, "environments could not be provisioned");
                    }
                }
                () = stop.requested() => {}
            }
        });
    }

    async fn provision(&self, function: &Arn, qualifier: &str) -> Result<(), NotReady> {
        let Some(stored) = self.find_function(function).await? else { return Ok(()) };
        let Some(config) = provisioned(&stored.record, qualifier) else { return Ok(()) };
        let Some(version) = self.provisioned_version(&stored.record, qualifier).await? else { return Ok(()) };
        let spec = self.spec(&version).await?;
        let allocated = self.executor.provision(spec, config.requested).await.unwrap_or(0);
        // Others may change the function meanwhile; whoever changes this configuration provisions anew.
        while let Some(mut stored) = self.find_function(function).await? {
            let Some(own) = stored.record.qualified.get_mut(qualifier) else { break };
            if own.provisioned.as_ref() != Some(&config) {
                break;
            }
            own.provisioned = Some(Provisioned { allocated: Some(allocated), ..config.clone() });
            if self.replace_function(&stored.record, stored.revision).await.is_ok() {
                break;
            }
        }
        Ok(())
    }

    /// Environments of the version are no longer kept.
    pub(crate) async fn unprovision(&self, function: &FunctionRecord, qualifier: &str) -> Result<(), Error> {
        if let Some(version) = self.provisioned_version(function, qualifier).await?
            && let Ok(spec) = self.spec(&version).await
        {
            // An executor that is stopping keeps none either.
            let _ = self.executor.provision(spec, 0).await;
        }
        Ok(())
    }

    /// Of an alias of two versions, the one it points to.
    async fn provisioned_version(
        &self,
        function: &FunctionRecord,
        qualifier: &str,
    ) -> Result<Option<FunctionRecord>, Error> {
        match self.alias(function, qualifier).await {
            Ok((alias, _)) => self.find_version(function, &alias.version).await,
            Err(_) => self.find_version(function, qualifier).await,
        }
    }
}

/// What is configured for a version or alias.
pub(crate) fn provisioned(function: &FunctionRecord, qualifier: &str) -> Option<Provisioned> {
    function.qualified.get(qualifier)?.provisioned.clone()
}
