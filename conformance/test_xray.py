"""X-Ray as boto3, the AWS CLI, the X-Ray SDK and its daemon's clients see it: segments of instrumented code join journeys."""

import datetime
import json
import os
import socket
import subprocess
import sys
import time

from botocore.exceptions import ClientError
from conftest import REGION, Server
from test_functions import create
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


INSTRUMENTED = """
import boto3, os
from aws_xray_sdk.core import patch, xray_recorder
patch(["boto3"])
sqs = boto3.client("sqs")
def handler(event, context):
    with xray_recorder.in_subsegment("work") as subsegment:
        subsegment.put_annotation("order", event["order"])
        sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody="m")
    return os.environ["_X_AMZN_TRACE_ID"]
"""


def test_subsegments_of_a_function_with_the_xray_sdk_lie_within_its_invocation(server):
    url = server.client("sqs").create_queue(QueueName="out")["QueueUrl"]
    functions = create(server, code=INSTRUMENTED, Timeout=30, TracingConfig={"Mode": "Active"}, Environment={"Variables": {"QUEUE": url}})
    answer = functions.invoke(FunctionName="f", Payload=json.dumps({"order": "o-23"}))
    header = json.loads(answer["Payload"].read())
    assert "Sampled=1" in header
    trace = header.split("Root=")[1].split(";")[0]
    wanted = ["f runs", "work", "sqs", "send to out"]
    titles = lambda: (found := journey(server, "o-23")) and [hop["title"] for hop in found["hops"] if hop["title"] in wanted]
    assert until(lambda: len(titles() or []) == 4 and titles(), "the function's subsegments in its journey") == wanted
    depths = {hop["title"]: hop["depth"] for hop in journey(server, trace)["hops"]}
    assert [depths[title] - depths["f runs"] for title in wanted] == [0, 1, 2, 3]
    function = segments(server.client("xray"), trace)["f", "AWS::Lambda::Function"]
    [work] = [part for part in function["subsegments"] if part["name"] == "work"]
    assert (work["annotations"], work["subsegments"][0]["aws"]["operation"]) == ({"order": "o-23"}, "SendMessage")


SHOP = """
import time
from aws_xray_sdk.core import xray_recorder
xray_recorder.configure(service="shop")
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    segment = xray_recorder.begin_segment("shop")
    rule = segment.aws.get("xray", {}).get("sampling_rule_name")
    xray_recorder.end_segment()
    if rule == "all":
        break
    time.sleep(0.02)  # the SDK fetches the rules beside
print(rule, segment.sampled, segment.trace_id)
"""


def test_a_program_with_the_xray_sdk_samples_by_the_rules_and_sends_to_the_daemons_port(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(tmp_path, "--xray-daemon", f"127.0.0.1:{port}")
    try:
        xray = server.client("xray")
        rule = {"RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1.0, "ReservoirSize": 0, "Version": 1}
        xray.create_sampling_rule(SamplingRule=rule | {name: "*" for name in ("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath")})
        environment = {**os.environ, "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{port}"}
        done = subprocess.run([sys.executable, "-c", SHOP], env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        rule, sampled, trace = done.stdout.split()
        assert (rule, sampled) == ("all", "True")
        assert until(lambda: segments(xray, trace), "the program's segment").keys() == {("shop", None)}
    finally:
        server.end()
