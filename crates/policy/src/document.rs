//! A policy's document as it is read.

use std::collections::HashSet;

use serde_json::{Map, Value as Json};

use crate::condition::{self, Condition};
use crate::principal::{self, Principal};

/// Why a document is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON, or not an object.
    #[error("failed to parse JSON")]
    Json,
    /// `Version` is neither of the two there are.
    #[error("unknown Version")]
    Version,
    /// An element that a policy or statement does not have.
    #[error("unknown element {0}")]
    Element(String),
    /// There is none.
    #[error("Statement is missing")]
    NoStatement,
    /// A statement is no object.
    #[error("a statement must be an object")]
    Statement,
    /// Two statements share an id.
    #[error("statement ids must be unique")]
    SidTwice,
    /// Neither `Allow` nor `Deny`.
    #[error("Effect must be Allow or Deny")]
    Effect,
    /// No principal, or not of a known form.
    #[error("PrincipalNotFound")]
    Principal,
    /// Neither `Action` nor `NotAction`, or both, or not texts.
    #[error("a statement needs actions")]
    Action,
    /// The same of resources.
    #[error("a statement needs resources")]
    Resource,
    /// An operator that there is not, or values that it cannot compare.
    #[error("invalid condition {0}")]
    Condition(String),
}

/// Names, or all names but these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names<T = String> {
    pub(crate) not: bool,
    pub(crate) names: Vec<T>,
}

impl<T> Names<T> {
    pub(crate) fn any(&self, is: impl Fn(&T) -> bool) -> bool {
        self.names.iter().any(is) != self.not
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) denies: bool,
    pub(crate) principals: Names<Principal>,
    pub(crate) actions: Names,
    pub(crate) resources: Names,
    pub(crate) conditions: Vec<Condition>,
}

impl Statement {
    /// Its actions as they are written; with `NotAction` those that it leaves out.
    pub fn actions(&self) -> &[String] {
        &self.actions.names
    }

    /// Its resources, likewise.
    pub fn resources(&self) -> &[String] {
        &self.resources.names
    }

    /// How many principals it names.
    pub fn principals(&self) -> usize {
        self.principals.names.len()
    }

    /// How many conditions it has.
    pub fn conditions(&self) -> usize {
        self.conditions.len()
    }
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(crate) statements: Vec<Statement>,
    /// Its `Version` is 2012-10-17: before, `${…}` was plain text.
    pub(crate) variables: bool,
}

impl Policy {
    /// Reads a document.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Json = serde_json::from_str(text).map_err(|_| PolicyError::Json)?;
        let object = document.as_object().ok_or(PolicyError::Json)?;
        known(object, &["Version", "Id", "Statement"])?;
        let variables = match object.get("Version").map(Json::as_str) {
            None | Some(Some("2008-10-17")) => false,
            Some(Some("2012-10-17")) => true,
            Some(_) => return Err(PolicyError::Version),
        };
        let statements = match object.get("Statement") {
            Some(Json::Array(items)) => items.iter().map(statement).collect::<Result<Vec<_>, _>>()?,
            Some(one) => vec![statement(one)?],
            None => Vec::new(),
        };
        let mut sids = HashSet::new();
        if !statements.iter().filter_map(|statement| statement.sid.as_ref()).all(|sid| sids.insert(sid)) {
            return Err(PolicyError::SidTwice);
        }
        if statements.is_empty() { Err(PolicyError::NoStatement) } else { Ok(Self { statements, variables }) }
    }

    /// Its statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

fn known(object: &Map<String, Json>, names: &[&str]) -> Result<(), PolicyError> {
    let unknown = object.keys().find(|name| !names.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(PolicyError::Element(name.clone())))
}

/// A text or a list of texts.
pub(crate) fn texts(value: &Json) -> Option<Vec<String>> {
    match value {
        Json::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        one => one.as_str().map(|text| vec![text.to_owned()]),
    }
}

const ELEMENTS: &[&str] = &[
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn statement(value: &Json) -> Result<Statement, PolicyError> {
    let object = value.as_object().ok_or(PolicyError::Statement)?;
    known(object, ELEMENTS)?;
    let denies = match object.get("Effect").and_then(Json::as_str) {
        Some("Allow") => false,
        Some("Deny") => true,
        _ => return Err(PolicyError::Effect),
    };
    let (not, principals) = element(object, "Principal", "NotPrincipal").ok_or(PolicyError::Principal)?;
    let conditions = match object.get("Condition") {
        Some(conditions) => condition::parse(conditions)?,
        None => Vec::new(),
    };
    Ok(Statement {
        sid: object.get("Sid").and_then(Json::as_str).map(str::to_owned),
        denies,
        principals: Names { not, names: principal::parse(principals)? },
        actions: names(object, "Action", "NotAction").ok_or(PolicyError::Action)?,
        resources: names(object, "Resource", "NotResource").ok_or(PolicyError::Resource)?,
        conditions,
    })
}

/// An element or its negation; `None` if there is neither, or both.
fn element<'a>(object: &'a Map<String, Json>, name: &str, negated: &str) -> Option<(bool, &'a Json)> {
    match (object.get(name), object.get(negated)) {
        (Some(value), None) => Some((false, value)),
        (None, Some(value)) => Some((true, value)),
        _ => None,
    }
}

fn names(object: &Map<String, Json>, name: &str, negated: &str) -> Option<Names> {
    let (not, value) = element(object, name, negated)?;
    let names = texts(value).filter(|names| !names.is_empty())?;
    Some(Names { not, names })
}
