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
use crate::records::FunctionRecord;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_image_uri: Option<String>,
}

impl CodeLocation {
    fn of(version: &FunctionRecord, context: &Context) -> Self {
        let image = version.image.as_ref().map(|image| image.uri.clone());
        Self {
            repository_type: if image.is_some() { "ECR" } else { "S3" },
            location: image.is_none().then(|| package_page::location(&context.endpoint, &version.code)),
            image_uri: image.clone(),
            resolved_image_uri: image,
        }
    }
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
            code: CodeLocation::of(&version, context),
            tags: record.tags,
            concurrency: record
                .reserved_concurrency
                .map(|reserved| Concurrency { reserved_concurrent_executions: reserved }),
        })
    }
}
