# coding: utf-8
"""Reads what the service before it has stored, changes it, stores it and tells the notifier.

A record that fails is reported alone: the others of its batch are done and do not come back.
"""
import json
import os

import boto3

s3 = boto3.client("s3")
sns = boto3.client("sns")

PREVIOUS_SERVICE_NAME = "preprocessor"


def lambda_handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as error:  # whatever it is, it concerns this record only
            print(json.dumps({"failed": record["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(record):
    service_name = os.environ["SERVICE_NAME"]
    bucket = os.environ["S3_BUCKET"]
    prefix = os.environ["S3_PREFIX"]
    message = json.loads(json.loads(record["body"])["Message"])
    request_id = message["request_id"]

    key = os.path.join(prefix, PREVIOUS_SERVICE_NAME, f"{request_id}.json")
    data = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    data[os.environ["CLEARED_KEY"]] = None

    new_key = os.path.join(prefix, service_name, f"{request_id}.json")
    s3.put_object(Bucket=bucket, Key=new_key, Body=json.dumps(data).encode("utf-8"))

    notice = {"service": service_name, "request_id": request_id}
    sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN_NOTIFIER"], Message=json.dumps(notice))
    print(json.dumps({"request_id": request_id, "stored": new_key}))
