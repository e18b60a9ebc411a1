//! The layers of a function: which it may have, and whether they are still in use.

use std::collections::HashMap;

use engine::{BlobId, Error, Expect};
use service::{Caller, ServiceError};

use super::{LAYER_VERSIONS, LayerVersionRecord, split_version};
use crate::Lambda;
use crate::errors::{self, constraint, invalid};
use crate::limits::{LAYERS_MAX, UNZIPPED_BYTES_MAX};
use crate::records::{self, FUNCTIONS, FunctionRecord, LayerUse, VERSIONS};

impl Lambda {
    /// The layers that a function is to have, in their order. `InvalidParameterValueException`,
    /// `AccessDeniedException`.
    pub(crate) async fn layers(
        &self,
        arns: &[String],
        caller: &Caller,
    ) -> Result<Vec<LayerUse>, ServiceError> {
        if arns.len() > LAYERS_MAX {
            return Err(invalid(format!("Cannot reference more than {LAYERS_MAX} layers.")));
        }
        let (mut layers, mut seen) = (Vec::new(), HashMap::new());
        for arn in arns {
            let (layer, version) = split_version(arn).ok_or_else(|| not_an_arn(arns))?;
            if layer.region() != caller.region.as_str() {
                return Err(invalid(format!(
                    "Layers are not in the same region as the function. Layers are expected to be in region {}.",
                    caller.region
                )));
            }
            if let Some(other) = seen.insert(layer.to_string(), arn) {
                return Err(invalid(format!(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. \
                     {other} and {arn}"
                )));
            }
            let found = self.find_layer_version(&layer, version).await?;
            let found = found.filter(|(record, _)| !record.deleted);
            let (record, _) = found.ok_or_else(|| invalid(format!("Layer version {arn} does not exist.")))?;
            check_allowed(&record, caller)?;
            layers.push(LayerUse { arn: arn.clone(), code: record.code });
        }
        Ok(layers)
    }

    /// Whether a function or version is made of that package.
    async fn layer_is_used(&self, blob: &BlobId) -> Result<bool, Error> {
        for prefix in [FUNCTIONS, VERSIONS] {
            for record in self.all_records(prefix).await? {
                let function: FunctionRecord = records::decode(&record)?;
                if function.layers.iter().any(|layer| layer.code.blob == *blob) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Hides a version, and removes it with its package if no function uses it.
    pub(crate) async fn delete_layer_version(&self, mut record: LayerVersionRecord) -> Result<(), Error> {
        // Hidden first: from now on no function can begin to use it.
        record.deleted = true;
        self.engine.put(record.key(), records::encode(&record), Expect::Anything).await?;
        if self.layer_is_used(&record.code.blob).await? {
            return Ok(());
        }
        self.engine.delete(record.key(), Expect::Anything).await?;
        self.engine.delete_blob(&record.code.blob).await
    }

    /// Removes what was deleted while functions used it and is used no more.
    pub(crate) async fn sweep_layers(&self) -> Result<(), Error> {
        for found in self.all_records(LAYER_VERSIONS).await? {
            let record: LayerVersionRecord = records::decode(&found)?;
            if record.deleted {
                self.delete_layer_version(record).await?;
            }
        }
        Ok(())
    }
}

/// Refuses a function that is too large together with its layers.
pub(crate) fn check_size(function: &FunctionRecord) -> Result<(), ServiceError> {
    let layers: u64 = function.layers.iter().map(|layer| layer.code.unzipped).sum();
    let all = function.code.unzipped.saturating_add(layers);
    if all <= UNZIPPED_BYTES_MAX {
        return Ok(());
    }
    Err(invalid(format!(
        "Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_BYTES_MAX} bytes. The actual \
         size is {all} bytes."
    )))
}

/// Layers of another account need its permission.
fn check_allowed(record: &LayerVersionRecord, caller: &Caller) -> Result<(), ServiceError> {
    let account = caller.account.as_str();
    let root = format!("arn:aws:iam::{account}:root");
    let allows = |statement: &serde_json::Value| {
        let principal = &statement["Principal"];
        *principal == "*" || principal["AWS"] == root.as_str() || principal["AWS"] == account
    };
    if record.layer.account() == account || record.policy.values().any(allows) {
        return Ok(());
    }
    let message = format!(
        "User: {root} is not authorized to perform: lambda:GetLayerVersion on resource: {} because no resource-based \
         policy allows the lambda:GetLayerVersion action",
        record.arn()
    );
    Err(ServiceError::new(&errors::ACCESS_DENIED, message))
}

fn not_an_arn(arns: &[String]) -> ServiceError {
    let rule = "Member must satisfy constraint: [Member must satisfy regular expression pattern: \
                (arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:\
                [a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)]";
    constraint(format!("[{}]", arns.join(", ")), "layers", rule)
}
