"""Powertools for AWS Lambda (Python): its batch processor behind a real event source mapping."""

import json

from test_functions import create
from waiting import until

CODE = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)
def record_handler(record):
    if record.json_body["bad"]:
        raise ValueError("this one stays")
def handler(event, context):
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
"""


def test_the_batch_processor_keeps_what_failed_and_only_that(server):
    sqs, arn = server.client("sqs"), "arn:aws:sqs:us-east-1:000000000000:"
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"{arn}dead", "maxReceiveCount": 1})
    attributes = {"VisibilityTimeout": "10", "RedrivePolicy": redrive}
    url = sqs.create_queue(QueueName="q", Attributes=attributes)["QueueUrl"]
    environment = {"Variables": {"POWERTOOLS_SERVICE_NAME": "orders"}}
    functions = create(server, code=CODE, Timeout=10, Environment=environment)
    entries = [{"Id": str(number), "MessageBody": json.dumps({"number": number, "bad": number % 2 == 1})} for number in range(6)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn=f"{arn}q", BatchSize=6, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    failed = set()

    def three_are_dead():
        for message in sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            failed.add(json.loads(message["Body"])["number"])
        return len(failed) >= 3

    until(three_are_dead, "the failed ones in the dead-letter queue")
    assert failed == {1, 3, 5}
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]) == ("0", "0")


OBSERVED = """
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes import SQSEvent, event_source
logger, tracer, metrics = Logger(), Tracer(), Metrics(namespace="shop")
@tracer.capture_method
def price(order):
    tracer.put_annotation("order", order)
    return 7
@metrics.log_metrics(capture_cold_start_metric=True)
@tracer.capture_lambda_handler
@logger.inject_lambda_context(log_event=True)
@event_source(data_class=SQSEvent)
def handler(event, context):
    record = next(event.records)
    logger.append_keys(order=record.json_body["order"])
    logger.info("priced", extra={"price": price(record.json_body["order"])})
    logger.debug("not at this level")
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)
    return record.message_id
"""


def test_logger_metrics_and_tracer_tell_what_they_tell_at_aws(server):
    environment = {"Variables": {"POWERTOOLS_SERVICE_NAME": "orders"}}
    functions = create(server, code=OBSERVED, Timeout=20, Environment=environment, TracingConfig={"Mode": "Active"})
    record = {
        "messageId": "m-1",
        "receiptHandle": "r",
        "body": json.dumps({"order": "o-1"}),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:q",
        "awsRegion": "us-east-1",
    }
    answer = functions.invoke(FunctionName="f", Payload=json.dumps({"Records": [record]}))
    payload = json.loads(answer["Payload"].read())
    assert (answer.get("FunctionError"), payload) == (None, "m-1")
    request_id = answer["ResponseMetadata"]["RequestId"]

    def lines():
        found = [json.loads(line) for line in server.logged("/aws/lambda/f") if line.startswith("{")]
        # What is told last: the metrics.
        return found if any("Orders" in line for line in found) else None

    told = until(lines, "the metrics in the log")
    (priced,) = [line for line in told if line.get("message") == "priced"]
    assert (priced["service"], priced["order"], priced["price"], priced["level"]) == ("orders", "o-1", 7, "INFO")
    assert (priced["function_name"], priced["function_request_id"], priced["cold_start"]) == ("f", request_id, True)
    assert priced["function_memory_size"] == "128" and priced["function_arn"].endswith(":function:f")
    assert not [line for line in told if line.get("message") == "not at this level"]
    metrics = [line for line in told if "_aws" in line]
    assert {name for line in metrics for name in ("Orders", "ColdStart") if name in line} == {"Orders", "ColdStart"}
    assert all(line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "shop" for line in metrics)
    # The logger, the tracer and X-Ray speak of the same trace.
    trace = priced["xray_trace_id"]
    names = lambda segment: {segment["name"]} | {name for part in segment.get("subsegments", []) for name in names(part)}

    def traced():
        traces = server.client("xray").batch_get_traces(TraceIds=[trace])["Traces"]
        segments = [json.loads(segment["Document"]) for found in traces for segment in found["Segments"]]
        return {name for segment in segments for name in names(segment)} if "o-1" in json.dumps(segments) else None

    assert {"## handler", "## index.price"} <= {name for name in until(traced, "the subsegments of the tracer")}
