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
