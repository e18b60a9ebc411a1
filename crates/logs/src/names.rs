//! Names of log groups and streams, and the ARNs that stand for them.

use std::str::FromStr as _;

use aws::Arn;
use service::{Context, ServiceError};

use crate::errors::{constraint, invalid};
use crate::limits::NAME_CHARACTERS_MAX;

/// Whose a log group is, and its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) name: String,
}

impl GroupKey {
    /// A group of the caller's, by its name.
    pub(crate) fn named(context: &Context, name: &str) -> Result<Self, ServiceError> {
        check_group_name(name)?;
        Ok(Self {
            account: context.caller.account.to_string(),
            region: context.caller.region.to_string(),
            name: name.to_owned(),
        })
    }

    /// A group by its name or its ARN, as `logGroupIdentifier` has it.
    pub(crate) fn identified(context: &Context, identifier: &str) -> Result<Self, ServiceError> {
        let Ok(arn) = Arn::from_str(identifier) else { return Self::named(context, identifier) };
        let name = arn.resource().strip_prefix("log-group:").filter(|_| arn.service() == "logs");
        let name = name.ok_or_else(|| invalid(format!("{identifier} is not the ARN of a log group")))?;
        let name = name.strip_suffix(":*").unwrap_or(name);
        check_group_name(name)?;
        Ok(Self { account: arn.account().to_owned(), region: arn.region().to_owned(), name: name.to_owned() })
    }

    /// Either of the two members that name a group.
    pub(crate) fn of(
        context: &Context,
        name: Option<&str>,
        identifier: Option<&str>,
    ) -> Result<Self, ServiceError> {
        match (name, identifier) {
            (Some(name), None) => Self::named(context, name),
            (None, Some(identifier)) => Self::identified(context, identifier),
            (None, None) => Err(invalid("Either logGroupName or logGroupIdentifier must be given")),
            (Some(_), Some(_)) => {
                Err(invalid("LogGroup name and LogGroup identifier are mutually exclusive parameters."))
            }
        }
    }

    /// Its ARN, without `:*`.
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:logs:{}:{}:log-group:{}", self.region, self.account, self.name)
    }
}

/// 1 to 512 of `.-_/#A-Za-z0-9`.
pub(crate) fn check_group_name(name: &str) -> Result<(), ServiceError> {
    check_length("logGroupName", name)?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte)) {
        let pattern = "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+";
        return Err(constraint(name, "logGroupName", pattern));
    }
    Ok(())
}

/// 1 to 512 characters but `:` and `*`.
pub(crate) fn check_stream_name(name: &str) -> Result<(), ServiceError> {
    check_length("logStreamName", name)?;
    if name.contains([':', '*']) {
        return Err(constraint(name, "logStreamName", "satisfy regular expression pattern: [^:*]*"));
    }
    Ok(())
}

fn check_length(member: &str, name: &str) -> Result<(), ServiceError> {
    if name.is_empty() {
        return Err(constraint(name, member, "have length greater than or equal to 1"));
    }
    if name.chars().count() > NAME_CHARACTERS_MAX {
        return Err(constraint(name, member, "have length less than or equal to 512"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_awss_letters_and_lengths() {
        assert!(check_group_name("/aws/lambda/f-1_x.y#z").is_ok());
        assert!(check_stream_name("2026/01/01/[$LATEST]abc").is_ok());
        for bad in ["", "with space", "a:b", &"x".repeat(513)] {
            assert!(check_group_name(bad).is_err(), "{bad}");
        }
        assert!(check_stream_name("a:b").is_err() && check_stream_name("a*").is_err());
    }
}
