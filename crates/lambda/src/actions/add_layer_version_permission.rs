//! AddLayerVersionPermission: lets an account, an organisation or everyone use a layer's version.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use service::{Action, Binding, Context, Method, Rest, ServiceError};

use super::add_permission::{check_statement_id, principal};
use crate::Lambda;
use crate::errors::{self, constraint, invalid};
use crate::functions::check_revision_id;

/// Its input.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    pub(super) layer_name: String,
    pub(super) version_number: i64,
    statement_id: String,
    action: String,
    principal: String,
    organization_id: Option<String>,
    revision_id: Option<String>,
}

/// Its output.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    statement: String,
    revision_id: String,
}

/// The action.
pub(crate) struct AddLayerVersionPermission;

impl Action for AddLayerVersionPermission {
    const NAME: &'static str = "AddLayerVersionPermission";
    const REST: Option<&'static Rest> = Some(&Rest {
        query: &[Binding { member: "RevisionId", name: "RevisionId" }],
        ..Rest::new(Method::Post, "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy", 201)
    });
    type Service = Lambda;
    type Input = Input;
    type Output = Output;

    async fn run(lambda: &Lambda, context: &Context, input: Input) -> Result<Self::Output, ServiceError> {
        check(&input)?;
        let (mut record, revision) =
            lambda.layer_version(&input.layer_name, input.version_number, context).await?;
        check_revision_id(&record.revision_id, input.revision_id.as_deref())?;
        if record.policy.contains_key(&input.statement_id) {
            let message = format!(
                "The statement id ({}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement.",
                input.statement_id
            );
            return Err(ServiceError::new(&errors::RESOURCE_CONFLICT, message));
        }
        let statement = statement(&input, record.arn().as_str());
        let shown = statement.to_string();
        record.policy.insert(input.statement_id, statement);
        record.revision_id = lambda.ids.uuid().to_string();
        lambda.replace_layer_version(&record, revision).await?;
        Ok(Output { statement: shown, revision_id: record.revision_id })
    }
}

fn check(input: &Input) -> Result<(), ServiceError> {
    check_statement_id(&input.statement_id)?;
    if input.action != "lambda:GetLayerVersion" {
        let rule = "Member must satisfy regular expression pattern: lambda:GetLayerVersion";
        return Err(constraint(&input.action, "action", rule));
    }
    let account = input.principal.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
    let account = account.unwrap_or(&input.principal);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if input.principal != "*" && !is_account {
        let rule = "Member must satisfy regular expression pattern: \\d{12}|\\*|arn:(aws[a-zA-Z-]*):iam::\\d{12}:root";
        return Err(constraint(&input.principal, "principal", rule));
    }
    if input.organization_id.is_some() && input.principal != "*" {
        return Err(invalid("An organization can only be given with the principal *."));
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
    if let Some(organization) = &input.organization_id {
        statement["Condition"] = json!({"StringEquals": {"aws:PrincipalOrgID": organization}});
    }
    statement
}
