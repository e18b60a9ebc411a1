//! Makes a log group.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Action, Context, ServiceError};

use crate::errors::{RESOURCE_ALREADY_EXISTS, constraint, invalid};
use crate::names::GroupKey;
use crate::{Logs, tags};

const CLASSES: [&str; 3] = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    log_group_name: String,
    kms_key_id: Option<String>,
    tags: Option<BTreeMap<String, String>>,
    log_group_class: Option<String>,
}

pub(crate) struct CreateLogGroup;

impl Action for CreateLogGroup {
    const NAME: &'static str = "CreateLogGroup";
    type Service = Logs;
    type Input = Input;
    type Output = ();

    async fn run(logs: &Logs, context: &Context, input: Input) -> Result<(), ServiceError> {
        let key = GroupKey::named(context, &input.log_group_name)?;
        if key.name.to_ascii_lowercase().starts_with("aws/") {
            return Err(invalid("Log groups starting with AWS/ are reserved for AWS."));
        }
        let mut record = logs.new_record(&key, context.now);
        tags::add(&mut record.tags, input.tags.unwrap_or_default())?;
        record.kms_key_id = input.kms_key_id;
        if let Some(class) = input.log_group_class {
            if !CLASSES.contains(&class.as_str()) {
                let text = format!("satisfy enum value set: [{}]", CLASSES.join(", "));
                return Err(constraint(&class, "logGroupClass", &text));
            }
            record.class = class;
        }
        match logs.groups.create(record).await? {
            Some(_) => Ok(()),
            None => {
                Err(ServiceError::new(&RESOURCE_ALREADY_EXISTS, "The specified log group already exists"))
            }
        }
    }
}
