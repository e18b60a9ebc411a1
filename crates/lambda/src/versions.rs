//! Published versions: a function's code and configuration as they were, under a number that never changes its meaning.
//!
//! A version's record is written first and counts once the function's own record says that it was published.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html>

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use engine::{Error, Expect};

use crate::Lambda;
use crate::function_name::LATEST;
use crate::records::{self, Code, FunctionRecord, LastUpdate, State, alias_key, version_key, versions_of};

impl Lambda {
    /// The record that a qualifier stands for; `$LATEST` where there is none. Of an alias of two versions, one of them
    /// by its weight.
    pub(crate) async fn resolve(
        &self,
        function: &Arc<FunctionRecord>,
        qualifier: Option<&str>,
    ) -> Result<Option<Arc<FunctionRecord>>, Error> {
        let Some(qualifier) = qualifier.filter(|qualifier| *qualifier != LATEST) else {
            return Ok(Some(Arc::clone(function)));
        };
        if qualifier.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(self.find_version(function, qualifier).await?.map(Arc::new));
        }
        let Some(alias) = self.engine.get(&alias_key(function, qualifier)).await? else { return Ok(None) };
        let alias = records::decode(&alias)?;
        let number = crate::aliases::choose(&alias, self.ids.uuid().as_u128());
        Ok(self.find_version(function, number).await?.map(Arc::new))
    }

    /// A version by its number, or `$LATEST`.
    pub(crate) async fn find_version(
        &self,
        function: &FunctionRecord,
        number: &str,
    ) -> Result<Option<FunctionRecord>, Error> {
        if number == LATEST {
            return Ok(Some(function.clone()));
        }
        let Some(number) = number.parse().ok().filter(|number| *number <= function.published) else {
            return Ok(None);
        };
        let found = self.engine.get(&version_key(function, number)).await?;
        found.as_ref().map(records::decode).transpose()
    }

    /// All published versions of a function, in order.
    pub(crate) async fn versions(&self, function: &FunctionRecord) -> Result<Vec<FunctionRecord>, Error> {
        if function.published == 0 {
            return Ok(Vec::new());
        }
        let mut versions: Vec<FunctionRecord> = Vec::new();
        for record in self.all_records(&versions_of(function)).await? {
            let version: FunctionRecord = records::decode(&record)?;
            if version.version.parse().is_ok_and(|number: u64| number <= function.published) {
                versions.push(version);
            }
        }
        Ok(versions)
    }

    /// Writes the next version of a function, which is published once the changed function is stored.
    pub(crate) async fn publish(
        &self,
        function: &mut FunctionRecord,
        description: Option<String>,
    ) -> Result<FunctionRecord, Error> {
        let number = function.published + 1;
        let version = FunctionRecord {
            version: number.to_string(),
            description: description.unwrap_or_else(|| function.description.clone()),
            revision_id: self.ids.uuid().to_string(),
            state: State::Pending,
            last_update: LastUpdate::Successful,
            published: 0,
            tags: BTreeMap::new(),
            policy: BTreeMap::new(),
            reserved_concurrency: None,
            event_invoke: None,
            recursive_loop: None,
            qualified: BTreeMap::new(),
            ..function.clone()
        };
        self.engine.put(version_key(function, number), records::encode(&version), Expect::Anything).await?;
        function.published = number;
        Ok(version)
    }

    /// Removes a package that neither the function nor a version of it is made of any more.
    pub(crate) async fn release_package(&self, function: &FunctionRecord, code: &Code) -> Result<(), Error> {
        let versions = self.versions(function).await?;
        let used = std::iter::once(function).chain(&versions).any(|record| record.code.blob == code.blob);
        if used { Ok(()) } else { self.forget_package(code).await }
    }

    /// Removes a package. An image has none.
    pub(crate) async fn forget_package(&self, code: &Code) -> Result<(), Error> {
        if code.is_image() { Ok(()) } else { self.engine.delete_blob(&code.blob).await }
    }

    /// The packages that published versions are made of, by their digests.
    pub(crate) async fn published_packages(
        &self,
        function: &FunctionRecord,
    ) -> Result<HashSet<String>, Error> {
        let Some(stored) = self.find_function(&function.arn).await? else { return Ok(HashSet::new()) };
        let versions = self.versions(&stored.record).await?;
        Ok(versions.into_iter().map(|version| version.code.sha256).collect())
    }
}

/// Whether a version would be no other than one that was published: AWS then publishes none.
pub(crate) fn is_unchanged(function: &FunctionRecord, version: &FunctionRecord) -> bool {
    let published = FunctionRecord {
        version: function.version.clone(),
        published: function.published,
        description: function.description.clone(),
        last_modified: function.last_modified,
        revision_id: function.revision_id.clone(),
        environment_revision: function.environment_revision,
        state: function.state.clone(),
        last_update: function.last_update.clone(),
        tags: function.tags.clone(),
        policy: function.policy.clone(),
        reserved_concurrency: function.reserved_concurrency,
        event_invoke: function.event_invoke.clone(),
        recursive_loop: function.recursive_loop.clone(),
        qualified: function.qualified.clone(),
        code: Code { blob: function.code.blob.clone(), ..version.code.clone() },
        ..version.clone()
    };
    published == *function
}
