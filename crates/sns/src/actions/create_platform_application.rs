//! A new platform application; one that exists with the same attributes is answered as if it were new.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html>

use aws::Arn;
use serde::{Deserialize, Serialize};
use service::{Action, Context, ServiceError};

use crate::platform::{self, ApplicationRecord, PLATFORMS, application_attributes};
use crate::records::Attributes;
use crate::{Sns, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    name: String,
    platform: String,
    attributes: Attributes,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    platform_application_arn: String,
}

pub(crate) struct CreatePlatformApplication;

impl Action for CreatePlatformApplication {
    const NAME: &'static str = "CreatePlatformApplication";
    type Service = Sns;
    type Input = Input;
    type Output = Output;

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check_name(&input.name)?;
        if !PLATFORMS.contains(&input.platform.as_str()) {
            return Err(errors::invalid(&format!("Platform Reason: {} is not supported", input.platform)));
        }
        application_attributes::check_new(&input.platform, &input.attributes)?;
        let resource = format!("app/{}/{}", input.platform, input.name);
        let Context { caller, .. } = context;
        let arn = Arn::new("sns", caller.region.as_str(), caller.account.as_str(), &resource);
        let wanted = ApplicationRecord { version: 1, arn: arn.clone(), attributes: input.attributes };
        if !sns.add(platform::application_key(&arn), &wanted).await? {
            compare(&sns.application(&arn).await?, &wanted)?;
        }
        Ok(Output { platform_application_arn: arn.to_string() })
    }
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    if name.is_empty() {
        return Err(errors::invalid(" Reason: cannot be empty"));
    }
    if name.len() > limits::APPLICATION_NAME_MAX {
        let text = format!("{name} Reason: must be at most 256 characters long");
        return Err(errors::invalid(&text));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) {
        return Err(errors::invalid(&format!(
            "{name} Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"
        )));
    }
    Ok(())
}

fn compare(existing: &ApplicationRecord, wanted: &ApplicationRecord) -> Result<(), ServiceError> {
    if existing.attributes == wanted.attributes {
        return Ok(());
    }
    Err(errors::invalid(
        "Name Reason: An application with the same name but different properties already exists",
    ))
}
