//! SNS's lists, maps and lower-case members, as its SDKs write and read them.

use crate::in_process::Server;

#[tokio::test]
async fn lists_maps_and_lower_case_members_are_written_as_the_model_has_them() {
    let server = Server::start().await;
    let topic = server.sns("CreateTopic", &[("Name", "t")]).await.element("TopicArn").unwrap();
    let permission = [
        ("TopicArn", topic.as_str()),
        ("Label", "l"),
        ("AWSAccountId.member.1", "111122223333"),
        ("ActionName.member.1", "Publish"),
        ("ActionName.member.2", "Subscribe"),
    ];
    server.sns("AddPermission", &permission).await;
    let shown = server.sns("GetTopicAttributes", &[("TopicArn", &topic)]).await;
    let policy = shown.entries().into_iter().find(|(name, _)| name == "Policy").unwrap().1;
    assert!(
        policy.contains("SNS:Subscribe") && policy.contains("arn:aws:iam::111122223333:root"),
        "{policy}"
    );

    let set = [("attributes.entry.1.key", "DefaultSMSType"), ("attributes.entry.1.value", "Transactional")];
    server.sns("SetSMSAttributes", &set).await;
    let got = server.sns("GetSMSAttributes", &[("attributes.member.1", "DefaultSMSType")]).await;
    assert_eq!(got.entries(), [("DefaultSMSType".to_owned(), "Transactional".to_owned())]);
    assert!(got.text().contains("<attributes><entry><key>"), "{}", got.text());
    let opted = server.sns("CheckIfPhoneNumberIsOptedOut", &[("phoneNumber", "+4915112345678")]).await;
    assert_eq!(opted.element("isOptedOut").unwrap(), "false");
    server.sns("ListSMSSandboxPhoneNumbers", &[("MaxResults", "10")]).await;

    let application = [
        ("Name", "a"),
        ("Platform", "GCM"),
        ("Attributes.entry.1.key", "PlatformCredential"),
        ("Attributes.entry.1.value", "x"),
    ];
    let application = server.sns("CreatePlatformApplication", &application).await;
    let application = application.element("PlatformApplicationArn").unwrap();
    let endpoint = [("PlatformApplicationArn", application.as_str()), ("Token", "token")];
    let endpoint = server.sns("CreatePlatformEndpoint", &endpoint).await.element("EndpointArn").unwrap();
    let listed =
        server.sns("ListEndpointsByPlatformApplication", &[("PlatformApplicationArn", &application)]).await;
    assert_eq!(listed.element("EndpointArn").unwrap(), endpoint);
    assert!(listed.entries().contains(&("Token".to_owned(), "token".to_owned())));
    let published = server.sns("Publish", &[("TargetArn", &endpoint), ("Message", "m")]).await;
    assert!(published.element("MessageId").is_some());
    server.stop().await;
}

#[tokio::test]
async fn a_fifo_topic_drops_a_duplicate_before_a_standard_queue() {
    let server = Server::start().await;
    let attributes = [
        ("Name", "t.fifo"),
        ("Attributes.entry.1.key", "FifoTopic"),
        ("Attributes.entry.1.value", "true"),
        ("Attributes.entry.2.key", "ContentBasedDeduplication"),
        ("Attributes.entry.2.value", "true"),
    ];
    let topic = server.sns("CreateTopic", &attributes).await.element("TopicArn").unwrap();
    let (url, queue) = server.queue("q").await;
    let subscription = [
        ("TopicArn", topic.as_str()),
        ("Protocol", "sqs"),
        ("Endpoint", &queue),
        ("Attributes.entry.1.key", "RawMessageDelivery"),
        ("Attributes.entry.1.value", "true"),
    ];
    server.allow(&queue, "sns.amazonaws.com", &topic).await;
    server.sns("Subscribe", &subscription).await;
    let mut ids = Vec::new();
    for message in ["same", "same", "end"] {
        let parameters = [("TopicArn", topic.as_str()), ("Message", message), ("MessageGroupId", "g")];
        let published = server.sns("Publish", &parameters).await;
        assert_eq!(published.element("SequenceNumber").unwrap().len(), 20);
        ids.push(published.element("MessageId").unwrap());
    }
    assert!(ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    let mut bodies = [server.next_body(&url).await, server.next_body(&url).await];
    bodies.sort();
    assert_eq!(bodies, ["end", "same"]);
    server.stop().await;
}
