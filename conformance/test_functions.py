"""Functions that fail, and what becomes of their messages."""

import io
import json
import zipfile

import pytest
from waiting import until

ROLE = "arn:aws:iam::000000000000:role/any"
CODE = """
import json, os, sys, time
def handler(event, context):
    what = event.get("do")
    if what == "raise": raise ValueError("no")
    if what == "exit": os._exit(1)
    if what == "hang": time.sleep(60)
    if "Records" in event:
        bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
    print("printed", context.aws_request_id)
    return {"event": event, "name": context.function_name}
"""


def package(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name.replace("__", "."))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def create(server, name="f", code=CODE, **more):
    functions = server.client("lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=ROLE, Handler="index.handler", Code={"ZipFile": package(index__py=code)}, **more
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return functions


def call(functions, event, **more):
    answer = functions.invoke(FunctionName="f", Payload=json.dumps(event), **more)
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_answers_and_failures(server):
    functions = create(server, Timeout=2)
    error, payload = call(functions, {"a": 1})
    assert (error, payload) == (None, {"event": {"a": 1}, "name": "f"})
    error, payload = call(functions, {"do": "raise"})
    assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", "ValueError", "no")
    error, payload = call(functions, {"do": "exit"})
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    error, payload = call(functions, {"do": "hang"})
    assert (error, payload["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert payload["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert call(functions, {"a": 2})[0] is None


GARBAGE = """#!/usr/bin/env python3
import http.client, os
def call(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    return connection.getresponse()
while True:
    request_id = call("GET", "next").getheader("Lambda-Runtime-Aws-Request-Id")
    call("POST", request_id + "/response", "this is no JSON")
"""


def create_provided(server, bootstrap):
    functions = server.client("lambda")
    functions.create_function(
        FunctionName="f", Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": package(bootstrap=bootstrap)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    return functions


def test_garbage_is_handed_through_as_it_is(server):
    answer = create_provided(server, GARBAGE).invoke(FunctionName="f", Payload=b"{}")
    assert answer["Payload"].read() == b"this is no JSON" and "FunctionError" not in answer


def test_a_function_that_exits_at_its_start_says_so(server):
    error, payload = call(create_provided(server, "#!/bin/sh\nexit 3\n"), {})
    assert (error, payload["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert "exit status 3" in payload["errorMessage"]


def test_a_bad_record_goes_to_the_dead_letters_and_the_others_are_done(server):
    functions, sqs = create(server), server.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 2})
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "3", "RedrivePolicy": redrive})["QueueUrl"]
    functions.create_event_source_mapping(
        FunctionName="f",
        EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in ("good", "bad")])
    letters = until(lambda: sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=5).get("Messages"), "the dead letter")
    assert [letter["Body"] for letter in letters] == ["bad"]
    counts = lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    until(lambda: counts()["ApproximateNumberOfMessages"] == counts()["ApproximateNumberOfMessagesNotVisible"] == "0", "an empty queue")


@pytest.mark.parametrize("protocol", ["event", "sns"])
def test_an_asynchronous_event_reaches_the_function(server, protocol):
    functions = create(server)
    arn = functions.get_function(FunctionName="f")["Configuration"]["FunctionArn"]
    if protocol == "event":
        assert functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")["StatusCode"] == 202
    else:
        sns = server.client("sns")
        topic = sns.create_topic(Name="t")["TopicArn"]
        functions.add_permission(
            FunctionName="f", StatementId="t", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic
        )
        sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
        sns.publish(TopicArn=topic, Message="x")
    until(lambda: "REPORT RequestId" in server.run("logs", "f").stdout, "the invocation")
