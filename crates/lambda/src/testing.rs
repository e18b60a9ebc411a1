//! What the tests of this crate share.

use std::collections::BTreeMap;

use aws::Arn;
use engine::{BlobId, Timestamp};
use service::ports::QueueRecord;

use crate::records::{Code, FunctionRecord, LastUpdate, MappingRecord, MappingState, State};

/// An active function with AWS's defaults.
pub(crate) fn record(name: &str) -> FunctionRecord {
    FunctionRecord {
        id: "id".to_owned(),
        arn: Arn::new("lambda", "us-east-1", "000000000000", &format!("function:{name}")),
        name: name.to_owned(),
        version: "$LATEST".to_owned(),
        published: 0,
        runtime: "provided.al2023".to_owned(),
        handler: "bootstrap".to_owned(),
        role: "arn:aws:iam::000000000000:role/r".to_owned(),
        description: String::new(),
        timeout_seconds: 3,
        memory_mb: 128,
        ephemeral_storage_mb: 512,
        environment: None,
        tracing_mode: "PassThrough".to_owned(),
        architectures: vec!["x86_64".to_owned()],
        dead_letter_target: None,
        kms_key_arn: None,
        vpc_config: None,
        logging_config: None,
        snap_start: None,
        file_system_configs: Vec::new(),
        image: None,
        code_signing_config: None,
        layers: Vec::new(),
        code: Code { blob: BlobId("blob".to_owned()), size: 1, unzipped: 1, sha256: "00".to_owned() },
        last_modified: Timestamp(0),
        revision_id: "revision".to_owned(),
        environment_revision: 1,
        state: State::Active,
        last_update: LastUpdate::Successful,
        tags: BTreeMap::new(),
        policy: BTreeMap::new(),
        reserved_concurrency: None,
        event_invoke: None,
        recursive_loop: None,
        qualified: BTreeMap::new(),
    }
}

/// An enabled mapping of `queue` to `f`.
pub(crate) fn mapping() -> MappingRecord {
    MappingRecord {
        uuid: "uuid".to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        queue: Arn::new("sqs", "us-east-1", "000000000000", "queue"),
        function: Arn::new("lambda", "us-east-1", "000000000000", "function:f"),
        qualifier: None,
        fifo: false,
        batch_size: 10,
        batching_window_seconds: 0,
        report_batch_item_failures: false,
        maximum_concurrency: None,
        filters: Vec::new(),
        kms_key_arn: None,
        metrics: Vec::new(),
        provisioned_pollers: None,
        tags: BTreeMap::new(),
        state: MappingState::Enabled,
        last_modified: Timestamp(0),
    }
}

/// A received message.
pub(crate) fn message(id: &str, body: &str) -> QueueRecord {
    QueueRecord {
        received: engine::Link::default(),
        message_id: id.to_owned(),
        receipt_handle: format!("handle of {id}"),
        body: body.into(),
        md5_of_body: format!("md5 of {id}"),
        attributes: BTreeMap::from([("ApproximateReceiveCount", "1".to_owned())]),
        message_attributes: BTreeMap::new(),
        md5_of_message_attributes: None,
    }
}
