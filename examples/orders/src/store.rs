//! The bucket: the price list, orders and receipts.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use lambda_runtime::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A bucket of JSON objects and texts.
pub struct Store {
    client: Client,
    bucket: String,
}

impl Store {
    pub fn new(config: &aws_config::SdkConfig, bucket: impl Into<String>) -> Self {
        // Path style works here and on AWS alike.
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        Self { client: Client::from_conf(config), bucket: bucket.into() }
    }

    /// An object; `None` if there is none.
    pub async fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        let object = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => object,
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Some(serde_json::from_slice(&object.body.collect().await?.into_bytes())?))
    }

    pub async fn write(&self, key: &str, value: &impl Serialize) -> Result<(), Error> {
        self.write_text(key, serde_json::to_string(value)?).await
    }

    pub async fn write_text(&self, key: &str, text: String) -> Result<(), Error> {
        let body = ByteStream::from(text.into_bytes());
        self.client.put_object().bucket(&self.bucket).key(key).body(body).send().await?;
        Ok(())
    }
}
