"""An HTTP receiver that trusts nobody: every signature is checked by npm's sns-validator."""

import json
import pathlib
import subprocess
import urllib.request

import pytest

NODE = pathlib.Path(__file__).parent / "node"


@pytest.fixture
def receiver(server):
    host = server.endpoint.removeprefix("http://")
    process = subprocess.Popen(["node", "receiver.mjs", host], cwd=NODE, stdout=subprocess.PIPE, text=True)
    port = json.loads(process.stdout.readline())["port"]
    yield lambda: json.loads(process.stdout.readline()), f"http://127.0.0.1:{port}/"
    process.kill()
    process.wait(timeout=30)
    process.stdout.close()


@pytest.mark.parametrize("version", ["1", "2"])
def test_signatures_convince_a_published_validator(server, receiver, version):
    told, url = receiver
    sns = server.client("sns")
    topic = sns.create_topic(Name="t", Attributes={"SignatureVersion": version})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
    assert told()["type"] == "SubscriptionConfirmation"
    sns.publish(TopicArn=topic, Message="dear reader,\n\"ünï\"", Subject="s")
    assert told() == {"type": "Notification", "version": version, "message": "dear reader,\n\"ünï\""}


def test_a_changed_message_does_not_convince_it(server, receiver):
    told, url = receiver
    sns, sqs = server.client("sns"), server.client("sqs")
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    queue = sqs.create_queue(QueueName="q", Attributes={"Policy": json.dumps({"Statement": statement})})["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="as it was")
    envelope = json.loads(sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"])
    post(url, envelope)
    assert told()["message"] == "as it was"
    post(url, {**envelope, "Message": "changed"})
    assert told() == {"error": "The message signature is invalid."}


def post(url, document):
    try:
        urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(document).encode())).close()
    except urllib.error.HTTPError as error:
        error.close()
