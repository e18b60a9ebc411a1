//! What names mean while functions are evaluated.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::document::Node;

/// Where and as what the template is brought up: the pseudo parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// `AWS::StackId`.
    pub stack_id: String,
}

/// What `Ref` and `Fn::GetAtt` yield for a resource that exists.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ResourceValues {
    /// `Ref`.
    pub reference: String,
    /// `Fn::GetAtt`, by attribute.
    pub attributes: BTreeMap<String, String>,
}

/// All names: parameters, pseudo parameters, mappings, conditions, and the resources that exist already.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The pseudo parameters.
    pub deployment: Deployment,
    /// As given by the user; after `Template::plan` also the defaults, typed.
    pub parameters: BTreeMap<String, Json>,
    /// Filled while resources come into being.
    pub resources: BTreeMap<String, ResourceValues>,
    pub(crate) mappings: Vec<(String, Node)>,
    pub(crate) conditions: BTreeMap<String, bool>,
}

impl Scope {
    /// Parameters as the user gave them, all text.
    pub fn new(deployment: Deployment, parameters: BTreeMap<String, String>) -> Self {
        Self {
            deployment,
            parameters: parameters.into_iter().map(|(name, value)| (name, Json::String(value))).collect(),
            resources: BTreeMap::new(),
            mappings: Vec::new(),
            conditions: BTreeMap::new(),
        }
    }

    /// A pseudo parameter's value. `AWS::NoValue` is no value and handled by the evaluation.
    pub(crate) fn pseudo_parameter(&self, name: &str) -> Option<Json> {
        let text = match name {
            "AWS::AccountId" => &self.deployment.account,
            "AWS::Region" => &self.deployment.region,
            "AWS::StackName" => &self.deployment.stack_name,
            "AWS::StackId" => &self.deployment.stack_id,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::NotificationARNs" => return Some(Json::Array(Vec::new())),
            _ => return None,
        };
        Some(Json::String(text.to_owned()))
    }
}
