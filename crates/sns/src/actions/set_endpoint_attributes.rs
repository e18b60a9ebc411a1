//! Changes attributes of a platform endpoint; those that are not named stay.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetEndpointAttributes.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::platform::{self, EndpointArn, EndpointRecord, endpoint_attributes};
use crate::records::Attributes;
use crate::{Sns, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    endpoint_arn: String,
    attributes: Attributes,
}

pub(crate) struct SetEndpointAttributes;

impl Action for SetEndpointAttributes {
    const NAME: &'static str = "SetEndpointAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let arn = EndpointArn::parse(&input.endpoint_arn, "EndpointArn")?;
        endpoint_attributes::check(&input.attributes)?;
        let before = sns.endpoint(&arn).await?.ok_or_else(platform::no_such_endpoint)?;
        let token = input.attributes.get("Token").filter(|token| *token != before.token());
        if let Some(token) = token {
            claim(sns, &arn, token).await?;
        }
        let change = |record: &mut EndpointRecord| {
            record.attributes.extend(input.attributes.clone());
            Ok(())
        };
        sns.change(&arn.key(), platform::no_such_endpoint, change).await?;
        if token.is_some() {
            let old = platform::token_key(&arn.application, before.token());
            sns.engine.delete(old, Expect::Anything).await?;
        }
        Ok(())
    }
}

/// Takes a token for an endpoint unless another one has it.
async fn claim(sns: &Sns, arn: &EndpointArn, token: &str) -> Result<(), ServiceError> {
    let key = platform::token_key(&arn.application, token);
    if sns.add(key.clone(), &arn.id).await? {
        return Ok(());
    }
    match sns.record::<String>(&key).await? {
        Some((owner, _)) if owner != arn.id => Err(errors::invalid(
            "Token Reason: Endpoint already exists with the same Token, but different attributes.",
        )),
        _ => Ok(()),
    }
}
