//! Who a statement is about.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value as Json;

use crate::document::{PolicyError, texts};
use crate::request::Caller;

/// One entry of `Principal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// `"*"` or `{"AWS": "*"}`: everybody, services too.
    Everybody,
    /// An account, by its number or as `arn:aws:iam::<account>:root`; or a user or role of one.
    Aws(String),
    /// A service, as `sns.amazonaws.com`.
    Service(String),
    /// Federated and canonical users, of which there are none here.
    Other,
}

pub(crate) fn parse(value: &Json) -> Result<Vec<Principal>, PolicyError> {
    if value.as_str() == Some("*") {
        return Ok(vec![Principal::Everybody]);
    }
    let kinds = value.as_object().filter(|kinds| !kinds.is_empty()).ok_or(PolicyError::Principal)?;
    let mut principals = Vec::new();
    for (kind, names) in kinds {
        let of: fn(String) -> Principal = match kind.as_str() {
            "AWS" => |name| if name == "*" { Principal::Everybody } else { Principal::Aws(name) },
            "Service" => Principal::Service,
            "Federated" | "CanonicalUser" => |_| Principal::Other,
            _ => return Err(PolicyError::Principal),
        };
        let names = texts(names).filter(|names| !names.is_empty()).ok_or(PolicyError::Principal)?;
        principals.extend(names.into_iter().map(of));
    }
    if principals.iter().all(is_well_formed) { Ok(principals) } else { Err(PolicyError::Principal) }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_well_formed(principal: &Principal) -> bool {
    match principal {
        Principal::Aws(name) => is_account(name) || name.starts_with("arn:"),
        Principal::Service(name) => name == "*" || name.contains('.'),
        Principal::Everybody | Principal::Other => true,
    }
}

pub(crate) fn is_meant(principal: &Principal, caller: Caller<'_>) -> bool {
    match (principal, caller) {
        (Principal::Everybody, _) => true,
        (Principal::Service(name), Caller::Service(service)) => name == "*" || name == service,
        (Principal::Aws(name), Caller::Account(account)) => {
            name == account
                || name
                    .strip_prefix("arn:")
                    .is_some_and(|arn| arn.split(':').skip(1).eq(["iam", "", account, "root"]))
        }
        _ => false,
    }
}
