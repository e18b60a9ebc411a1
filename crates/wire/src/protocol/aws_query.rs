//! awsQuery: a form in, XML out.
//!
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>

mod de;
mod form;
mod json;
mod ser;
mod xml;

pub(super) use json::{encode as encode_json, encode_fault as encode_json_fault};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{QueryDialect, QueryName, Reply, reply};
use crate::{DecodeError, Fault};

const CONTENT_TYPE: &str = "text/xml";

/// The dialect and the action that a form or answer belongs to.
#[derive(Clone, Copy)]
struct Style<'a> {
    dialect: &'a QueryDialect,
    action: &'a str,
}

impl<'a> Style<'a> {
    /// The row of a member, the action's own before the general one.
    fn row(&self, member: &str) -> Option<&'a QueryName> {
        let rows = || self.dialect.names.iter().filter(|row| row.member == member);
        rows().find(|row| row.action == self.action).or_else(|| rows().find(|row| row.action.is_empty()))
    }

    fn key(&self, row: Option<&'a QueryName>) -> &'a str {
        row.map(|row| row.key).filter(|key| !key.is_empty()).unwrap_or(if self.dialect.flattened {
            "Name"
        } else {
            "key"
        })
    }

    fn value(&self, row: Option<&'a QueryName>) -> &'a str {
        row.map(|row| row.value).filter(|value| !value.is_empty()).unwrap_or(if self.dialect.flattened {
            "Value"
        } else {
            "value"
        })
    }
}

pub(super) fn decode<T: DeserializeOwned>(
    dialect: &QueryDialect,
    action: &str,
    form: &[u8],
) -> Result<T, DecodeError> {
    let tree = form::parse(form)?;
    T::deserialize(de::Member::root(&tree, Style { dialect, action })).map_err(|error| error.0)
}

/// An output of type `()` has no result element, an empty struct an empty one, as AWS's models have it.
pub(super) fn encode<T: Serialize>(
    dialect: &QueryDialect,
    action: &str,
    request_id: &str,
    output: &T,
) -> Reply {
    let mut body = format!("<{action}Response xmlns=\"{}\">", dialect.namespace);
    let result = format!("{action}Result");
    let style = Style { dialect, action };
    output
        .serialize(ser::Element::new(&mut body, &result, style))
        .expect("shapes serialise to XML: their map keys are text");
    body.push_str("<ResponseMetadata><RequestId>");
    body.push_str(request_id);
    body.push_str("</RequestId></ResponseMetadata></");
    body.push_str(action);
    body.push_str("Response>");
    reply(200, CONTENT_TYPE, request_id, body.into())
}

pub(super) fn encode_fault(dialect: &QueryDialect, request_id: &str, fault: &Fault) -> Reply {
    let mut body = format!("<ErrorResponse xmlns=\"{}\"><Error>", dialect.namespace);
    let side = if fault.sender { "Sender" } else { "Receiver" };
    let message = fault.query_message.unwrap_or(&fault.message);
    for (name, text) in [("Type", side), ("Code", &fault.query_code), ("Message", message)] {
        xml::element(&mut body, name, text);
    }
    body.push_str("<Detail/></Error>");
    xml::element(&mut body, "RequestId", request_id);
    body.push_str("</ErrorResponse>");
    reply(fault.status, CONTENT_TYPE, request_id, body.into())
}

#[cfg(test)]
mod tests;
