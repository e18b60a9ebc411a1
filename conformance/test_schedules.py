"""Functions on a schedule: from a template, by EventBridge's and EventBridge Scheduler's own clients."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError
from test_functions import create
from waiting import until

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      InlineCode: |
        def handler(event, context):
            print("came:", event)
      Handler: index.handler
      Runtime: python3.13
      Events:
        Tick:
          Type: Schedule
          Properties: {Schedule: rate(1 minute), Name: tick, Input: '{"from": "rule"}', Description: d}
        Tock:
          Type: ScheduleV2
          Properties: {ScheduleExpression: rate(1 hour), ScheduleExpressionTimezone: Asia/Tokyo, Input: '{"from": "schedule"}'}
"""
ROLE = "arn:aws:iam::000000000000:role/any"


def test_a_templates_schedules_come_up_run_and_go(server, tmp_path):
    template = tmp_path / "schedules.yaml"
    template.write_text(TEMPLATE)
    server.run("up", str(template), "--stack-name", "s")
    events, scheduler = server.client("events"), server.client("scheduler")
    rule = events.describe_rule(Name="tick")
    assert (rule["ScheduleExpression"], rule["State"], rule["Description"]) == ("rate(1 minute)", "ENABLED", "d")
    (target,) = events.list_targets_by_rule(Rule="tick")["Targets"]
    assert (target["Id"], json.loads(target["Input"])) == ("FTickLambdaTarget", {"from": "rule"})
    policy = json.loads(server.client("lambda").get_policy(FunctionName="f")["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    assert scheduler.get_schedule(Name="FTock")["ScheduleExpressionTimezone"] == "Asia/Tokyo"
    # A schedule of a rate is due when it is made, a rule of a rate when it has passed once.
    until(lambda: "came: {'from': 'schedule'}" in server.run("logs", "f").stdout, "the schedule's event")
    template.write_text(TEMPLATE.replace("rate(1 hour)", "rate(1 day)").replace("Description: d", "State: DISABLED"))
    printed = server.run("up", str(template), "--stack-name", "s").stdout
    assert sum(line.startswith("updated") for line in printed.splitlines()) == 2, printed
    assert events.describe_rule(Name="tick")["State"] == "DISABLED"
    server.run("down", "s")
    assert events.list_rules()["Rules"] == [] and scheduler.list_schedules()["Schedules"] == []


def test_a_one_time_schedule_calls_the_function_at_its_time(server):
    functions = create(server, code="def handler(event, context): print('came', event['source'], event['resources'])")
    arn = functions.get_function(FunctionName="f")["Configuration"]["FunctionArn"]
    scheduler = server.client("scheduler")
    at = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    made = scheduler.create_schedule(
        Name="once",
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={"Arn": arn, "RoleArn": ROLE},
    )
    until(lambda: f"came aws.scheduler ['{made['ScheduleArn']}']" in server.run("logs", "f").stdout, "the event")

    def gone():
        try:
            return not scheduler.get_schedule(Name="once")
        except scheduler.exceptions.ResourceNotFoundException:
            return True

    until(gone, "the schedule's own end")


def test_what_a_function_does_not_take_goes_to_the_dead_letter_queue(server):
    scheduler, sqs = server.client("scheduler"), server.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    none = "arn:aws:lambda:us-east-1:000000000000:function:none"
    queue = {"Arn": "arn:aws:sqs:us-east-1:000000000000:dead"}
    scheduler.create_schedule(
        Name="lost",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": none, "RoleArn": ROLE, "Input": "x", "DeadLetterConfig": queue},
    )
    (letter,) = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20, MessageAttributeNames=["All"])["Messages"]
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (letter["Body"], attributes["TARGET_ARN"], attributes["ERROR_CODE"]) == ("x", none, "ResourceNotFoundException")


def test_a_rule_is_checked_and_survives_a_restart(server):
    events = server.client("events")
    with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
        events.put_rule(Name="r", ScheduleExpression="cron(0 12 * * * *)")
    events.put_rule(Name="r", ScheduleExpression="cron(0 12 * * ? *)", State="DISABLED")
    server.restart()
    (rule,) = server.client("events").list_rules(NamePrefix="r")["Rules"]
    assert (rule["State"], rule["EventBusName"]) == ("DISABLED", "default")
