//! Whether a trace is what an expression asks for.

use serde_json::Value as Json;

use super::{
    Boolean, Cause, Expression, GroupBy, Keyword, Number, Operator, Part, ServicePattern, Text, Value,
};
use crate::document::Document;
use crate::trace::{Nodes, RootCause, Service, Trace, root_causes, round};

/// A trace with what expressions ask for again and again.
pub(crate) struct Asked<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) nodes: &'a Nodes<'a>,
    /// What groups of a name or ARN ask for.
    pub(crate) group: &'a dyn Fn(GroupBy, &str) -> Option<Expression>,
}

/// Of what a keyword tells.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Trace(&'a Asked<'a>),
    /// A segment or subsegment, whether it is inferred, and whether it is a root.
    Segment(&'a Document, bool, bool),
    /// A part of a root cause.
    Part(&'a CausePart<'a>),
}

/// A service, entity or exception in a list of its kind.
struct CausePart<'a> {
    name: &'a str,
    kind: Option<&'a str>,
    message: Option<&'a str>,
    inferred: bool,
    remote: bool,
    index: usize,
    of: usize,
}

/// Groups within groups.
const GROUPS_DEEP_MAX: usize = 4;

impl Expression {
    /// Whether a trace fits.
    pub(crate) fn fits(&self, asked: &Asked<'_>) -> bool {
        holds(self, Subject::Trace(asked), asked, 0)
    }
}

fn holds(expression: &Expression, subject: Subject<'_>, asked: &Asked<'_>, deep: usize) -> bool {
    let within = |filter: &Option<Box<Expression>>, subject: Subject<'_>| {
        filter.as_ref().is_none_or(|filter| holds(filter, subject, asked, deep))
    };
    match expression {
        Expression::All(all) => all.iter().all(|one| holds(one, subject, asked, deep)),
        Expression::Any(any) => any.iter().any(|one| holds(one, subject, asked, deep)),
        Expression::Not(inner) => !holds(inner, subject, asked, deep),
        Expression::Is(keyword) => is(keyword, subject),
        Expression::Compare(keyword, operator, value) => compare(keyword, *operator, value, subject),
        Expression::Service(pattern, filter) => asked.nodes.served.iter().any(|served| {
            pattern.fits(&served.service)
                && within(filter, Subject::Segment(served.document, served.inferred, served.root))
        }),
        Expression::Edge(from, to, filter) => asked.nodes.calls.iter().any(|call| {
            let client = || Service::client_of(&call.to);
            from.fits(call.from.as_ref().unwrap_or(&client()))
                && to.fits(&call.to)
                && within(filter, Subject::Segment(call.document, false, call.from.is_none()))
        }),
        Expression::Group(by, operator, name) => {
            let group = (deep < GROUPS_DEEP_MAX).then(|| (asked.group)(*by, name)).flatten();
            let belongs = group.is_some_and(|group| holds(&group, Subject::Trace(asked), asked, deep + 1));
            belongs == (*operator == Operator::Equal)
        }
        Expression::RootCause(cause, part, filter) => causes(*cause, asked).iter().any(|cause| {
            parts(cause, *part).iter().any(|part| holds(filter, Subject::Part(part), asked, deep))
        }),
        Expression::RootCauseJson(wanted) => {
            let all = [Cause::Fault, Cause::Error].into_iter().flat_map(|cause| causes(cause, asked));
            let mut all = all.filter_map(|cause| serde_json::to_value(cause).ok());
            // A list of causes: one of them.
            let wanted = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
            all.any(|cause| wanted.iter().any(|wanted| has(&cause, wanted)))
        }
    }
}

impl ServicePattern {
    fn fits(&self, service: &Service) -> bool {
        self.name.as_ref().is_none_or(|name| *name == service.name)
            && self.kind.as_ref().is_none_or(|kind| Some(kind) == service.r#type.as_ref())
            && self.account.as_ref().is_none_or(|account| Some(account) == service.account_id.as_ref())
    }
}

fn causes(cause: Cause, asked: &Asked<'_>) -> Vec<RootCause> {
    let failed = match cause {
        Cause::Fault => Document::is_fault,
        Cause::Error => Document::is_error,
    };
    root_causes(asked.trace, asked.nodes, failed)
}

fn parts(cause: &RootCause, part: Part) -> Vec<CausePart<'_>> {
    let entities = || cause.services.iter().flat_map(|service| &service.entity_path);
    let plain =
        CausePart { name: "", kind: None, message: None, inferred: false, remote: false, index: 0, of: 0 };
    let mut parts: Vec<CausePart<'_>> = match part {
        Part::Service => cause
            .services
            .iter()
            .map(|one| CausePart {
                name: &one.service.name,
                kind: one.service.r#type.as_deref(),
                inferred: one.inferred,
                ..plain
            })
            .collect(),
        Part::Entity => entities()
            .map(|entity| CausePart { name: &entity.name, remote: entity.remote, ..plain })
            .collect(),
        Part::Exception => entities()
            .flat_map(|entity| &entity.exceptions)
            .map(|thrown| CausePart { name: &thrown.name, message: Some(&thrown.message), ..plain })
            .collect(),
    };
    let of = parts.len();
    for (index, part) in parts.iter_mut().enumerate() {
        (part.index, part.of) = (index, of);
    }
    parts
}

/// Whether a document has all that another one has.
fn has(document: &Json, wanted: &Json) -> bool {
    match (document, wanted) {
        (Json::Object(document), Json::Object(wanted)) => {
            wanted.iter().all(|(name, value)| document.get(name).is_some_and(|own| has(own, value)))
        }
        (Json::Array(document), Json::Array(wanted)) => {
            document.len() == wanted.len() && document.iter().zip(wanted).all(|(own, value)| has(own, value))
        }
        _ => document == wanted,
    }
}

fn is(keyword: &Keyword, subject: Subject<'_>) -> bool {
    match keyword {
        Keyword::Boolean(boolean) => truth(*boolean, subject),
        Keyword::Number(number) => amount(*number, subject).is_some(),
        Keyword::Text(text) => !texts(*text, subject).is_empty(),
        Keyword::Annotation(key) => {
            let values = annotations(key, subject);
            // One that is true or false is asked for its value.
            values.iter().any(|value| **value != Json::Bool(false))
        }
    }
}

fn compare(keyword: &Keyword, operator: Operator, value: &Value, subject: Subject<'_>) -> bool {
    match (keyword, value) {
        (Keyword::Boolean(boolean), Value::Boolean(value)) => {
            (truth(*boolean, subject) == *value) == (operator == Operator::Equal)
        }
        (Keyword::Number(number), Value::Number(value)) => {
            amount(*number, subject).is_some_and(|own| of_numbers(own, operator, *value))
        }
        (Keyword::Text(text), Value::Text(value)) => of_texts(&texts(*text, subject), operator, value),
        (Keyword::Annotation(key), value) => {
            annotations(key, subject).into_iter().any(|own| of_annotation(own, operator, value))
        }
        _ => false,
    }
}

fn of_annotation(own: &Json, operator: Operator, value: &Value) -> bool {
    match (own, value) {
        (Json::Bool(own), Value::Boolean(value)) => (own == value) == (operator == Operator::Equal),
        (Json::Number(own), Value::Number(value)) => {
            own.as_f64().is_some_and(|own| of_numbers(own, operator, *value))
        }
        (Json::String(own), Value::Text(value)) => of_texts(&[own], operator, value),
        _ => operator == Operator::NotEqual,
    }
}

#[allow(clippy::float_cmp, reason = "a number is asked for as it is")]
fn of_numbers(own: f64, operator: Operator, value: f64) -> bool {
    match operator {
        Operator::Equal => own == value,
        Operator::NotEqual => own != value,
        Operator::Less => own < value,
        Operator::LessOrEqual => own <= value,
        Operator::Greater => own > value,
        Operator::GreaterOrEqual => own >= value,
        Operator::Contains | Operator::BeginsWith | Operator::EndsWith => false,
    }
}

fn of_texts(own: &[&str], operator: Operator, value: &str) -> bool {
    match operator {
        Operator::Equal => own.contains(&value),
        Operator::NotEqual => !own.contains(&value),
        Operator::Contains => own.iter().any(|own| own.contains(value)),
        Operator::BeginsWith => own.iter().any(|own| own.starts_with(value)),
        Operator::EndsWith => own.iter().any(|own| own.ends_with(value)),
        _ => false,
    }
}

fn truth(boolean: Boolean, subject: Subject<'_>) -> bool {
    let of_document = |document: &Document| match boolean {
        Boolean::Ok => !document.is_fault() && !document.is_error() && !document.is_in_progress(),
        Boolean::Error => document.is_error(),
        Boolean::Throttle => document.is_throttle(),
        Boolean::Fault => document.is_fault(),
        Boolean::Partial => document.is_in_progress(),
        _ => false,
    };
    match (subject, boolean) {
        (Subject::Trace(asked), Boolean::Partial) => asked.trace.is_partial(),
        (Subject::Trace(asked), Boolean::Inferred) => asked.nodes.served.iter().any(|served| served.inferred),
        (Subject::Trace(asked), Boolean::Throttle) => {
            asked.trace.segments.iter().any(|segment| segment.document.is_throttle())
        }
        (Subject::Trace(asked), Boolean::Root) => asked.nodes.served.iter().any(|served| served.root),
        (Subject::Trace(asked), _) => of_document(asked.trace.root()),
        (Subject::Segment(_, inferred, _), Boolean::Inferred) => inferred,
        (Subject::Segment(_, _, root), Boolean::Root) => root,
        (Subject::Segment(document, ..), _) => of_document(document),
        (Subject::Part(part), Boolean::First) => part.index == 0,
        (Subject::Part(part), Boolean::Last) => part.index + 1 == part.of,
        (Subject::Part(part), Boolean::Remote) => part.remote,
        (Subject::Part(part), Boolean::Inferred) => part.inferred,
        (Subject::Part(_), _) => false,
    }
}

fn amount(number: Number, subject: Subject<'_>) -> Option<f64> {
    let of_document = |document: &Document| match number {
        Number::HttpStatus => document.status().map(f64::from),
        Number::Index => None,
        _ => document.end_time.map(|_| round(document.end() - document.start())),
    };
    match (subject, number) {
        (Subject::Trace(asked), Number::Duration) => Some(asked.trace.duration()),
        (Subject::Trace(asked), _) => of_document(asked.trace.root()),
        (Subject::Segment(document, ..), _) => of_document(document),
        (Subject::Part(part), Number::Index) => u32::try_from(part.index).ok().map(f64::from),
        (Subject::Part(_), _) => None,
    }
}

fn texts(text: Text, subject: Subject<'_>) -> Vec<&str> {
    match (subject, text) {
        (Subject::Trace(asked), Text::Name) => {
            asked.nodes.served.iter().map(|served| &*served.service.name).collect()
        }
        (Subject::Trace(asked), Text::Type) => {
            asked.nodes.served.iter().filter_map(|served| served.service.r#type.as_deref()).collect()
        }
        (
            Subject::Trace(asked),
            Text::HttpUrl | Text::HttpMethod | Text::HttpUserAgent | Text::HttpClientIp,
        ) => of_document(text, asked.trace.root()),
        (Subject::Trace(asked), _) => {
            asked.trace.segments.iter().flat_map(|segment| of_document(text, &segment.document)).collect()
        }
        (Subject::Segment(document, ..), _) => of_document(text, document),
        (Subject::Part(part), Text::Name) => vec![part.name],
        (Subject::Part(part), Text::Type) => part.kind.into_iter().collect(),
        (Subject::Part(part), Text::Message) => part.message.into_iter().collect(),
        (Subject::Part(_), _) => Vec::new(),
    }
}

fn of_document(text: Text, document: &Document) -> Vec<&str> {
    let request = document.request();
    let ec2 = |name: &str| document.aws.as_ref()?.get("ec2")?.get(name)?.as_str();
    let found = match text {
        Text::HttpUrl => request.and_then(|request| request.url.as_deref()),
        Text::HttpMethod => request.and_then(|request| request.method.as_deref()),
        Text::HttpUserAgent => request.and_then(|request| request.user_agent.as_deref()),
        Text::HttpClientIp => request.and_then(|request| request.client_ip.as_deref()),
        Text::User => document.user.as_deref(),
        Text::Name => document.name.as_deref(),
        Text::Type => document.origin.as_deref(),
        Text::AvailabilityZone => ec2("availability_zone"),
        Text::InstanceId => ec2("instance_id"),
        Text::ResourceArn => document.resource_arn.as_deref(),
        Text::Message => {
            let exceptions = document.exceptions().iter();
            return exceptions.filter_map(|exception| exception.message.as_deref()).collect();
        }
    };
    found.into_iter().collect()
}

fn annotations<'a>(key: &str, subject: Subject<'a>) -> Vec<&'a Json> {
    let mut found = Vec::new();
    let mut add = |document: &'a Document| {
        document.walk(&mut |document| {
            found.extend(document.annotations.as_ref().and_then(|annotations| annotations.get(key)));
        });
    };
    match subject {
        Subject::Trace(asked) => asked.trace.segments.iter().for_each(|segment| add(&segment.document)),
        Subject::Segment(document, ..) => add(document),
        Subject::Part(_) => {}
    }
    found
}
