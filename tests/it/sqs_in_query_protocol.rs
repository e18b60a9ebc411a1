//! Forms in, XML out.

use crate::in_process::Server;

#[tokio::test]
async fn a_message_goes_through_in_xml() {
    let server = Server::start().await;
    let call = async |action: &str, parameters: &[(&str, &str)]| {
        let owned: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        server.client.query("sqs", "2012-11-05", action, &owned).await
    };
    let created = call(
        "CreateQueue",
        &[("QueueName", "q"), ("Attribute.1.Name", "VisibilityTimeout"), ("Attribute.1.Value", "40")],
    );
    let url = created.await.unwrap().element("QueueUrl").unwrap();
    assert_eq!(url, format!("{}/111122223333/q", server.endpoint));
    let sent = call(
        "SendMessage",
        &[
            ("QueueUrl", &url),
            ("MessageBody", "a <b> & c"),
            ("MessageAttribute.1.Name", "n"),
            ("MessageAttribute.1.Value.DataType", "Number"),
            ("MessageAttribute.1.Value.StringValue", "7"),
        ],
    )
    .await
    .unwrap();
    let received = call(
        "ReceiveMessage",
        &[("QueueUrl", &url), ("MessageAttributeName.1", "All"), ("AttributeName.1", "All")],
    )
    .await
    .unwrap();
    assert_eq!(received.element("Body").as_deref(), Some("a <b> & c"));
    assert_eq!(received.element("MessageId"), sent.element("MessageId"));
    assert_eq!(received.element("StringValue").as_deref(), Some("7"));
    assert!(received.elements("Name").contains(&"ApproximateReceiveCount".to_owned()));
    let handle = received.element("ReceiptHandle").unwrap();
    let deleted = call("DeleteMessage", &[("QueueUrl", &url), ("ReceiptHandle", &handle)]).await.unwrap();
    assert!(deleted.text().starts_with("<DeleteMessageResponse ") && !deleted.text().contains("Result"));
    let missing = call("GetQueueUrl", &[("QueueName", "none")]).await.unwrap_err();
    assert_eq!(
        missing.to_string(),
        "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist for this wsdl version."
    );
    server.stop().await;
}
