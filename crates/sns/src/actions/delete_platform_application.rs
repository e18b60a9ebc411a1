//! Removes a platform application and its endpoints; one that is not there is fine.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_DeletePlatformApplication.html>

use engine::Expect;
use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::{Sns, limits, platform};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    platform_application_arn: String,
}

pub(crate) struct DeletePlatformApplication;

impl Action for DeletePlatformApplication {
    const NAME: &'static str = "DeletePlatformApplication";
    type Service = Sns;
    type Input = Input;
    type Output = ();

    async fn run(sns: &Sns, context: &Context, input: Input) -> Result<(), ServiceError> {
        let _ = context;
        let arn = platform::application_arn(&input.platform_application_arn)?;
        // First the application, so that nothing is sent through it any more.
        sns.engine.delete(platform::application_key(&arn), Expect::Anything).await?;
        for prefix in [platform::endpoints_of(&arn), platform::tokens_of(&arn)] {
            for record in sns.engine.list(&prefix, None, limits::ENDPOINTS_MAX).await? {
                sns.engine.delete(record.key, Expect::Anything).await?;
            }
        }
        Ok(())
    }
}
