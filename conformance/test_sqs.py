"""The main rules of SQS through boto3, in the JSON protocol that it speaks today and in the Query protocol that it spoke before.

Which one depends on the boto3 that runs this: `requirements.txt` has today's, `requirements-query.txt` the last one that spoke Query.
"""

import hashlib
import json
import time
import urllib.parse
import urllib.request

import botocore
import pytest
from botocore.exceptions import ClientError
from conftest import allow

ACCOUNT = "arn:aws:sqs:us-east-1:000000000000:"
NON_EXISTENT = "AWS.SimpleQueueService.NonExistentQueue"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def sqs(server):
    return server.client("sqs")


def queue(sqs, name, **attributes):
    return sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


def bodies(messages):
    return [message["Body"] for message in messages]


def receive(sqs, url, **more):
    more = {"MaxNumberOfMessages": 10, **more}
    return sqs.receive_message(QueueUrl=url, **more).get("Messages", [])


def test_the_protocol_is_the_one_that_this_boto3_speaks(sqs):
    version = tuple(int(part) for part in botocore.__version__.split("."))
    expected = "json" if version >= (1, 31, 81) else "query"
    assert sqs.meta.service_model.protocol == expected


def test_a_message_comes_with_its_digests_and_attributes(sqs):
    url = queue(sqs, "q")
    attributes = {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="本文 <&>", MessageAttributes=attributes, MessageSystemAttributes=trace)
    assert sent["MD5OfMessageBody"] == hashlib.md5("本文 <&>".encode()).hexdigest()
    assert "MD5OfMessageSystemAttributes" in sent and "SequenceNumber" not in sent
    bare = receive(sqs, url, VisibilityTimeout=0)[0]
    assert "Attributes" not in bare and "MessageAttributes" not in bare
    full = receive(sqs, url, AttributeNames=["All"], MessageAttributeNames=["n"])[0]
    assert full["MessageAttributes"] == {"n": attributes["n"]}
    assert full["Attributes"]["ApproximateReceiveCount"] == "2"
    assert full["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]


def test_errors_have_the_codes_of_the_query_protocol(sqs):
    url = queue(sqs, "q")
    assert refusal(sqs.get_queue_url, QueueName="none")[0] == NON_EXISTENT
    assert refusal(sqs.create_queue, QueueName="q", Attributes={"DelaySeconds": "1"})[0] == "QueueAlreadyExists"
    assert refusal(sqs.create_queue, QueueName="a b")[0] == "InvalidParameterValue"
    code, text = refusal(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)
    assert code == "InvalidParameterValue" and "Must be between 1 and 10" in text
    assert refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle="junk")[0] == "ReceiptHandleIsInvalid"
    assert refusal(sqs.send_message_batch, QueueUrl=url, Entries=[])[0] == "AWS.SimpleQueueService.EmptyBatchRequest"
    sqs.purge_queue(QueueUrl=url)
    assert refusal(sqs.purge_queue, QueueUrl=url)[0] == "AWS.SimpleQueueService.PurgeQueueInProgress"
    assert refusal(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Nonsense"])[0] == "InvalidAttributeName"


def test_a_batch_answers_for_each_entry(sqs):
    url = queue(sqs, "q", MaximumMessageSize="1024")
    entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "long", "MessageBody": "x" * 1025}]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["good"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [("long", "InvalidParameterValue", True)]


def test_visibility_can_be_changed_and_a_long_poll_waits_for_it(sqs):
    url = queue(sqs, "q")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=1)
    begun = time.monotonic()
    assert bodies(receive(sqs, url, WaitTimeSeconds=20)) == ["x"]
    assert time.monotonic() - begun < 10
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_fifo_groups_keep_order_and_duplicates_are_dropped(sqs):
    url = queue(sqs, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    order = [("a", "1"), ("a", "2"), ("b", "3"), ("a", "1")]
    sent = [sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group) for group, body in order]
    assert sent[0]["MessageId"] == sent[3]["MessageId"] and len(sent[0]["SequenceNumber"]) == 20
    first = receive(sqs, url, MaxNumberOfMessages=1, ReceiveRequestAttemptId="try")
    assert bodies(first) == ["1"]
    again = receive(sqs, url, MaxNumberOfMessages=1, ReceiveRequestAttemptId="try")
    assert again[0]["ReceiptHandle"] == first[0]["ReceiptHandle"], "a repeated attempt"
    assert [one["MessageId"] for one in receive(sqs, url)] == [sent[2]["MessageId"]], "group a waits for its head"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
    assert bodies(receive(sqs, url)) == ["2"]
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "MissingParameter"


def test_permissions_and_policies(server, sqs):
    url = queue(sqs, "q")
    sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    assert policy["Statement"][0]["Action"] == "SQS:SendMessage"
    assert refusal(sqs.add_permission, QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["*"])[0] == "InvalidParameterValue"
    sqs.remove_permission(QueueUrl=url, Label="l")
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": "{}"})[0] == "InvalidAttributeValue"
    sns = server.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ACCOUNT + "q", Attributes={"RawMessageDelivery": "true"})
    sns.publish(TopicArn=topic, Message="turned away in silence")
    allow(sqs, url, ACCOUNT + "q", "sns.amazonaws.com", topic)
    sns.publish(TopicArn=topic, Message="let in")
    assert bodies(receive(sqs, url, WaitTimeSeconds=20)) == ["let in"]


def test_lists_come_in_pages(sqs):
    urls = [queue(sqs, f"many-{number}") for number in range(5)]
    queue(sqs, "other")
    first = sqs.list_queues(QueueNamePrefix="many-", MaxResults=3)
    second = sqs.list_queues(QueueNamePrefix="many-", MaxResults=3, NextToken=first["NextToken"])
    assert first["QueueUrls"] + second["QueueUrls"] == urls and "NextToken" not in second
    redrive = json.dumps({"deadLetterTargetArn": ACCOUNT + "other", "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=urls[1], Attributes={"RedrivePolicy": redrive})
    other = sqs.get_queue_url(QueueName="other")["QueueUrl"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=other)["queueUrls"] == [urls[1]]


def dead_letters(sqs, count):
    """A dead-letter queue with messages, and where they came from."""
    dead = queue(sqs, "dead")
    redrive = json.dumps({"deadLetterTargetArn": ACCOUNT + "dead", "maxReceiveCount": 1})
    source = queue(sqs, "source", RedrivePolicy=redrive, VisibilityTimeout="0")
    for number in range(count):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    while int(sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"]) < count:
        receive(sqs, source)
    return dead, source


def newest(sqs):
    return sqs.list_message_move_tasks(SourceArn=ACCOUNT + "dead")["Results"][0]


def test_dead_letters_move_back_through_a_kill(server, sqs):
    if not hasattr(sqs, "start_message_move_task"):
        pytest.skip("this boto3 does not know message move tasks")
    _, source = dead_letters(sqs, 60)
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": "", "VisibilityTimeout": "600"})
    code, text = refusal(sqs.start_message_move_task, SourceArn=ACCOUNT + "dead")
    assert (code, text) == ("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    redrive = json.dumps({"deadLetterTargetArn": ACCOUNT + "dead", "maxReceiveCount": 5})
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": redrive})
    sqs.start_message_move_task(SourceArn=ACCOUNT + "dead", MaxNumberOfMessagesPerSecond=20)
    while newest(sqs)["ApproximateNumberOfMessagesMoved"] < 4:
        pass
    assert newest(sqs)["Status"] == "RUNNING"
    server.kill()
    server.start()
    sqs = server.client("sqs")
    while newest(sqs)["Status"] == "RUNNING":
        pass
    assert newest(sqs)["Status"] == "COMPLETED" and newest(sqs)["ApproximateNumberOfMessagesToMove"] == 60
    source, got = sqs.get_queue_url(QueueName="source")["QueueUrl"], []
    while messages := receive(sqs, source, WaitTimeSeconds=1):
        got += bodies(messages)
    assert sorted(got, key=int) == [str(number) for number in range(60)], "none lost, none doubled"


def test_a_query_request_by_get_is_answered_in_json_where_that_is_asked_for(server, sqs):
    url = queue(sqs, "q")

    def get(accept, **parameters):
        query = urllib.parse.urlencode({"Version": "2012-11-05", **parameters})
        request = urllib.request.Request(f"{server.endpoint}/?{query}", headers={"Accept": accept} if accept else {})
        with urllib.request.urlopen(request) as answer:
            return answer.headers["content-type"], answer.read().decode()

    kind, text = get(None, Action="ListQueues")
    assert kind.startswith("text/xml") and f"<QueueUrl>{url}</QueueUrl>" in text
    kind, text = get("application/json", Action="ListQueues")
    assert kind == "application/json"
    answer = json.loads(text)["ListQueuesResponse"]
    assert answer["ListQueuesResult"]["QueueUrls"] == [url] and answer["ResponseMetadata"]["RequestId"]
