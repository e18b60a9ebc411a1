//! How the command line reaches a server: the settings that every client command shares.

use std::sync::Arc;

use client::{Client, Settings};
use engine::Clock;

/// Which server, and as whom.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Connection {
    /// The server's endpoint.
    #[arg(long, env = "KONEKUTA_ENDPOINT", default_value = "http://127.0.0.1:4566")]
    pub(crate) endpoint: String,
    /// The Region to work in.
    #[arg(long, env = "AWS_REGION", default_value = "us-east-1")]
    pub(crate) region: String,
    /// The access key id; one of twelve digits is taken as the account.
    #[arg(long, env = "AWS_ACCESS_KEY_ID", default_value = "000000000000", hide_env_values = true)]
    pub(crate) access_key_id: String,
    /// Its secret.
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", default_value = "konekuta", hide_env_values = true)]
    pub(crate) secret_access_key: String,
}

impl Connection {
    /// To a server of this machine, as its local account.
    pub(crate) fn to(endpoint: String) -> Self {
        Self {
            endpoint,
            region: "us-east-1".to_owned(),
            access_key_id: aws::AccountId::local().to_string(),
            secret_access_key: "konekuta".to_owned(),
        }
    }

    pub(crate) fn client(&self, clock: Arc<dyn Clock>) -> Client {
        let settings = Settings {
            endpoint: self.endpoint.trim_end_matches('/').to_owned(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        };
        Client::new(settings, clock)
    }

    /// The account that the server will see.
    pub(crate) fn account(&self) -> String {
        aws::AccountId::parse(&self.access_key_id).unwrap_or_else(aws::AccountId::local).to_string()
    }
}
