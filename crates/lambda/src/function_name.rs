//! The ways to name a function: its name, a partial ARN, its ARN, each perhaps with a qualifier.

use aws::Arn;
use service::{Caller, ServiceError};

use crate::errors::{self, constraint, invalid};
use crate::limits::FUNCTION_NAME_CHARACTERS_MAX;

/// The version that updates change.
pub(crate) const LATEST: &str = "$LATEST";
const PATTERN: &str = "Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?\
    ([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)\
    (:(\\$LATEST|[a-zA-Z0-9-_]+))?";

/// A function as a caller named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName {
    /// Without qualifier.
    pub(crate) arn: Arn,
    /// The bare name.
    pub(crate) name: String,
    /// As given, in the name or beside it.
    pub(crate) qualifier: Option<String>,
}

impl FunctionName {
    /// Reads a name in any of its forms; Region and account are the caller's where the name has none.
    pub(crate) fn parse(text: &str, qualifier: Option<&str>, caller: &Caller) -> Result<Self, ServiceError> {
        let parts = Parts::of(text).ok_or_else(|| constraint(text, "functionName", PATTERN))?;
        if parts.name.len() > FUNCTION_NAME_CHARACTERS_MAX {
            let rule =
                format!("Member must have length less than or equal to {FUNCTION_NAME_CHARACTERS_MAX}");
            return Err(constraint(parts.name, "functionName", &rule));
        }
        if let Some(region) = parts.region.filter(|region| *region != caller.region.as_str()) {
            let message =
                format!("Functions from '{region}' are not reachable in this region ('{}')", caller.region);
            return Err(ServiceError::new(&errors::RESOURCE_NOT_FOUND, message));
        }
        let qualifier = match (parts.qualifier, qualifier.filter(|text| !text.is_empty())) {
            (Some(named), Some(given)) if named != given => {
                return Err(invalid(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (named, given) => named.or(given).map(str::to_owned),
        };
        let account = parts.account.unwrap_or(caller.account.as_str());
        let arn = Arn::new("lambda", caller.region.as_str(), account, &format!("function:{}", parts.name));
        Ok(Self { arn, name: parts.name.to_owned(), qualifier })
    }

    /// The name where only the bare function is meant, not a version.
    pub(crate) fn parse_unqualified(text: &str, caller: &Caller) -> Result<Self, ServiceError> {
        let name = Self::parse(text, None, caller)?;
        match &name.qualifier {
            Some(qualifier) if qualifier != LATEST => Err(invalid(
                "This operation is permitted on Lambda functions only. Aliases and versions do not \
                     support this operation. Please specify either a function name or an unqualified function ARN.",
            )),
            _ => Ok(name),
        }
    }

    /// The ARN as the caller asked for it.
    pub(crate) fn qualified(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.arn),
            None => self.arn.to_string(),
        }
    }

    /// The same as an ARN.
    pub(crate) fn qualified_arn(&self) -> Arn {
        qualified(&self.arn, self.qualifier.as_deref())
    }

    /// No function, or no version or alias of it.
    pub(crate) fn not_found(&self) -> ServiceError {
        ServiceError::new(&errors::RESOURCE_NOT_FOUND, format!("Function not found: {}", self.qualified()))
    }
}

/// A function's ARN with the version or alias that was named.
pub(crate) fn qualified(function: &Arn, qualifier: Option<&str>) -> Arn {
    let Some(qualifier) = qualifier else { return function.clone() };
    let resource = format!("{}:{qualifier}", function.resource());
    Arn::new(function.service(), function.region(), function.account(), &resource)
}

/// The version or alias that a function's ARN names.
pub(crate) fn qualifier_of(arn: &Arn) -> Option<&str> {
    arn.resource().strip_prefix("function:")?.split_once(':').map(|(_, qualifier)| qualifier)
}

/// The function that an ARN of its own or with a qualifier names, for callers who have nothing but the ARN.
pub(crate) fn unqualified(arn: &Arn) -> Option<Arn> {
    let name = arn.resource().strip_prefix("function:")?.split(':').next()?;
    (arn.service() == "lambda" && is_name(name))
        .then(|| Arn::new("lambda", arn.region(), arn.account(), &format!("function:{name}")))
}

struct Parts<'a> {
    region: Option<&'a str>,
    account: Option<&'a str>,
    name: &'a str,
    qualifier: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (region, account, rest) = match parts.as_slice() {
            ["arn", partition, "lambda", region, account, "function", rest @ ..]
                if partition.starts_with("aws") =>
            {
                (Some(*region), Some(*account), rest)
            }
            [region, account, "function", rest @ ..] if is_account(account) => {
                (Some(*region), Some(*account), rest)
            }
            [account, "function", rest @ ..] if is_account(account) => (None, Some(*account), rest),
            ["function", rest @ ..] if !rest.is_empty() => (None, None, rest),
            rest => (None, None, rest),
        };
        let (name, qualifier) = match rest {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let fits = is_name(name)
            && qualifier.is_none_or(|qualifier| qualifier == LATEST || is_name(qualifier))
            && account.is_none_or(is_account);
        fits.then_some(Self { region, account, name, qualifier })
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use aws::{AccountId, Region};

    use super::*;

    fn caller() -> Caller {
        Caller { account: AccountId::local(), region: Region::default_region(), access_key_id: String::new() }
    }

    fn parse(text: &str, qualifier: Option<&str>) -> Result<FunctionName, ServiceError> {
        FunctionName::parse(text, qualifier, &caller())
    }

    #[test]
    fn every_form_names_the_same_function() {
        for form in [
            "f",
            "function:f",
            "000000000000:function:f",
            "us-east-1:000000000000:function:f",
            "arn:aws:lambda:us-east-1:000000000000:function:f",
            "f:$LATEST",
            "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST",
        ] {
            let name = parse(form, None).unwrap();
            assert_eq!(name.arn.as_str(), "arn:aws:lambda:us-east-1:000000000000:function:f", "{form}");
        }
    }

    #[test]
    fn a_function_may_be_called_function() {
        assert_eq!(parse("function", None).unwrap().name, "function");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for wrong in ["", "a b", "f:", "f:q:r", "arn:aws:sqs:us-east-1:000000000000:q", "ü", "../../etc"] {
            assert_eq!(parse(wrong, None).unwrap_err().row.shape, "ValidationException", "{wrong}");
        }
        assert!(parse(&"a".repeat(64), None).is_ok());
        assert!(parse(&"a".repeat(65), None).is_err());
    }

    #[test]
    fn another_region_is_not_reachable() {
        let error = parse("arn:aws:lambda:eu-west-1:000000000000:function:f", None).unwrap_err();
        assert_eq!(
            error.message,
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
        );
    }

    #[test]
    fn qualifiers_must_agree() {
        assert_eq!(
            parse("f", Some("1")).unwrap().qualified(),
            "arn:aws:lambda:us-east-1:000000000000:function:f:1"
        );
        assert_eq!(parse("f:1", Some("2")).unwrap_err().row.shape, "InvalidParameterValueException");
    }
}
