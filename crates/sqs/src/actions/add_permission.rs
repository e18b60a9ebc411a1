//! Lets other accounts use a queue: adds a statement to its policy.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html>

use policy::Grant;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use service::{Action, Context, ServiceError};

use super::set_queue_attributes::change;
use crate::{Sqs, access, errors, limits};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_url: String,
    label: String,
    #[serde(rename = "AWSAccountIds")]
    aws_account_ids: Vec<String>,
    actions: Vec<String>,
}

pub(crate) struct AddPermission;

impl Action for AddPermission {
    const NAME: &'static str = "AddPermission";
    type Service = Sqs;
    type Input = Input;
    type Output = ();

    async fn run(sqs: &Sqs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = sqs.open(context, &input.queue_url, Self::NAME).await?.queue.key.clone();
        check(&input)?;
        let grant = Grant {
            label: &input.label,
            accounts: &input.aws_account_ids,
            service: "SQS",
            actions: &input.actions,
            resource: key.as_str(),
        };
        change(sqs, &key, |record| {
            let mut document = record
                .attributes
                .get("Policy")
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_else(|| empty(key.as_str()));
            policy::grant(&mut document, &grant)
                .map_err(|_| errors::invalid(&input.label, "Label", "Already exists."))?;
            if document["Statement"].as_array().is_some_and(|all| all.len() > limits::POLICY_STATEMENTS_MAX) {
                let most = limits::POLICY_STATEMENTS_MAX;
                let text = format!("A queue's policy may have at most {most} statements.");
                return Err(ServiceError::new(&errors::OVER_LIMIT, text));
            }
            record.attributes.insert("Policy".to_owned(), document.to_string());
            Ok(())
        })
        .await
    }
}

fn empty(queue: &str) -> Json {
    json!({"Version": "2008-10-17", "Id": format!("{queue}/SQSDefaultPolicy"), "Statement": []})
}

fn check(input: &Input) -> Result<(), ServiceError> {
    check_label(&input.label)?;
    if input.aws_account_ids.is_empty() {
        return Err(errors::missing("AWSAccountIds"));
    }
    if input.actions.is_empty() {
        return Err(errors::missing("Actions"));
    }
    if let Some(account) =
        input.aws_account_ids.iter().find(|account| aws::AccountId::parse(account).is_none())
    {
        return Err(errors::invalid(format_args!("[{account}]"), "PrincipalId", "Unable to verify."));
    }
    if input.actions.len() > limits::POLICY_ACTIONS_MAX {
        let (found, most) = (input.actions.len(), limits::POLICY_ACTIONS_MAX);
        let text = format!("{found} Actions were found, maximum allowed is {most}.");
        return Err(ServiceError::new(&errors::OVER_LIMIT, text));
    }
    for action in input.actions.iter().filter(|action| *action != "*") {
        let value = format!("SQS:{action}");
        if access::OWNER_ONLY.contains(&action.as_str()) {
            let reason = "Only the queue owner is allowed to invoke this action.";
            return Err(errors::invalid(value, "ActionName", reason));
        }
        if !access::is_action(action) {
            return Err(errors::invalid(
                value,
                "ActionName",
                "Please refer to the appropriate WSDL for a list of valid actions.",
            ));
        }
    }
    Ok(())
}

/// 1 to 80 letters, digits, hyphens and underscores.
pub(super) fn check_label(label: &str) -> Result<(), ServiceError> {
    let fits = (1..=80).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits {
        return Ok(());
    }
    let reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.";
    Err(errors::invalid(label, "Label", reason))
}
