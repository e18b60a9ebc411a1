"""CloudWatch Logs through boto3, over what functions print."""

import os
import shutil
import subprocess
import threading
import time

import pytest
from conftest import REGION
from test_functions import call, create
from waiting import until

GROUP = "/aws/lambda/f"


def test_a_functions_lines_are_filtered_tailed_and_described(server):
    functions, logs = create(server), server.client("logs")
    assert call(functions, {"a": 1})[0] is None
    events = lambda **more: [event["message"] for event in logs.filter_log_events(logGroupName=GROUP, **more)["events"]]
    until(lambda: any("REPORT" in line for line in server.logged(GROUP)), "the report")
    lines = events()
    assert lines[0].startswith("INIT_START Runtime Version: python:3.13")
    order = [next(i for i, text in enumerate(lines) if text.startswith(word)) for word in ("START", "printed", "END", "REPORT")]
    assert order == sorted(order)
    assert [text.split()[0] for text in events(filterPattern="printed")] == ["printed"]
    stream = logs.describe_log_streams(logGroupName=GROUP)["logStreams"][0]["logStreamName"]
    assert "[$LATEST]" in stream
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 1})
    assert [event["message"] for page in pages for event in page["events"]] == lines
    first = logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True, limit=2)
    assert [event["message"] for event in first["events"]] == lines[:2]


def test_what_was_put_survives_a_kill(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="g", tags={"a": "1"})
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now, "message": "kept"}])
    server.kill()
    server.start()
    logs = server.client("logs")
    assert [event["message"] for event in logs.filter_log_events(logGroupName="g")["events"]] == ["kept"]
    assert logs.list_tags_log_group(logGroupName="g")["tags"] == {"a": "1"}


def test_a_live_tail_shows_what_is_added(server):
    from botocore.config import Config

    logs = server.client("logs", config=Config(inject_host_prefix=False))
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    stream = logs.start_live_tail(logGroupIdentifiers=["g"], logEventFilterPattern="ERROR")["responseStream"]
    events = iter(stream)
    assert next(events)["sessionStart"]["logGroupIdentifiers"] == ["g"]
    put = lambda text: logs.put_log_events(
        logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": text}]
    )
    threading.Thread(target=lambda: (put("fine"), put("ERROR one"))).start()
    for event in events:
        found = [result["message"] for result in event["sessionUpdate"]["sessionResults"]]
        if found:
            assert found == ["ERROR one"]
            break
    stream.close()


def aws_cli_2():
    """The program, wherever on the search path it lies behind version 1."""
    for folder in os.get_exec_path():
        program = shutil.which("aws", path=folder)
        if program and "aws-cli/2" in subprocess.run([program, "--version"], capture_output=True, text=True).stdout:
            return program
    pytest.skip("no AWS CLI of version 2 here: apt-get install awscli")


def test_the_aws_cli_follows_a_functions_log(server, tmp_path):
    functions = create(server)
    request_ids = []

    def printed():
        request_ids.append(functions.invoke(FunctionName="f", Payload=b"{}")["ResponseMetadata"]["RequestId"])
        return f"printed {request_ids[-1]}"

    keys = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}
    command = [aws_cli_2(), "--endpoint-url", server.endpoint, "logs", "tail", GROUP, "--follow", "--format", "short"]
    first, shown = printed(), tmp_path / "shown"
    with open(shown, "wb") as output:
        tail = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **keys})
        try:
            until(lambda: first in shown.read_text(), "what was printed before")
            second = printed()
            until(lambda: second in shown.read_text(), "what is printed meanwhile")
        finally:
            tail.terminate()
            tail.wait(timeout=30)
    told = shown.read_text()
    assert told.count(first) == told.count(second) == 1 and told.index(first) < told.index(second)
