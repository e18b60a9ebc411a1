//! The record of a stack: what exists, and with which properties.

use std::collections::BTreeMap;

use client::{Client, ClientError};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use template::ResourceValues;

/// A resource that exists.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ResourceRecord {
    /// Its type's name.
    pub(crate) kind: String,
    /// Its properties, resolved, as it was brought up with.
    pub(crate) properties: Json,
    /// The digest of a function's code package.
    pub(crate) code_digest: Option<String>,
    /// What references to it yield.
    pub(crate) values: ResourceValues,
    /// How many resources existed when it was created: it is removed after those that came later.
    pub(crate) order: usize,
}

/// All resources of a stack.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StackRecord {
    pub(crate) resources: BTreeMap<String, ResourceRecord>,
    #[serde(skip)]
    revision: Option<u64>,
}

fn path(name: &str) -> String {
    format!("/_konekuta/stacks/{name}")
}

impl StackRecord {
    /// The record of a stack; an empty one if there is none.
    pub(crate) async fn load(client: &Client, name: &str) -> anyhow::Result<Self> {
        let answer = match client.rest("konekuta", Method::GET, &path(name), None).await {
            Ok(answer) => answer,
            Err(error) if error.is("StackNotFoundException") => return Ok(Self::default()),
            Err(error @ ClientError::Unreachable { .. }) => {
                return Err(anyhow::Error::new(error).context("is `konekuta serve` running?"));
            }
            Err(error) => return Err(error.into()),
        };
        let mut record: Self = serde_json::from_value(answer["Document"].clone())?;
        record.revision = answer["Revision"].as_u64();
        Ok(record)
    }

    pub(crate) fn is_new(&self) -> bool {
        self.revision.is_none()
    }

    pub(crate) async fn save(&mut self, client: &Client, name: &str) -> anyhow::Result<()> {
        let input = json!({"Document": &self, "Revision": self.revision});
        let answer = client.rest("konekuta", Method::PUT, &path(name), Some(&input)).await?;
        self.revision = answer["Revision"].as_u64();
        Ok(())
    }
}

pub(crate) async fn forget(client: &Client, name: &str) -> anyhow::Result<()> {
    client.rest("konekuta", Method::DELETE, &path(name), None).await?;
    Ok(())
}
