//! How lists and maps are called in SQS's old Query protocol.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>

use service::{QueryDialect, QueryName};

const fn list(member: &'static str, element: &'static str) -> QueryName {
    QueryName { action: "", member, element, key: "", value: "" }
}

const fn of(action: &'static str, member: &'static str, element: &'static str) -> QueryName {
    QueryName { action, member, element, key: "", value: "" }
}

const fn tags(action: &'static str, member: &'static str) -> QueryName {
    QueryName { action, member, element: "Tag", key: "Key", value: "Value" }
}

pub(crate) const DIALECT: QueryDialect = QueryDialect {
    version: "2012-11-05",
    namespace: "http://queue.amazonaws.com/doc/2012-11-05/",
    flattened: true,
    path_member: Some("QueueUrl"),
    names: &[
        list("AWSAccountIds", "AWSAccountId"),
        list("Actions", "ActionName"),
        list("Attributes", "Attribute"),
        list("AttributeNames", "AttributeName"),
        list("MessageAttributes", "MessageAttribute"),
        list("MessageAttributeNames", "MessageAttributeName"),
        list("MessageSystemAttributes", "MessageSystemAttribute"),
        list("MessageSystemAttributeNames", "MessageSystemAttributeName"),
        list("Messages", "Message"),
        list("QueueUrls", "QueueUrl"),
        list("queueUrls", "QueueUrl"),
        list("StringListValues", "StringListValue"),
        list("BinaryListValues", "BinaryListValue"),
        list("TagKeys", "TagKey"),
        list("Results", "ListMessageMoveTasksResultEntry"),
        list("Failed", "BatchResultErrorEntry"),
        tags("", "tags"),
        tags("", "Tags"),
        of("SendMessageBatch", "Entries", "SendMessageBatchRequestEntry"),
        of("SendMessageBatch", "Successful", "SendMessageBatchResultEntry"),
        of("DeleteMessageBatch", "Entries", "DeleteMessageBatchRequestEntry"),
        of("DeleteMessageBatch", "Successful", "DeleteMessageBatchResultEntry"),
        of("ChangeMessageVisibilityBatch", "Entries", "ChangeMessageVisibilityBatchRequestEntry"),
        of("ChangeMessageVisibilityBatch", "Successful", "ChangeMessageVisibilityBatchResultEntry"),
    ],
};
