//! Sampling rules, by priority. The default rule is always there: one request a second, and 5 % of all others.

use engine::{Error, Expect, RecordKey, Refusal, Timestamp};
use serde::Deserialize;
use service::{Context, ServiceError};

use super::shape::{NewRule, RuleUpdate, check};
use crate::Xray;
use crate::errors::{invalid, too_many_rules};
use crate::limits::{REGISTRY_PAGE, RULES_MAX};
use crate::records::{self, RuleRecord};

/// The rule for what no other is for.
const DEFAULT: &str = "Default";
const DEFAULT_PRIORITY: u32 = 10_000;

/// By which a rule is named in a request: one of the two.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RuleId {
    rule_name: Option<String>,
    #[serde(rename = "RuleARN")]
    rule_arn: Option<String>,
}

fn arn(context: &Context, name: &str) -> String {
    let (region, account) = (context.caller.region, context.caller.account);
    format!("arn:aws:xray:{region}:{account}:sampling-rule/{name}")
}

fn default_rule(context: &Context) -> RuleRecord {
    let any = || "*".to_owned();
    RuleRecord {
        name: DEFAULT.to_owned(),
        arn: arn(context, DEFAULT),
        resource_arn: any(),
        priority: DEFAULT_PRIORITY,
        fixed_rate: 0.05,
        reservoir_size: 1,
        service_name: any(),
        service_type: any(),
        host: any(),
        http_method: any(),
        url_path: any(),
        attributes: std::collections::BTreeMap::new(),
        created: Timestamp(0),
        modified: Timestamp(0),
    }
}

impl Xray {
    /// All rules in the order in which they are tried.
    pub(crate) async fn rules(&self, context: &Context) -> Result<Vec<RuleRecord>, ServiceError> {
        let found = self.engine.list(records::RULES, None, REGISTRY_PAGE).await?;
        let mut rules: Vec<RuleRecord> = found.iter().map(records::decode).collect::<Result<_, _>>()?;
        if !rules.iter().any(|rule| rule.name == DEFAULT) {
            rules.push(default_rule(context));
        }
        rules.sort_by(|one, other| (one.priority, &one.name).cmp(&(other.priority, &other.name)));
        Ok(rules)
    }

    /// When the rules were last changed; 1970 for never.
    pub(crate) async fn rules_changed(&self) -> Result<Timestamp, ServiceError> {
        let record = self.engine.get(&RecordKey::new(records::RULES_CHANGED)).await?;
        Ok(record.as_ref().map(records::decode).transpose()?.unwrap_or_default())
    }

    async fn tell_changed(&self, now: Timestamp) -> Result<(), ServiceError> {
        let key = RecordKey::new(records::RULES_CHANGED);
        self.engine.put(key, records::encode(&now), Expect::Anything).await?;
        Ok(())
    }

    pub(crate) async fn rule(&self, context: &Context, id: &RuleId) -> Result<RuleRecord, ServiceError> {
        let rules = self.rules(context).await?.into_iter();
        let mut rules = rules.filter(|rule| match (&id.rule_name, &id.rule_arn) {
            (Some(name), _) => rule.name == *name,
            (None, Some(arn)) => rule.arn == *arn,
            (None, None) => false,
        });
        match (&id.rule_name, &id.rule_arn) {
            (None, None) | (Some(_), Some(_)) => {
                Err(invalid("Specify a rule by either name or ARN, but not both"))
            }
            _ => rules.next().ok_or_else(|| invalid("Sampling rule does not exist")),
        }
    }

    pub(crate) async fn create_rule(
        &self,
        context: &Context,
        new: NewRule,
    ) -> Result<RuleRecord, ServiceError> {
        let (Some(name), None) = (new.rule_name, new.rule_arn) else {
            return Err(invalid("A new sampling rule has a RuleName and no RuleARN"));
        };
        if new.version != 1 {
            return Err(invalid("The version of a sampling rule is 1"));
        }
        refuse_boost(new.sampling_rate_boost.is_some())?;
        let record = RuleRecord {
            arn: arn(context, &name),
            resource_arn: new.resource_arn,
            priority: new.priority,
            fixed_rate: new.fixed_rate,
            reservoir_size: new.reservoir_size,
            service_name: new.service_name,
            service_type: new.service_type,
            host: new.host,
            http_method: new.http_method,
            url_path: new.url_path,
            attributes: new.attributes.unwrap_or_default(),
            created: context.now,
            modified: context.now,
            name,
        };
        check(&record, false)?;
        let rules = self.rules(context).await?;
        if record.name == DEFAULT || rules.iter().any(|rule| rule.name == record.name) {
            return Err(invalid(format!("A sampling rule named {} already exists", record.name)));
        }
        if rules.len() > RULES_MAX {
            return Err(too_many_rules());
        }
        match self.engine.put(records::rule_key(&record.name), records::encode(&record), Expect::Absent).await
        {
            Err(Error::Refused(Refusal::RecordChanged(_))) => {
                return Err(invalid(format!("A sampling rule named {} already exists", record.name)));
            }
            put => put?,
        };
        self.tell_changed(context.now).await?;
        Ok(record)
    }

    pub(crate) async fn update_rule(
        &self,
        context: &Context,
        update: RuleUpdate,
    ) -> Result<RuleRecord, ServiceError> {
        let id = RuleId { rule_name: update.rule_name.clone(), rule_arn: update.rule_arn.clone() };
        let old = self.rule(context, &id).await?;
        let is_default = old.name == DEFAULT;
        refuse_boost(update.sampling_rate_boost.is_some())?;
        let record = RuleRecord {
            resource_arn: update.resource_arn.unwrap_or(old.resource_arn),
            priority: update.priority.unwrap_or(old.priority),
            fixed_rate: update.fixed_rate.unwrap_or(old.fixed_rate),
            reservoir_size: update.reservoir_size.unwrap_or(old.reservoir_size),
            service_name: update.service_name.unwrap_or(old.service_name),
            service_type: update.service_type.unwrap_or(old.service_type),
            host: update.host.unwrap_or(old.host),
            http_method: update.http_method.unwrap_or(old.http_method),
            url_path: update.url_path.unwrap_or(old.url_path),
            attributes: update.attributes.unwrap_or(old.attributes),
            modified: context.now,
            ..old
        };
        let plain = RuleRecord {
            fixed_rate: record.fixed_rate,
            reservoir_size: record.reservoir_size,
            created: record.created,
            modified: record.modified,
            arn: record.arn.clone(),
            ..default_rule(context)
        };
        if is_default && plain != record {
            return Err(invalid("Of the default rule, only FixedRate and ReservoirSize can be changed"));
        }
        check(&record, is_default)?;
        self.engine.put(records::rule_key(&record.name), records::encode(&record), Expect::Anything).await?;
        self.tell_changed(context.now).await?;
        Ok(record)
    }

    pub(crate) async fn delete_rule(
        &self,
        context: &Context,
        id: &RuleId,
    ) -> Result<RuleRecord, ServiceError> {
        let record = self.rule(context, id).await?;
        if record.name == DEFAULT {
            return Err(invalid("The default rule cannot be deleted"));
        }
        self.engine.delete(records::rule_key(&record.name), Expect::Anything).await?;
        self.tell_changed(context.now).await?;
        Ok(record)
    }
}

fn refuse_boost(asked: bool) -> Result<(), ServiceError> {
    if asked { Err(invalid("SamplingRateBoost is not supported by Konekuta")) } else { Ok(()) }
}
