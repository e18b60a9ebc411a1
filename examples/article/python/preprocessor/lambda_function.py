# coding: utf-8
"""Issues a request id, puts sample data into S3 and tells the connector."""
import hashlib
import json
import os
from datetime import datetime

import boto3

s3 = boto3.client("s3")
sns = boto3.client("sns")

SERVICE_NAME = "preprocessor"


def lambda_handler(event, context):
    bucket = os.environ["S3_BUCKET"]
    prefix = os.environ["S3_PREFIX"]
    topic_arn = os.environ["SNS_TOPIC_ARN_CONNECTOR"]

    timestamp = datetime.now().strftime("%Y%m%d%H%M%S%f")
    request_id = hashlib.md5(timestamp.encode()).hexdigest()

    key = os.path.join(prefix, SERVICE_NAME, f"{request_id}.json")
    data = {"key1": "val1", "key2": "val2", "key3": "val3"}
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(data).encode("utf-8"))

    body = {"request_id": request_id}
    sns.publish(TopicArn=topic_arn, Message=json.dumps(body))
    print(json.dumps({"request_id": request_id, "stored": key}))
    return {"statusCode": 200, "body": body}
