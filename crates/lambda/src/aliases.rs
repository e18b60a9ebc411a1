//! Aliases: names for versions that can be pointed elsewhere, and divided between two versions.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use std::collections::BTreeMap;

use engine::{Error, Expect, Refusal};
use serde::{Deserialize, Serialize};
use service::ServiceError;

use crate::Lambda;
use crate::errors::{self, constraint, invalid};
use crate::function_name::{FunctionName, LATEST};
use crate::functions::Stored;
use crate::records::{self, AliasRecord, FunctionRecord, alias_key, aliases_of};

const NAME_CHARACTERS_MAX: usize = 128;
/// Weights are compared with so many steps between 0 and 1.
const STEPS: f64 = 1_000_000.0;

/// `AliasRoutingConfiguration`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoutingConfig {
    #[serde(default)]
    pub(crate) additional_version_weights: Option<BTreeMap<String, f64>>,
}

/// `AliasConfiguration`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AliasConfiguration {
    alias_arn: String,
    name: String,
    function_version: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_config: Option<Routing>,
    revision_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Routing {
    additional_version_weights: BTreeMap<String, f64>,
}

impl AliasConfiguration {
    /// As AWS shows it.
    pub(crate) fn of(function: &FunctionRecord, alias: AliasRecord) -> Self {
        Self {
            alias_arn: format!("{}:{}", function.arn, alias.name),
            name: alias.name,
            function_version: alias.version,
            description: alias.description,
            routing_config: (!alias.weights.is_empty())
                .then_some(Routing { additional_version_weights: alias.weights }),
            revision_id: alias.revision_id,
        }
    }
}

/// The version that one call goes to; `chance` is any number, each as likely as another.
pub(crate) fn choose(alias: &AliasRecord, chance: u128) -> &str {
    let Some((other, weight)) = alias.weights.iter().next() else { return &alias.version };
    // The low bits of a random id are all random.
    let step = u32::try_from(chance % 1_000_000).unwrap_or(0);
    if f64::from(step) < weight * STEPS { other } else { &alias.version }
}

/// Refuses what cannot be an alias's name. `ValidationException`.
pub(crate) fn check_name(name: &str) -> Result<(), ServiceError> {
    let fits = (1..=NAME_CHARACTERS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && !name.bytes().all(|byte| byte.is_ascii_digit());
    if fits {
        return Ok(());
    }
    let rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
    Err(constraint(name, "name", rule))
}

impl Lambda {
    /// The alias of that name and its registry revision. `ResourceNotFoundException`.
    pub(crate) async fn alias(
        &self,
        function: &FunctionRecord,
        name: &str,
    ) -> Result<(AliasRecord, u64), ServiceError> {
        check_name(name)?;
        match self.engine.get(&alias_key(function, name)).await? {
            Some(found) => Ok((records::decode(&found)?, found.revision)),
            None => {
                let message = format!("Cannot find alias arn: {}:{name}", function.arn);
                Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, message))
            }
        }
    }

    /// All aliases of a function, by name.
    pub(crate) async fn aliases(&self, function: &FunctionRecord) -> Result<Vec<AliasRecord>, Error> {
        let found = self.all_records(&aliases_of(function)).await?;
        found.iter().map(records::decode).collect()
    }

    /// Refuses an alias of versions that are not there, or that cannot be divided so.
    pub(crate) async fn check_alias(
        &self,
        function: &FunctionRecord,
        alias: &AliasRecord,
    ) -> Result<(), ServiceError> {
        self.check_version(function, &alias.version).await?;
        if alias.weights.len() > 1 {
            return Err(invalid(
                "Number of items in AdditionalVersionWeights cannot be greater than 1. Only one additional version is \
                 permitted",
            ));
        }
        for (version, weight) in &alias.weights {
            if alias.version == LATEST || version == LATEST {
                return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
            }
            if *version == alias.version {
                return Err(invalid(format!(
                    "Invalid function version {version}. Function version {version} is already included in routing \
                     configuration."
                )));
            }
            if !(0.0..=1.0).contains(weight) {
                let rule = "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, \
                            Member must have value greater than or equal to 0.0]";
                let shown = format!("{{{version}={weight}}}");
                return Err(constraint(shown, "routingConfig.additionalVersionWeights", rule));
            }
            self.check_version(function, version).await?;
        }
        Ok(())
    }

    async fn check_version(&self, function: &FunctionRecord, version: &str) -> Result<(), ServiceError> {
        let is_version = version == LATEST || version.bytes().all(|byte| byte.is_ascii_digit());
        if version.is_empty() || !is_version {
            let rule = "Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)";
            return Err(constraint(version, "functionVersion", rule));
        }
        match self.find_version(function, version).await? {
            Some(_) => Ok(()),
            None => {
                let message = format!("Function not found: {}:{version}", function.arn);
                Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, message))
            }
        }
    }

    /// Stores an alias under a condition. `ResourceConflictException`.
    pub(crate) async fn store_alias(
        &self,
        function: &FunctionRecord,
        alias: &AliasRecord,
        expect: Expect,
    ) -> Result<(), ServiceError> {
        let put = self.engine.put(alias_key(function, &alias.name), records::encode(alias), expect).await;
        match put {
            Ok(_) => Ok(()),
            Err(Error::Refused(Refusal::RecordChanged(_))) if expect == Expect::Absent => {
                let message = format!("Alias already exists: {}:{}", function.arn, alias.name);
                Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message))
            }
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                Err(crate::functions::update_in_progress(&function.arn))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The function whose aliases are meant. `ResourceNotFoundException`.
    pub(crate) async fn aliased(
        &self,
        name: &str,
        context: &service::Context,
    ) -> Result<Stored, ServiceError> {
        let name = FunctionName::parse(name, None, &context.caller)?;
        let found = self.find_function(&name.arn).await?;
        found.ok_or_else(|| errors::function_not_found(&name.arn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(weights: &[(&str, f64)]) -> AliasRecord {
        AliasRecord {
            name: "live".to_owned(),
            version: "1".to_owned(),
            description: String::new(),
            weights: weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect(),
            revision_id: String::new(),
        }
    }

    #[test]
    fn calls_are_divided_by_weight() {
        let divided = alias(&[("2", 0.25)]);
        let second =
            (0..1_000_000_u128).step_by(1000).filter(|chance| choose(&divided, *chance) == "2").count();
        assert_eq!(second, 250);
        assert_eq!(choose(&alias(&[("2", 0.0)]), 0), "1");
        assert_eq!(choose(&alias(&[("2", 1.0)]), 999_999), "2");
        assert_eq!(choose(&alias(&[]), 0), "1");
    }

    #[test]
    fn a_number_is_no_name_of_an_alias() {
        assert!(check_name("live-1").is_ok());
        for wrong in ["", "1", "a b", "$LATEST"] {
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
    }
}
