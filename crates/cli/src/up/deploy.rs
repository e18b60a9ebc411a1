//! Carrying a plan out: each resource created, updated, replaced or left, in order; then what the template no longer
//! holds is removed, in the reverse order. The record is stored after every change, so a failure in between is known.

use std::path::PathBuf;

use anyhow::Context as _;
use client::Client;
use serde_json::{Map, Value as Json};
use template::{Plan, Resource, ResourceValues, Scope, TemplateError, evaluate};

use super::package::{self, Code};
use super::record::{ResourceRecord, StackRecord};
use super::report::{self, Change};
use super::{Site, resources};

/// One run of `up`.
pub(super) struct Deploy {
    client: Client,
    stack_name: String,
    /// The template's folder: code paths are relative to it.
    folder: PathBuf,
    file: String,
    record: StackRecord,
}

/// A resource with its functions evaluated and its code packaged.
struct Desired<'a> {
    resource: &'a Resource,
    properties: Json,
    code: Option<Code>,
}

impl Deploy {
    pub(super) async fn new(
        client: Client,
        stack_name: String,
        folder: PathBuf,
        file: String,
    ) -> anyhow::Result<Self> {
        let record = StackRecord::load(&client, &stack_name).await?;
        Ok(Self { client, stack_name, folder, file, record })
    }

    pub(super) async fn run(mut self, plan: &Plan, mut scope: Scope) -> anyhow::Result<()> {
        for resource in &plan.resources {
            report::accepted(resource);
            let values = self.bring_up(resource, &scope).await.with_context(|| {
                format!(
                    "{}:{}: resource {} ({})",
                    self.file, resource.line, resource.logical_id, resource.kind.name
                )
            })?;
            scope.resources.insert(resource.logical_id.clone(), values);
        }
        self.remove_others(plan, &scope).await?;
        for output in &plan.outputs {
            let value = evaluate(&output.value, &scope).map_err(|error| error.in_file(&self.file))?;
            println!("{:<10} {:<34} {}", "output", output.name, value.as_str().unwrap_or(&value.to_string()));
        }
        Ok(())
    }

    async fn bring_up(&mut self, resource: &Resource, scope: &Scope) -> anyhow::Result<ResourceValues> {
        let named = |error: TemplateError| error.in_file(&self.file);
        let properties = evaluate(&resource.properties, scope).map_err(named)?;
        let code = package::package(resource, &properties, &self.folder).await?;
        let desired = Desired { resource, properties, code };
        let site = self.site(&resource.logical_id, scope);
        let existing = self.record.resources.get(&resource.logical_id).cloned();
        let (change, values) = desired.reach(&site, existing.as_ref()).await?;
        report::line(change, resource.kind.name, &resource.logical_id, &values.reference);
        if change != Change::Unchanged {
            let order = existing.map_or_else(|| self.next_order(), |record| record.order);
            let record = ResourceRecord {
                kind: resource.kind.name.to_owned(),
                properties: desired.properties,
                code_digest: desired.code.map(|code| code.digest),
                values: values.clone(),
                order,
            };
            self.record.resources.insert(resource.logical_id.clone(), record);
            self.record.save(&self.client, &self.stack_name).await?;
        }
        Ok(values)
    }

    fn next_order(&self) -> usize {
        self.record.resources.values().map(|record| record.order + 1).max().unwrap_or(0)
    }

    fn site(&self, logical_id: &str, scope: &Scope) -> Site {
        Site {
            client: self.client.clone(),
            deployment: scope.deployment.clone(),
            logical_id: logical_id.to_owned(),
        }
    }

    async fn remove_others(&mut self, plan: &Plan, scope: &Scope) -> anyhow::Result<()> {
        let kept = |id: &String| plan.resources.iter().any(|resource| resource.logical_id == *id);
        let mut others: Vec<(usize, String)> = self
            .record
            .resources
            .iter()
            .filter(|(id, _)| !kept(id))
            .map(|(id, record)| (record.order, id.clone()))
            .collect();
        others.sort_unstable_by(|left, right| right.cmp(left));
        for (_, id) in others {
            let Some(record) = self.record.resources.get(&id).cloned() else { continue };
            let site = self.site(&id, scope);
            resources::delete(&site, &record)
                .await
                .with_context(|| format!("cannot delete {id} ({})", record.kind))?;
            report::line(Change::Deleted, &record.kind, &id, &record.values.reference);
            self.record.resources.remove(&id);
            self.record.save(&self.client, &self.stack_name).await?;
        }
        Ok(())
    }
}

impl Desired<'_> {
    /// Creates, updates, replaces, or finds nothing to do.
    async fn reach(
        &self,
        site: &Site,
        existing: Option<&ResourceRecord>,
    ) -> anyhow::Result<(Change, ResourceValues)> {
        let kind = self.resource.kind.name;
        let code = self.code.as_ref();
        let Some(existing) = existing.filter(|record| record.kind == kind) else {
            if let Some(other) = existing {
                resources::delete(site, other).await?;
            }
            return Ok((Change::Created, resources::create(site, kind, &self.properties, code).await?));
        };
        let changed = changed(&existing.properties, &self.properties);
        let same_code = existing.code_digest == code.map(|code| code.digest.clone());
        if changed.is_empty() && same_code {
            return Ok((Change::Unchanged, existing.values.clone()));
        }
        let other_code = !same_code && resources::is_its_code(kind);
        if other_code || changed.iter().any(|name| resources::is_identity(kind, name)) {
            resources::delete(site, existing).await?;
            return Ok((Change::Replaced, resources::create(site, kind, &self.properties, code).await?));
        }
        let code = code.filter(|_| !same_code);
        resources::update(site, existing, &self.properties, code).await?;
        Ok((Change::Updated, existing.values.clone()))
    }
}

/// The names of properties that differ, in either direction.
fn changed(old: &Json, new: &Json) -> Vec<String> {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let names = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name)));
    names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changed;

    #[test]
    fn properties_that_came_went_or_differ_have_changed() {
        let old = json!({"A": 1, "B": 2, "C": 3});
        let new = json!({"A": 1, "B": 5, "D": 4});
        assert_eq!(changed(&old, &new), ["B", "C", "D"]);
        assert!(changed(&old, &old).is_empty());
    }
}
