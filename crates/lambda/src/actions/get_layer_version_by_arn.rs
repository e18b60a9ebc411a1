//! GetLayerVersionByArn: a layer's version by its ARN, of another account too.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionByArn.html>

use serde::Deserialize;
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use crate::Lambda;
use crate::errors::constraint;
use crate::layers::{LayerVersion, split_version, version_not_found};

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    arn: String,
}

/// The action.
pub(crate) struct GetLayerVersionByArn;

impl Action for GetLayerVersionByArn {
    const NAME: &'static str = "GetLayerVersionByArn";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "Arn", name: "Arn" }],
        query_literal: Some(("find", "LayerVersion")),
        ..Rest::new(Method::Get, "/2018-10-31/layers", 200)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = LayerVersion;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        let (layer, version) = split_version(&input.arn).ok_or_else(|| {
            let rule = "Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}\
                        ((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+";
            constraint(&input.arn, "arn", rule)
        })?;
        let found = lambda.find_layer_version(&layer, version).await?;
        let (record, _) = found.filter(|(record, _)| !record.deleted).ok_or_else(version_not_found)?;
        Ok(LayerVersion::of(&record, &context.endpoint))
    }
}
