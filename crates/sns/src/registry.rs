//! Records of any kind: read, changed, listed by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::{Error, Expect, RecordKey, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;
use service::ServiceError;

use crate::{Sns, errors, records};

/// Somebody else may change the same record at the same time; each try reads it anew.
const TRIES_MAX: usize = 10;

/// What a token begins with, once it is decoded.
const TOKEN: &str = "1:";

fn decode(token: &str) -> Result<String, ServiceError> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let after = text.as_deref().and_then(|text| text.strip_prefix(TOKEN));
    after.map(str::to_owned).ok_or_else(|| errors::invalid("NextToken"))
}

/// Some records, and where the next page begins.
pub(crate) struct Paged<T> {
    pub(crate) records: Vec<T>,
    pub(crate) next_token: Option<String>,
}

impl Sns {
    /// A record with its revision.
    pub(crate) async fn record<T: DeserializeOwned>(
        &self,
        key: &RecordKey,
    ) -> Result<Option<(T, u64)>, ServiceError> {
        match self.engine.get(key).await? {
            Some(record) => Ok(Some((records::decode(&record.value)?, record.revision))),
            None => Ok(None),
        }
    }

    /// Stores a record that is not there yet; whether it was not.
    pub(crate) async fn add<T: Serialize>(&self, key: RecordKey, record: &T) -> Result<bool, ServiceError> {
        self.put(key, record, Expect::Absent).await
    }

    /// Changes a record and answers it.
    pub(crate) async fn change<T: Serialize + DeserializeOwned>(
        &self,
        key: &RecordKey,
        missing: impl Fn() -> ServiceError,
        change: impl Fn(&mut T) -> Result<(), ServiceError>,
    ) -> Result<T, ServiceError> {
        for _ in 0..TRIES_MAX {
            let (mut record, revision) = self.record(key).await?.ok_or_else(&missing)?;
            change(&mut record)?;
            if self.put(key.clone(), &record, Expect::Revision(revision)).await? {
                return Ok(record);
            }
        }
        Err(ServiceError::internal(format!("record {key} kept changing")))
    }

    /// A page of records below a prefix. A token is what follows the prefix in the key of the last record shown, as
    /// opaque text.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        prefix: &str,
        next_token: Option<String>,
        limit: usize,
    ) -> Result<Paged<T>, ServiceError> {
        let after = next_token.map(|token| decode(&token)).transpose()?;
        let after = after.map(|after| format!("{prefix}{after}"));
        let found = self.engine.list(prefix, after.as_deref(), limit + 1).await?;
        let shown = &found[..found.len().min(limit)];
        let last = shown.last().filter(|_| found.len() > limit);
        let next_token = last.and_then(|record| record.key.as_str().strip_prefix(prefix));
        let next_token = next_token.map(|after| URL_SAFE_NO_PAD.encode([TOKEN, after].concat()));
        let records: Result<Vec<T>, _> = shown.iter().map(|record| records::decode(&record.value)).collect();
        Ok(Paged { records: records?, next_token })
    }

    async fn put<T: Serialize>(
        &self,
        key: RecordKey,
        record: &T,
        expect: Expect,
    ) -> Result<bool, ServiceError> {
        match self.engine.put(key, records::encode(record), expect).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(Refusal::RecordChanged(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
