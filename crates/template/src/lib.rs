//! SAM and CloudFormation templates: read, checked, expanded and ordered into a plan. Pure: nothing is created here.
//!
//! `read` gives a `Template`; `Template::plan` expands SAM, drops what its conditions switch off, checks every property
//! and reference, and orders resources so that each comes after those it needs. Properties still hold intrinsic
//! functions then: `evaluate` resolves them once the resources they name exist.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>

mod check;
mod conditions;
mod document;
mod error;
mod intrinsics;
mod parameters;
mod plan;
mod references;
mod resource_types;
mod sam;
mod scope;
mod sections;
mod topic_subscriptions;

pub use document::{Node, Value};
pub use error::TemplateError;
pub use intrinsics::evaluate;
pub use plan::{Output, Plan, Resource};
pub use resource_types::{RESOURCE_TYPES, ResourceType, resource_type};
pub use scope::{Deployment, ResourceValues, Scope};
pub use sections::{Template, read};
