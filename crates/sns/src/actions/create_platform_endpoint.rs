//! A new endpoint for a device; the same token with the same attributes is answered with the endpoint that exists.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformEndpoint.html>

use aws::Arn;
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::platform::{self, EndpointRecord, endpoint_attributes};
use crate::records::Attributes;
use crate::{Sns, errors};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    platform_application_arn: String,
    token: String,
    custom_user_data: Option<String>,
    attributes: Option<Attributes>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    endpoint_arn: String,
}

pub(crate) struct CreatePlatformEndpoint;

impl Action for CreatePlatformEndpoint {
    const NAME: &'static str = "CreatePlatformEndpoint";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        let _ = context;
        let application = platform::application_arn(&input.platform_application_arn)?;
        endpoint_attributes::check_token(&input.token)?;
        let wanted = attributes(&input)?;
        sns.application(&application).await?;
        // Who has a token is decided by one record; its endpoint follows, after a crash upon the next try.
        let fresh = sns.ids.uuid().to_string();
        let key = platform::token_key(&application, &input.token);
        let id = if sns.add(key.clone(), &fresh).await? {
            fresh
        } else {
            sns.record::<String>(&key).await?.map_or(fresh, |(id, _)| id)
        };
        let record = EndpointRecord { version: 1, arn: endpoint_arn(&application, &id), attributes: wanted };
        let key = platform::endpoint_key(&application, &id);
        if !sns.add(key.clone(), &record).await?
            && let Some((existing, _)) = sns.record::<EndpointRecord>(&key).await?
        {
            compare(&existing, &record)?;
        }
        Ok(Output { endpoint_arn: record.arn.to_string() })
    }
}

fn endpoint_arn(application: &Arn, id: &str) -> Arn {
    let resource = application.resource().replacen("app/", "endpoint/", 1);
    Arn::new("sns", application.region(), application.account(), &format!("{resource}/{id}"))
}

/// All attributes of the endpoint that is wanted: parameters of their own win.
fn attributes(input: &Input) -> Result<Attributes, ServiceError> {
    let mut all = input.attributes.clone().unwrap_or_default();
    endpoint_attributes::check(&all)?;
    if let Some(text) = &input.custom_user_data {
        endpoint_attributes::check_user_data(text)?;
        all.insert("CustomUserData".to_owned(), text.clone());
    }
    all.insert("Token".to_owned(), input.token.clone());
    all.entry("Enabled".to_owned()).or_insert_with(|| "true".to_owned());
    Ok(all)
}

fn compare(existing: &EndpointRecord, wanted: &EndpointRecord) -> Result<(), ServiceError> {
    if existing.attributes == wanted.attributes {
        return Ok(());
    }
    Err(errors::invalid(&format!(
        "Token Reason: Endpoint {} already exists with the same Token, but different attributes.",
        existing.arn
    )))
}
