//! GetFunction: a function's configuration, tags, reserved concurrency and where its package lies.
//!
//! Differs from AWS: there is no presigned `Code.Location`.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html>

use std::collections::BTreeMap;

use serde::Serialize;
use service::{Action, Context, Method, Rest, ServiceError};

use super::{QUALIFIER, Qualified};
use crate::Lambda;
use crate::configuration::FunctionConfiguration;
use crate::package_page;

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    configuration: FunctionConfiguration,
    code: CodeLocation,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<Concurrency>,
}

/// `FunctionCodeLocation`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CodeLocation {
    repository_type: &'static str,
    location: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Concurrency {
    reserved_concurrent_executions: u32,
}

/// The action.
pub(crate) struct GetFunction;

impl Action for GetFunction {
    const NAME: &'static str = "GetFunction";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Get, "/2015-03-31/functions/{FunctionName}", 200)
    });
    type Service = Lambda;
    type Input = Qualified;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Qualified) -> Result<Output, ServiceError> {
        let (name, stored, version) =
            lambda.version(&input.function_name, input.qualifier.as_deref(), context).await?;
        let record = stored.record;
        Ok(Output {
            configuration: FunctionConfiguration::named(&version, name.qualified()),
            code: CodeLocation {
                repository_type: "S3",
                location: package_page::location(&context.endpoint, &version.code),
            },
            tags: record.tags,
            concurrency: record
                .reserved_concurrency
                .map(|reserved| Concurrency { reserved_concurrent_executions: reserved }),
        })
    }
}
