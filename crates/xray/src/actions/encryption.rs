//! GetEncryptionConfig, PutEncryptionConfig: traces are not encrypted with keys of KMS, which is not here.
//!
//! Differs from AWS: `Type` `KMS` is refused.
//!
//! <https://docs.aws.amazon.com/xray/latest/api/API_PutEncryptionConfig.html>

use serde::{Deserialize, Serialize};
use service::{Action, Context, Method, Rest, ServiceError};

use crate::Xray;
use crate::errors::{constraint, invalid};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EncryptionConfig {
    status: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    encryption_config: EncryptionConfig,
}

impl Output {
    /// The default, and the only one.
    fn none() -> Self {
        Self { encryption_config: EncryptionConfig { status: "ACTIVE", r#type: "NONE" } }
    }
}

pub(crate) struct GetEncryptionConfig;

#[derive(Deserialize)]
pub(crate) struct Nothing {}

impl Action for GetEncryptionConfig {
    const NAME: &'static str = "GetEncryptionConfig";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/EncryptionConfig", 200));
    type Service = Xray;
    type Input = Nothing;
    type Output = Output;

    async fn run(_: &Xray, _: &Context, _: Nothing) -> Result<Output, ServiceError> {
        Ok(Output::none())
    }
}

pub(crate) struct PutEncryptionConfig;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wanted {
    r#type: String,
    key_id: Option<String>,
}

impl Action for PutEncryptionConfig {
    const NAME: &'static str = "PutEncryptionConfig";
    const REST: Option<&'static Rest> = Some(&Rest::new(Method::Post, "/PutEncryptionConfig", 200));
    type Service = Xray;
    type Input = Wanted;
    type Output = Output;

    async fn run(_: &Xray, _: &Context, input: Wanted) -> Result<Output, ServiceError> {
        match (input.r#type.as_str(), input.key_id) {
            ("NONE", None) => Ok(Output::none()),
            ("NONE", Some(_)) => Err(invalid("A key can be named with the type KMS only")),
            ("KMS", _) => Err(invalid("Konekuta has no KMS: traces cannot be encrypted with a key of it")),
            _ => Err(constraint("type", "satisfy enum value set: [NONE, KMS]")),
        }
    }
}
