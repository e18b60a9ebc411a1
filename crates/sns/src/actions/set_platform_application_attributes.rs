//! Changes attributes of a platform application; those that are not named stay.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html>

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::Sns;
use crate::platform::{self, ApplicationRecord, application_attributes};
use crate::records::Attributes;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    platform_application_arn: String,
    attributes: Attributes,
}

pub(crate) struct SetPlatformApplicationAttributes;

impl Action for SetPlatformApplicationAttributes {
    const NAME: &'static str = "SetPlatformApplicationAttributes";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let arn = platform::application_arn(&input.platform_application_arn)?;
        application_attributes::check(&input.attributes)?;
        let change = |record: &mut ApplicationRecord| {
            record.attributes.extend(input.attributes.clone());
            Ok(())
        };
        sns.change(&platform::application_key(&arn), platform::no_such_application, change).await.map(|_| ())
    }
}
