//! PublishLayerVersion: a new version of a layer, which is made by its first one.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html>

use std::collections::BTreeMap;

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code::CodeSource;
use crate::errors::{constraint, invalid};
use crate::layers::{LayerVersion, LayerVersionRecord, layer_arn};
use crate::limits::COMPATIBLE_RUNTIMES_MAX;
use crate::records;
use crate::settings::checked_description;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    layer_name: String,
    description: Option<String>,
    content: CodeSource,
    compatible_architectures: Option<Vec<String>>,
    compatible_runtimes: Option<Vec<String>>,
    license_info: Option<String>,
}

/// The action.
pub(crate) struct PublishLayerVersion;

impl Action for PublishLayerVersion {
    const NAME: &'static str = "PublishLayerVersion";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Post, "/2018-10-31/layers/{LayerName}/versions", 201));
    type Service = Lambda;
    type Input = Input;
    type Output = LayerVersion;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let layer = layer_arn(&input.layer_name, &context.caller)?;
        if layer.account() != context.caller.account.as_str()
            || layer.region() != context.caller.region.as_str()
        {
            return Err(invalid("Layers are published in the caller's own account and Region."));
        }
        let description = checked_description(input.description.unwrap_or_default())?;
        let architectures = input.compatible_architectures.unwrap_or_default();
        let runtimes = input.compatible_runtimes.unwrap_or_default();
        check_compatible(&architectures, &runtimes)?;
        let code = lambda.accept_code(input.content, false).await?;
        let code = code.ok_or_else(|| invalid("Please provide a source for the layer's content."))?;
        let record = LayerVersionRecord {
            version: lambda.next_layer_version(&layer).await?,
            layer,
            description,
            license: input.license_info,
            architectures,
            runtimes,
            code,
            created: context.now,
            policy: BTreeMap::new(),
            revision_id: lambda.ids.uuid().to_string(),
            deleted: false,
        };
        lambda.engine.put(record.key(), records::encode(&record), Expect::Absent).await?;
        Ok(LayerVersion::of(&record, &context.endpoint))
    }
}

fn check_compatible(architectures: &[String], runtimes: &[String]) -> Result<(), ServiceError> {
    if let Some(wrong) = architectures.iter().find(|one| *one != "x86_64" && *one != "arm64") {
        let rule = "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]";
        return Err(constraint(format!("[{wrong}]"), "compatibleArchitectures", rule));
    }
    if runtimes.len() > COMPATIBLE_RUNTIMES_MAX {
        let rule = format!("Member must have length less than or equal to {COMPATIBLE_RUNTIMES_MAX}");
        return Err(constraint(format!("[{}]", runtimes.join(", ")), "compatibleRuntimes", &rule));
    }
    Ok(())
}
