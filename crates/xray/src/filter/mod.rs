//! Filter expressions: which traces are asked for.
//!
//! `token.rs` splits the text, `parse.rs` makes an expression of it, `evaluate.rs` asks a trace.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html>

mod evaluate;
mod parse;
#[cfg(test)]
mod tests;
mod token;

use serde_json::Value as Json;

pub(crate) use evaluate::Asked;
pub(crate) use parse::parse;

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// A boolean is true, anything else is set.
    Is(Keyword),
    Compare(Keyword, Operator, Value),
    Service(ServicePattern, Option<Box<Expression>>),
    Edge(ServicePattern, ServicePattern, Option<Box<Expression>>),
    /// What the group of that name or ARN asks for.
    Group(GroupBy, Operator, String),
    RootCause(Cause, Part, Box<Expression>),
    /// A root cause that has these members.
    RootCauseJson(Json),
}

/// By what a group is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupBy {
    Name,
    Arn,
}

/// Of which root causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    Fault,
    Error,
}

/// Of a root cause, what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Service,
    Entity,
    Exception,
}

/// What is known of a trace, a segment or a part of a root cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Boolean(Boolean),
    Number(Number),
    Text(Text),
    /// An annotation of that key.
    Annotation(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Boolean {
    Ok,
    Error,
    Throttle,
    Fault,
    Partial,
    Inferred,
    Root,
    First,
    Last,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    ResponseTime,
    Duration,
    HttpStatus,
    Index,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    HttpUrl,
    HttpMethod,
    HttpUserAgent,
    HttpClientIp,
    User,
    Name,
    Type,
    Message,
    AvailabilityZone,
    InstanceId,
    ResourceArn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    BeginsWith,
    EndsWith,
}

/// What a keyword is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Boolean(bool),
    Number(f64),
    Text(String),
}

/// A node of the service graph, as far as it is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServicePattern {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) account: Option<String>,
}

impl Expression {
    /// The groups that it names.
    pub(crate) fn groups(&self) -> Vec<(GroupBy, &str)> {
        match self {
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::groups).collect(),
            Self::Not(inner) => inner.groups(),
            Self::Group(by, _, name) => vec![(*by, name)],
            _ => Vec::new(),
        }
    }
}
