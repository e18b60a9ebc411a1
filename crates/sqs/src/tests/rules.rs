//! Single rules of AWS's documentation, a test each.

use super::*;

const DAY_HALF: u64 = 43_200;

#[tokio::test]
async fn a_deleted_queues_name_is_blocked_for_a_minute_where_that_is_switched_on() {
    let settings = crate::Settings { queue_deleted_recently: true, ..crate::Settings::default() };
    for (bench, blocked) in [(Bench::new(), false), (Bench::with(settings), true)] {
        let url = bench.create("q", json!({})).await;
        bench.call::<actions::DeleteQueue>(json!({"QueueUrl": url})).await.unwrap();
        bench.clock.advance(Duration::from_secs(59));
        let again = bench.call::<CreateQueue>(json!({"QueueName": "q"})).await;
        if blocked {
            let text = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
            let expected = ("AWS.SimpleQueueService.QueueDeletedRecently".to_owned(), text.to_owned());
            assert_eq!(refused(again), expected);
            bench.clock.advance(Duration::from_secs(1));
            bench.create("q", json!({})).await;
        } else {
            assert!(again.is_ok());
        }
    }
}

#[tokio::test]
async fn a_deleted_queues_name_stays_blocked_through_a_restart() {
    let settings = crate::Settings { queue_deleted_recently: true, ..crate::Settings::default() };
    let bench = Bench::with(settings);
    let url = bench.create("q", json!({})).await;
    bench.call::<actions::DeleteQueue>(json!({"QueueUrl": url})).await.unwrap();
    let nothing = bench.call::<actions::DeleteQueue>(json!({"QueueUrl": url})).await;
    assert_eq!(refused(nothing).0, "AWS.SimpleQueueService.NonExistentQueue");
    let restarted = Sqs::new(Arc::clone(&bench.sqs.engine), Arc::new(CountingIds::default()), settings);
    let bench = Bench { sqs: restarted, ..bench };
    let again = refused(bench.call::<CreateQueue>(json!({"QueueName": "q"})).await);
    assert_eq!(again.0, "AWS.SimpleQueueService.QueueDeletedRecently");
    bench.clock.advance(Duration::from_mins(1));
    bench.create("q", json!({})).await;
}

#[tokio::test]
async fn a_url_that_names_no_queue_is_an_invalid_address() {
    let bench = Bench::new();
    let answer = bench.call::<SendMessage>(json!({"QueueUrl": "http://x/q", "MessageBody": "x"})).await;
    let text = "The address http://x/q is not valid for this endpoint.";
    assert_eq!(refused(answer), ("InvalidAddress".into(), text.into()));
}

#[tokio::test]
async fn visibility_beyond_twelve_hours_since_the_receive_is_refused() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    bench.send(&url, "x").await;
    let taken = bench.receive(&url, json!({})).await.remove(0);
    bench.clock.advance(Duration::from_secs(10));
    let change = async |seconds: u64| {
        let handle = &taken["ReceiptHandle"];
        let input = json!({"QueueUrl": url, "ReceiptHandle": handle, "VisibilityTimeout": seconds});
        bench.call::<ChangeMessageVisibility>(input).await
    };
    let text = "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].";
    assert_eq!(refused(change(DAY_HALF).await), ("InvalidParameterValue".into(), text.into()));
    change(DAY_HALF - 10).await.unwrap();
}

#[tokio::test]
async fn the_digest_of_system_attributes_is_of_those_that_were_given() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let mut context = bench.context();
    context.trace = aws::TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793");
    let send = async |more: Json| {
        let mut input = json!({"QueueUrl": url, "MessageBody": "x"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let input = Deserialize::deserialize(input).unwrap();
        let output = SendMessage::run(&bench.sqs, &context, input).await;
        output.map(|output| serde_json::to_value(&output).unwrap())
    };
    assert!(send(json!({})).await.unwrap().get("MD5OfMessageSystemAttributes").is_none());
    let asked = json!({"MessageSystemAttributeNames": ["AWSTraceHeader"]});
    let header = bench.receive(&url, asked).await.remove(0)["Attributes"]["AWSTraceHeader"].clone();
    assert_eq!(header, "Root=1-5759e988-bd862e3fe1be46a994272793", "the request's own header is kept");
    let given = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}});
    assert!(
        send(json!({"MessageSystemAttributes": given})).await.unwrap()["MD5OfMessageSystemAttributes"]
            .is_string()
    );
    let other = json!({"Other": {"DataType": "String", "StringValue": "x"}});
    assert!(send(json!({"MessageSystemAttributes": other})).await.is_err());
    let empty = json!({"AWSTraceHeader": {"DataType": "String", "StringValue": ""}});
    assert!(send(json!({"MessageSystemAttributes": empty})).await.is_err());
}

#[tokio::test]
async fn a_receive_knows_the_names_of_system_attributes() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    for member in ["AttributeNames", "MessageSystemAttributeNames"] {
        let answer = bench.call::<ReceiveMessage>(json!({"QueueUrl": url, member: ["Nonsense"]})).await;
        assert_eq!(refused(answer), ("InvalidAttributeName".into(), "Unknown Attribute Nonsense.".into()));
        let known = json!({"QueueUrl": url, member: ["All", "SenderId", "SequenceNumber"]});
        bench.call::<ReceiveMessage>(known).await.unwrap();
    }
}

#[tokio::test]
async fn a_receive_attempt_id_is_for_fifo_queues_and_of_128_characters() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let fifo = bench.create("q.fifo", json!({"FifoQueue": "true"})).await;
    let ask = async |url: &str, id: &str| {
        bench.call::<ReceiveMessage>(json!({"QueueUrl": url, "ReceiveRequestAttemptId": id})).await
    };
    let text = "Value x for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is not valid for this queue type.";
    assert_eq!(refused(ask(&url, "x").await), ("InvalidParameterValue".into(), text.into()));
    ask(&fifo, &"x".repeat(128)).await.unwrap();
    for wrong in ["", "a b", &"x".repeat(129)] {
        let reason = "ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
        assert!(refused(ask(&fifo, wrong).await).1.ends_with(reason), "{wrong:?}");
    }
}

#[tokio::test]
async fn one_kind_of_encryption_ends_the_other() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let set = async |attributes: Json| {
        bench.call::<SetQueueAttributes>(json!({"QueueUrl": url, "Attributes": attributes})).await
    };
    let shown = async || {
        let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let all = bench.call::<GetQueueAttributes>(input).await.unwrap()["Attributes"].clone();
        ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
            .map(|name| all[name].clone())
    };
    assert_eq!(shown().await, [Json::Null, Json::Null, json!("true")]);
    set(json!({"KmsMasterKeyId": "alias/aws/sqs"})).await.unwrap();
    assert_eq!(shown().await, [json!("alias/aws/sqs"), json!("300"), json!("false")]);
    let both = set(json!({"SqsManagedSseEnabled": "true"})).await;
    assert_eq!(refused(both).0, "InvalidAttributeName");
    set(json!({"KmsMasterKeyId": ""})).await.unwrap();
    assert_eq!(shown().await, [Json::Null, Json::Null, json!("true")]);
}

#[tokio::test]
async fn a_queue_is_compared_with_documents_by_what_they_say() {
    let bench = Bench::new();
    bench.create("dlq", json!({})).await;
    let arn = "arn:aws:sqs:us-east-1:000000000000:dlq";
    let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":3}}"#);
    let spaced = format!(r#"{{ "maxReceiveCount": 3, "deadLetterTargetArn": "{arn}" }}"#);
    let other = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":4}}"#);
    bench.create("q", json!({"RedrivePolicy": policy})).await;
    bench.create("q", json!({"RedrivePolicy": spaced})).await;
    let input = json!({"QueueName": "q", "Attributes": {"RedrivePolicy": other}});
    assert_eq!(refused(bench.call::<CreateQueue>(input).await).0, "QueueAlreadyExists");
}

#[tokio::test]
async fn a_dead_letter_queue_is_of_the_same_account_region_and_kind() {
    let bench = Bench::new();
    bench.create("dlq", json!({})).await;
    bench.create("dlq.fifo", json!({"FifoQueue": "true"})).await;
    let create = async |target: &str| {
        let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": 1}).to_string();
        bench.call::<CreateQueue>(json!({"QueueName": "q", "Attributes": {"RedrivePolicy": policy}})).await
    };
    for target in [
        "arn:aws:sqs:us-east-1:000000000000:none",
        "arn:aws:sqs:us-east-1:000000000000:dlq.fifo",
        "arn:aws:sqs:us-east-1:111111111111:dlq",
        "arn:aws:sqs:eu-west-1:000000000000:dlq",
        "arn:aws:sns:us-east-1:000000000000:dlq",
    ] {
        assert_eq!(refused(create(target).await).0, "InvalidParameterValue", "{target}");
    }
    create("arn:aws:sqs:us-east-1:000000000000:dlq").await.unwrap();
}

#[tokio::test]
async fn a_standard_queues_message_keeps_its_group() {
    let bench = Bench::new();
    let url = bench.create("q", json!({})).await;
    let input = json!({"QueueUrl": url, "MessageBody": "x", "MessageGroupId": "tenant"});
    assert!(bench.call::<SendMessage>(input).await.unwrap().get("SequenceNumber").is_none());
    let taken = bench.receive(&url, json!({"MessageSystemAttributeNames": ["All"]})).await.remove(0);
    assert_eq!(taken["Attributes"]["MessageGroupId"], "tenant");
    let input = json!({"QueueUrl": url, "MessageBody": "x", "MessageDeduplicationId": "d"});
    assert_eq!(refused(bench.call::<SendMessage>(input).await).0, "InvalidParameterValue");
}

#[tokio::test]
async fn a_message_that_was_moved_keeps_id_and_count_and_names_its_source() {
    let bench = Bench::new();
    let dlq = bench.create("dlq", json!({})).await;
    let policy =
        json!({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dlq", "maxReceiveCount": 1});
    let url = bench.create("q", json!({"RedrivePolicy": policy.to_string(), "VisibilityTimeout": "1"})).await;
    let sent = bench.send(&url, "x").await;
    assert_eq!(bench.receive(&url, json!({})).await.len(), 1);
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.receive(&url, json!({})).await.is_empty());
    let asked = json!({"MessageSystemAttributeNames": ["All"], "WaitTimeSeconds": 20});
    let dead = bench.receive(&dlq, asked).await.remove(0);
    assert_eq!(dead["MessageId"], sent["MessageId"]);
    assert_eq!(dead["Attributes"]["ApproximateReceiveCount"], "2");
    assert_eq!(dead["Attributes"]["SentTimestamp"], "1767225600000");
    assert_eq!(dead["Attributes"]["DeadLetterQueueSourceArn"], "arn:aws:sqs:us-east-1:000000000000:q");
}
