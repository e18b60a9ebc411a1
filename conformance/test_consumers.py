"""Real programs that consume queues, unchanged: sqs-consumer (npm), Celery (PyPI), the AWS CLI (PyPI)."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import REGION, allow
import waiting

HERE = pathlib.Path(__file__).parent
ARN = "arn:aws:sqs:us-east-1:000000000000:q"


def counts(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return [int(attributes[name]) for name in names]


@pytest.fixture
def environment(server):
    credentials = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "test"}
    return {**os.environ, **credentials, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": server.endpoint}


def test_sqs_consumer_handles_deletes_and_returns_messages(server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sent = [f"message {number}" for number in range(24)] + ["fails once"]
    for body in sent:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    command = ["node", str(HERE / "node" / "consumer.mjs"), server.endpoint, url, str(len(sent))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert sorted(ran.stdout.splitlines()) == sorted(sent)
    waiting.until(lambda: counts(sqs, url) == [0, 0], "an empty queue")


def test_celery_works_through_its_tasks(server, environment, tmp_path):
    broker = server.endpoint.replace("http://", "sqs://000000000000:test@")
    environment |= {"BROKER": broker, "PYTHONPATH": str(HERE)}
    done = tmp_path / "done"
    done.mkdir()
    send = "import sys, celery_tasks as tasks\n" "for number in range(5): tasks.write.delay(sys.argv[1], str(number))\n"
    send += "tasks.write_at_the_second_try.delay(sys.argv[1], 'again')"
    subprocess.run([sys.executable, "-c", send, str(done)], env=environment, check=True, timeout=60)
    worker = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--pool", "solo", "--loglevel", "INFO"]
    with open(tmp_path / "worker", "w") as log:
        process = subprocess.Popen(worker, env=environment, cwd=tmp_path, stdout=log, stderr=log)
        try:
            expected = {"0", "1", "2", "3", "4", "again"}
            waiting.until(lambda: {path.name for path in done.iterdir()} == expected, "each task")
        finally:
            process.terminate()
            process.wait(timeout=60)
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="celery")["QueueUrl"]
    waiting.until(lambda: counts(sqs, url) == [0, 0], "an empty queue")


def test_the_aws_cli_builds_the_connector_as_the_readme_does(server, environment, tmp_path):
    def aws(*arguments):
        # Its version 1 takes SQS's endpoint from the option only.
        command = [sys.executable, "-m", "awscli", "--endpoint-url", server.endpoint, *arguments, "--output", "json"]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout) if ran.stdout.strip() else None

    topic = aws("sns", "create-topic", "--name", "connector")["TopicArn"]
    url = aws("sqs", "create-queue", "--queue-name", "q", "--attributes", "VisibilityTimeout=180")["QueueUrl"]
    allow(server.client("sqs"), url, ARN, "sns.amazonaws.com", topic)
    aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", ARN)
    aws("sns", "publish", "--topic-arn", topic, "--message", "hello")
    received = aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "20", "--attribute-names", "All")
    message = received["Messages"][0]
    assert json.loads(message["Body"])["Message"] == "hello"
    aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    assert aws("sqs", "receive-message", "--queue-url", url) is None
    attributes = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")["Attributes"]
    assert attributes["VisibilityTimeout"] == "180"
    assert "aws:SourceArn" in attributes["Policy"]
