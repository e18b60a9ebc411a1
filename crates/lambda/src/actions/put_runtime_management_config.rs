//! PutRuntimeManagementConfig: when a function gets a newer runtime. Kept and shown: here the runtime is the one that is installed.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::errors::{constraint, invalid};
use crate::function_name::LATEST;
use crate::records::RuntimeManagement;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: Option<String>,
    update_runtime_on: String,
    runtime_version_arn: Option<String>,
}

/// The action.
pub(crate) struct PutRuntimeManagementConfig;

impl Action for PutRuntimeManagementConfig {
    const NAME: &'static str = "PutRuntimeManagementConfig";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Put, "/2021-07-20/functions/{FunctionName}/runtime-management-config", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = RuntimeManagementConfig;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        check(&input)?;
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let config = RuntimeManagement {
            update_runtime_on: input.update_runtime_on,
            runtime_version_arn: input.runtime_version_arn,
        };
        let qualifier = name.qualifier.clone().unwrap_or_else(|| LATEST.to_owned());
        stored.record.qualified.entry(qualifier).or_default().runtime_management = Some(config.clone());
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(RuntimeManagementConfig::of(name.qualified(), config))
    }
}

/// What both actions answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RuntimeManagementConfig {
    update_runtime_on: String,
    function_arn: String,
    runtime_version_arn: Option<String>,
}

impl RuntimeManagementConfig {
    pub(super) fn of(function_arn: String, config: RuntimeManagement) -> Self {
        let RuntimeManagement { update_runtime_on, runtime_version_arn } = config;
        Self { update_runtime_on, function_arn, runtime_version_arn }
    }
}

fn check(input: &Input) -> Result<(), ServiceError> {
    let is_manual = match input.update_runtime_on.as_str() {
        "Auto" | "FunctionUpdate" => false,
        "Manual" => true,
        other => {
            let rule = "Member must satisfy enum value set: [Auto, Manual, FunctionUpdate]";
            return Err(constraint(other, "updateRuntimeOn", rule));
        }
    };
    match (is_manual, &input.runtime_version_arn) {
        (true, None) => Err(invalid("A RuntimeVersionArn must be specified when UpdateRuntimeOn is Manual.")),
        (false, Some(_)) => {
            Err(invalid("A RuntimeVersionArn can be specified only when UpdateRuntimeOn is Manual."))
        }
        _ => Ok(()),
    }
}
