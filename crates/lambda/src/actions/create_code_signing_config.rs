//! CreateCodeSigningConfig: who may sign packages. Kept and shown; no signature is verified.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateCodeSigningConfig.html>

use std::collections::BTreeMap;

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::code_signing::{
    AllowedPublishers, CodeSigningPolicies, CodeSigningRecord, Shown, arn_prefix, checked_policy,
    checked_publishers, config_key,
};
use crate::records;
use crate::settings::checked_description;
use crate::tags::check_tags;

/// After `csc-`.
const ID_CHARACTERS: usize = 17;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    description: Option<String>,
    allowed_publishers: AllowedPublishers,
    code_signing_policies: Option<CodeSigningPolicies>,
    tags: Option<BTreeMap<String, String>>,
}

/// The action.
pub(crate) struct CreateCodeSigningConfig;

impl Action for CreateCodeSigningConfig {
    const NAME: &'static str = "CreateCodeSigningConfig";
    const REST: Option<&'static Rest> =
        Some(&Rest::new(Method::Post, "/2020-04-22/code-signing-configs", 201));
    type Service = Lambda;
    type Input = Input;
    type Output = Shown;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let random = lambda.ids.uuid().as_simple().to_string();
        let id = format!("csc-{}", &random[..ID_CHARACTERS]);
        let record = CodeSigningRecord {
            arn: format!("{}{id}", arn_prefix(&context.caller)),
            id,
            description: checked_description(input.description.unwrap_or_default())?,
            publishers: checked_publishers(input.allowed_publishers)?,
            policy: input
                .code_signing_policies
                .as_ref()
                .map_or_else(|| Ok("Warn".to_owned()), checked_policy)?,
            last_modified: context.now,
            tags: check_tags(input.tags.unwrap_or_default())?,
        };
        lambda.engine.put(config_key(&record.arn), records::encode(&record), Expect::Absent).await?;
        Ok(record.into())
    }
}
