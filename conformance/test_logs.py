"""CloudWatch Logs through boto3, over what functions print."""

import threading
import time

from test_functions import call, create
from waiting import until

GROUP = "/aws/lambda/f"


def test_a_functions_lines_are_filtered_tailed_and_described(server):
    functions, logs = create(server), server.client("logs")
    assert call(functions, {"a": 1})[0] is None
    events = lambda **more: [event["message"] for event in logs.filter_log_events(logGroupName=GROUP, **more)["events"]]
    lines = until(lambda: [line for line in [events()] if any("REPORT" in text for text in line)], "the report")[0]
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
