"""What ordinary clients do, through boto3."""

import io
import urllib.request

import pytest
from botocore.exceptions import ClientError

from conftest import allow


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_queues(server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "5"}, tags={"a": "b"})["QueueUrl"]
    attributes = {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    sent = sqs.send_message(QueueUrl=url, MessageBody="héllo", MessageAttributes=attributes)
    received = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])["Messages"][0]
    assert received["MessageId"] == sent["MessageId"] and received["Body"] == "héllo"
    assert received["MessageAttributes"]["b"]["BinaryValue"] == b"\x00\x01"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    batch = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": str(i)} for i in range(10)])
    assert len(batch["Successful"]) == 10
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(received) == 10
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}


def test_what_is_refused(server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert refusal(sqs.get_queue_url, QueueName="none") == ("AWS.SimpleQueueService.NonExistentQueue", 400)
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x" * 1_048_577)[0] == "InvalidParameterValue"
    assert refusal(sqs.delete_message, QueueUrl=url, ReceiptHandle="junk")[0] == "ReceiptHandleIsInvalid"
    assert refusal(sqs.start_message_move_task, SourceArn="arn:aws:sqs:us-east-1:000000000000:none") == ("ResourceNotFoundException", 404)
    assert refusal(server.client("sns").publish, TopicArn="arn:aws:sns:us-east-1:000000000000:none", Message="x") == ("NotFound", 404)
    assert refusal(server.client("lambda").invoke, FunctionName="none")[0] == "ResourceNotFoundException"
    assert refusal(server.client("s3").get_object, Bucket="none", Key="x") == ("NoSuchBucket", 404)
    request = urllib.request.Request(
        server.endpoint,
        data=b"{malformed",
        headers={"X-Amz-Target": "AmazonSQS.SendMessage", "Content-Type": "application/x-amz-json-1.0"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400 and b"SerializationException" in caught.value.read()


def test_what_was_acknowledged_survives_a_kill(server):
    sqs, sns, s3 = server.client("sqs"), server.client("sns"), server.client("s3")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    allow(sqs, url, arn, "sns.amazonaws.com", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"kept")
    for number in range(20):
        sqs.send_message(QueueUrl=url, MessageBody=f"direct {number}")
        sns.publish(TopicArn=topic, Message=f"published {number}")
    server.kill()
    server.start()
    sqs, url = server.client("sqs"), f"{server.endpoint}/000000000000/q"
    bodies = set()
    while len(bodies) < 40:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages")
        assert messages, f"only {len(bodies)} messages came back"
        bodies |= {message["Body"] for message in messages}
    assert server.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == b"kept"
    assert len(server.client("sns").list_subscriptions()["Subscriptions"]) == 1
    server.restart()


def test_objects(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="a/1", Body=b"hello world", ContentType="text/plain", Metadata={"k": "v"})
    got = s3.get_object(Bucket="bucket", Key="a/1")
    assert got["Body"].read() == b"hello world" and got["ContentType"] == "text/plain" and got["Metadata"] == {"k": "v"}
    assert got["ETag"] == '"5eb63bbbe01eeed093cb22bb8f5acdc3"'
    part = s3.get_object(Bucket="bucket", Key="a/1", Range="bytes=6-")
    assert part["Body"].read() == b"world" and part["ContentRange"] == "bytes 6-10/11"
    assert s3.head_object(Bucket="bucket", Key="a/1")["ContentLength"] == 11
    s3.copy_object(Bucket="bucket", Key="b/2", CopySource={"Bucket": "bucket", "Key": "a/1"})
    s3.put_object(Bucket="bucket", Key="c", Body=b"")
    listed = s3.list_objects_v2(Bucket="bucket", Delimiter="/")
    assert [entry["Prefix"] for entry in listed["CommonPrefixes"]] == ["a/", "b/"]
    assert [entry["Key"] for entry in listed["Contents"]] == ["c"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", PaginationConfig={"PageSize": 1})
    assert [entry["Key"] for page in pages for entry in page["Contents"]] == ["a/1", "b/2", "c"]
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a/1"})
    assert urllib.request.urlopen(link).read() == b"hello world"
    assert refusal(s3.get_object, Bucket="bucket", Key="none") == ("NoSuchKey", 404)
    assert refusal(s3.delete_bucket, Bucket="bucket") == ("BucketNotEmpty", 409)
    deleted = s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key} for key in ("a/1", "b/2", "c")]})
    assert len(deleted["Deleted"]) == 3
    s3.delete_bucket(Bucket="bucket")


def test_multipart(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket="bucket")
    content = bytes(range(256)) * 4 * 1024 * 12
    s3.upload_fileobj(io.BytesIO(content), "bucket", "large")
    assert s3.get_object(Bucket="bucket", Key="large")["Body"].read() == content
    assert s3.head_object(Bucket="bucket", Key="large")["ETag"].endswith('-2"')
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="bucket")
