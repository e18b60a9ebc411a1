//! AddPermission: adds a statement to a function's resource-based policy. Kept and shown; nobody is refused by it.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use service::{Action, Context, Method, Rest, ServiceError};

use super::QUALIFIER;
use crate::Lambda;
use crate::errors::{self, constraint};
use crate::functions::check_policy_revision;
use crate::limits::POLICY_BYTES_MAX;
use crate::policy;

const STATEMENT_ID_CHARACTERS_MAX: usize = 100;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    function_name: String,
    qualifier: Option<String>,
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    event_source_token: Option<String>,
    #[serde(rename = "PrincipalOrgID")]
    principal_org_id: Option<String>,
    function_url_auth_type: Option<String>,
    invoked_via_function_url: Option<bool>,
    revision_id: Option<String>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    statement: String,
}

/// The action.
pub(crate) struct AddPermission;

impl Action for AddPermission {
    const NAME: &'static str = "AddPermission";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: QUALIFIER,
        ..Rest::new(Method::Post, "/2015-03-31/functions/{FunctionName}/policy", 201)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Output, ServiceError> {
        check(&input)?;
        let (name, mut stored) =
            lambda.function(&input.function_name, input.qualifier.as_deref(), context).await?;
        let qualifier = name.qualifier.as_deref();
        check_policy_revision(&stored.record, qualifier, input.revision_id.as_deref())?;
        let statement = statement(&input, &name.qualified());
        let shown = statement.to_string();
        let policy = stored.record.policy_mut(qualifier, lambda.ids.uuid().to_string());
        if policy.contains_key(&input.statement_id) {
            let message = format!(
                "The statement id ({}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement.",
                input.statement_id
            );
            return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
        }
        policy.insert(input.statement_id, statement);
        if policy::document(policy).to_string().len() > POLICY_BYTES_MAX {
            let message = format!("The final policy size is bigger than the limit ({POLICY_BYTES_MAX}).");
            return Err(ServiceError::new(&errors::POLICY_LENGTH_EXCEEDED, message));
        }
        lambda.replace_function(&stored.record, stored.revision).await?;
        Ok(Output { statement: shown })
    }
}

/// Refuses what cannot be a statement's id. `ValidationException`.
pub(super) fn check_statement_id(statement_id: &str) -> Result<(), ServiceError> {
    let is_id = (1..=STATEMENT_ID_CHARACTERS_MAX).contains(&statement_id.len())
        && statement_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_id {
        let rule = "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)";
        return Err(constraint(statement_id, "statementId", rule));
    }
    Ok(())
}

fn check(input: &Input) -> Result<(), ServiceError> {
    check_statement_id(&input.statement_id)?;
    let is_action = input.action == "*"
        || input.action.strip_prefix("lambda:").is_some_and(|name| {
            name == "*" || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
        });
    if !is_action {
        let rule = "Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])";
        return Err(constraint(&input.action, "action", rule));
    }
    if input.principal.is_empty() || input.principal.chars().any(char::is_whitespace) {
        let rule = "Member must satisfy regular expression pattern: [^\\s]+";
        return Err(constraint(&input.principal, "principal", rule));
    }
    Ok(())
}

fn statement(input: &Input, resource: &str) -> Json {
    let mut statement = json!({
        "Sid": input.statement_id,
        "Effect": "Allow",
        "Principal": principal(&input.principal),
        "Action": input.action,
        "Resource": resource,
    });
    let condition = condition(input);
    if !condition.is_empty() {
        statement["Condition"] = Json::Object(condition);
    }
    statement
}

/// A service, an account (by its root), an ARN, or everyone.
pub(super) fn principal(text: &str) -> Json {
    if text == "*" {
        json!("*")
    } else if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        json!({"AWS": format!("arn:aws:iam::{text}:root")})
    } else if text.starts_with("arn:") {
        json!({"AWS": text})
    } else {
        json!({"Service": text})
    }
}

fn condition(input: &Input) -> Map<String, Json> {
    let mut equals = Map::new();
    for (key, value) in [
        ("AWS:SourceAccount", &input.source_account),
        ("lambda:EventSourceToken", &input.event_source_token),
        ("aws:PrincipalOrgID", &input.principal_org_id),
        ("lambda:FunctionUrlAuthType", &input.function_url_auth_type),
    ] {
        if let Some(value) = value {
            equals.insert(key.to_owned(), json!(value));
        }
    }
    let mut condition = Map::new();
    if !equals.is_empty() {
        condition.insert("StringEquals".to_owned(), Json::Object(equals));
    }
    if let Some(arn) = &input.source_arn {
        condition.insert("ArnLike".to_owned(), json!({"AWS:SourceArn": arn}));
    }
    if let Some(through_url) = input.invoked_via_function_url {
        let equals = json!({"lambda:InvokedViaFunctionUrl": through_url.to_string()});
        condition.insert("Bool".to_owned(), equals);
    }
    condition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_written_as_aws_does() {
        let input = serde_json::from_value(json!({
            "FunctionName": "f", "StatementId": "sns", "Action": "lambda:InvokeFunction",
            "Principal": "sns.amazonaws.com", "SourceArn": "arn:aws:sns:us-east-1:000000000000:t",
        }))
        .unwrap();
        assert_eq!(
            statement(&input, "arn:aws:lambda:us-east-1:000000000000:function:f"),
            json!({
                "Sid": "sns", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Resource": "arn:aws:lambda:us-east-1:000000000000:function:f",
                "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}},
            })
        );
    }

    #[test]
    fn an_account_is_its_root() {
        assert_eq!(principal("123456789012"), json!({"AWS": "arn:aws:iam::123456789012:root"}));
        assert_eq!(principal("*"), json!("*"));
    }
}
