"""X-Ray as boto3, the AWS CLI, the X-Ray SDK and its daemon's clients see it: segments of instrumented code join journeys."""

import datetime
import json
import os
import subprocess
import sys
import time

from botocore.exceptions import ClientError
from conftest import REGION
from waiting import until

DIGITS = iter(range(1, 1 << 32))


def trace_id():
    return f"1-{int(time.time()):08x}-{os.getpid():012x}{next(DIGITS):012x}"


def segment(trace, name="shop", **more):
    now = time.time()
    return {"name": name, "id": f"{next(DIGITS):016x}", "trace_id": trace, "start_time": now - 1, "end_time": now - 0.5, **more}


def put(xray, *documents):
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(document) for document in documents])
    return answer["UnprocessedTraceSegments"]


def segments(xray, trace):
    """The documents of a trace, by name."""
    found = xray.batch_get_traces(TraceIds=[trace])["Traces"]
    documents = [json.loads(one["Document"]) for one in found[0]["Segments"]] if found else []
    return {(document["name"], document.get("origin")): document for document in documents}


def journey(server, text):
    done = server.run("trace", text, "--json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_segments_that_boto3_puts_are_found_and_told(server):
    xray, trace = server.client("xray"), trace_id()
    root = segment(trace, annotations={"order": "o-17"}, http={"request": {"url": "http://shop/", "method": "GET"}, "response": {"status": 500}}, fault=True)
    below = segment(trace, "stock", parent_id=root["id"])
    assert put(xray, root, below, {**below, "id": "x"}) == [{"Id": "x", "ErrorCode": "InvalidId", "Message": "Invalid segment. ErrorCode: InvalidId"}]
    now = datetime.datetime.now(datetime.timezone.utc)
    span = {"StartTime": now - datetime.timedelta(minutes=5), "EndTime": now + datetime.timedelta(seconds=5)}
    pages = xray.get_paginator("get_trace_summaries").paginate(**span, FilterExpression='fault AND annotation.order = "o-17" AND service("stock")')
    [summary] = [summary for page in pages for summary in page["TraceSummaries"]]
    assert (summary["Id"], summary["HasFault"], summary["Http"]["HttpStatus"]) == (trace, True, 500)
    assert {service["Name"] for service in summary["ServiceIds"]} == {"shop", "stock"}
    graph = {(node["Name"], node.get("Type")): node for node in xray.get_service_graph(**span)["Services"]}
    edges = [edge["ReferenceId"] for edge in graph["shop", None]["Edges"]]
    assert edges == [graph["stock", None]["ReferenceId"]] and graph["shop", "client"]["Root"]
    try:
        xray.get_trace_summaries(**span, FilterExpression="serivce(1)")
        raise AssertionError("a wrong expression is not refused")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidRequestException" and "serivce" in str(error)
    # By what the code says of itself, and in the terminal.
    assert journey(server, "o-17")["journey"]["id"] == trace
    assert "stock" in server.run("trace", trace).stdout


def test_a_traced_message_is_a_trace_of_segments(server):
    sqs, xray, trace = server.client("sqs"), server.client("xray"), trace_id()
    url = sqs.create_queue(QueueName="traced")["QueueUrl"]
    root = segment(trace)
    put(xray, root)
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": f"Root={trace};Parent={root['id']};Sampled=1"}}
    sqs.send_message(QueueUrl=url, MessageBody="m", MessageSystemAttributes=header)
    sent = until(lambda: segments(xray, trace).get(("traced", "AWS::SQS::Queue")), "the send")
    assert sent["parent_id"] == root["id"] and sent["resource_arn"].endswith(":traced")
    assert [hop["kind"] for hop in journey(server, trace)["hops"]] == ["segment", "send"]


def test_the_cli_reads_traces_and_keeps_rules(server):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

    def aws(*arguments):
        command = [os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", server.endpoint, "xray", *arguments]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
        return json.loads(done.stdout) if done.stdout.strip() else None

    trace = trace_id()
    answer = aws("put-trace-segments", "--trace-segment-documents", json.dumps(segment(trace)))
    assert answer == {"UnprocessedTraceSegments": []}
    assert aws("batch-get-traces", "--trace-ids", trace)["Traces"][0]["Id"] == trace
    now = int(time.time())
    listed = aws("get-trace-summaries", "--start-time", str(now - 600), "--end-time", str(now + 5), "--filter-expression", 'service("shop")')
    assert [summary["Id"] for summary in listed["TraceSummaries"]] == [trace]
    rule = {"RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1.0, "ReservoirSize": 5, "Version": 1}
    rule |= {name: "*" for name in ("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath")}
    aws("create-sampling-rule", "--sampling-rule", json.dumps(rule))
    rules = [record["SamplingRule"]["RuleName"] for record in aws("get-sampling-rules")["SamplingRuleRecords"]]
    assert rules == ["all", "Default"]
