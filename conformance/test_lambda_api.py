"""Versions, aliases, layers, URLs, destinations and filters, by boto3 with its waiters and real Python functions."""

import base64
import io
import json
import urllib.request
import zipfile

import botocore.exceptions
import pytest
from waiting import until

ROLE = "arn:aws:iam::000000000000:role/r"
SOURCE = """
import json, os
def handler(event, context):
    if isinstance(event, dict) and event.get("fail"):
        raise ValueError("as asked")
    try:
        import shared
        layer = shared.NAME
    except ImportError:
        layer = None
    return {"version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"], "arn": context.invoked_function_arn,
            "key": os.environ.get("KEY"), "layer": layer, "event": event}
"""


def package(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def create(client, name, **more):
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Timeout=10,
        Code={"ZipFile": package({"app.py": SOURCE})},
        **more,
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)


def invoke(client, name, event=None, **more):
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.load(answer["Payload"])


def test_versions_and_aliases_keep_what_was_published(server):
    client = server.client("lambda")
    create(client, "f", Environment={"Variables": {"KEY": "one"}})
    first = client.publish_version(FunctionName="f")
    client.get_waiter("published_version_active").wait(FunctionName="f", Qualifier=first["Version"])
    client.update_function_configuration(FunctionName="f", Environment={"Variables": {"KEY": "two"}})
    client.get_waiter("function_updated_v2").wait(FunctionName="f")
    client.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    answer, result = invoke(client, "f", Qualifier="live")
    assert (answer["ExecutedVersion"], result["version"], result["key"]) == ("1", "1", "one")
    assert result["arn"].endswith(":function:f:live")
    answer, result = invoke(client, "f")
    assert (answer["ExecutedVersion"], result["key"]) == ("$LATEST", "two")
    second = client.publish_version(FunctionName="f")
    client.get_waiter("published_version_active").wait(FunctionName="f", Qualifier=second["Version"])
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    client.update_alias(FunctionName="f", Name="live", RoutingConfig=weights)
    seen = {invoke(client, "f:live")[0]["ExecutedVersion"] for _ in range(40)}
    assert seen == {"1", "2"}, "one call in two, forty times"
    server.restart()
    client = server.client("lambda")
    assert invoke(client, "f:1")[1]["key"] == "one"
    versions = client.get_paginator("list_versions_by_function").paginate(FunctionName="f")
    assert [each["Version"] for page in versions for each in page["Versions"]] == ["$LATEST", "1", "2"]


def test_a_layer_is_importable_and_its_package_can_be_fetched(server):
    client = server.client("lambda")
    content = package({"python/shared.py": "NAME = 'from the layer'\n"})
    layer = client.publish_layer_version(LayerName="shared", Content={"ZipFile": content})
    create(client, "f", Layers=[layer["LayerVersionArn"]])
    assert invoke(client, "f")[1]["layer"] == "from the layer"
    location = client.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])["Content"]["Location"]
    assert urllib.request.urlopen(location).read() == content
    assert client.list_layers()["Layers"][0]["LayerName"] == "shared"


def test_a_url_answers_and_a_stream_is_read(server):
    client = server.client("lambda")
    create(client, "f")
    url = client.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]
    everybody = {"FunctionName": "f", "Principal": "*"}
    client.add_permission(StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **everybody)
    client.add_permission(StatementId="through", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True, **everybody)
    host = url.removeprefix("http://").rstrip("/")
    # The host is told by a header: not every machine resolves hosts below localhost.
    request = urllib.request.Request(f"{server.endpoint}/some/path?a=1", headers={"Host": host})
    event = json.load(urllib.request.urlopen(request))["event"]
    assert (event["rawPath"], event["queryStringParameters"]) == ("/some/path", {"a": "1"})
    by_path = f"{server.endpoint}/_konekuta/url/{host.split('.')[0]}/other"
    assert json.load(urllib.request.urlopen(by_path))["event"]["rawPath"] == "/other"
    answer = client.invoke_with_response_stream(FunctionName="f", Payload=b"{}")
    events = list(answer["EventStream"])
    payload = b"".join(each["PayloadChunk"]["Payload"] for each in events if "PayloadChunk" in each)
    assert json.loads(payload)["event"] == {} and "InvokeComplete" in events[-1]
    answer = client.invoke_with_response_stream(FunctionName="f", Payload=b'{"fail": true}')
    assert list(answer["EventStream"])[-1]["InvokeComplete"]["ErrorCode"] == "ValueError"


def test_destinations_and_provisioned_concurrency(server):
    client, sqs = server.client("lambda"), server.client("sqs")
    create(client, "f", Publish=True)
    queue = sqs.create_queue(QueueName="ends")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    target = {"Destination": arn}
    client.put_function_event_invoke_config(
        FunctionName="f", MaximumRetryAttempts=0, DestinationConfig={"OnSuccess": target, "OnFailure": target}
    )

    def ends(event):
        client.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event))
        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=received["ReceiptHandle"])
        return json.loads(received["Body"])

    success, failure = ends({"n": 1}), ends({"fail": True})
    assert success["requestContext"]["condition"] == "Success" and success["requestPayload"] == {"n": 1}
    assert failure["requestContext"]["condition"] == "RetriesExhausted"
    assert failure["responsePayload"]["errorMessage"] == "as asked"
    client.put_provisioned_concurrency_config(
        FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1
    )
    read = lambda: client.get_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
    until(lambda: read()["Status"] == "READY", "provisioning")
    log = client.invoke(FunctionName="f", Qualifier="1", LogType="Tail", Payload="{}")
    assert b"Init Duration" not in base64.b64decode(log["LogResult"])


def test_a_filter_lets_only_some_messages_through(server):
    client, sqs = server.client("lambda"), server.client("sqs")
    create(client, "f")
    queue = sqs.create_queue(QueueName="in")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"body": {"n": [{"numeric": [">", 1]}]}})
    mapping = client.create_event_source_mapping(
        FunctionName="f", EventSourceArn=arn, FilterCriteria={"Filters": [{"Pattern": pattern}]}
    )
    until(lambda: client.get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Enabled", "the mapping")
    for n in range(4):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps({"n": n}))
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = lambda: sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    until(lambda: set(counts().values()) == {"0"}, "an empty queue")
    metrics = urllib.request.urlopen(f"{server.endpoint}/_konekuta/metrics").read().decode()
    counted = {
        line.split('event="')[1].split('"')[0]: float(line.rsplit(" ", 1)[1])
        for line in metrics.splitlines()
        if line.startswith("konekuta_event_source_mapping_events_total{")
    }
    assert (counted["FilteredOut"], counted["Deleted"]) == (2, 2)


def test_conflicts_are_told_by_their_faults(server):
    client = server.client("lambda")
    create(client, "f")
    for call, fault in [
        (lambda: client.publish_version(FunctionName="f", RevisionId="other"), "PreconditionFailedException"),
        (lambda: client.get_alias(FunctionName="f", Name="none"), "ResourceNotFoundException"),
        (lambda: client.get_function(FunctionName="f", Qualifier="9"), "ResourceNotFoundException"),
        (lambda: client.get_provisioned_concurrency_config(FunctionName="f", Qualifier="none"), "ResourceNotFoundException"),
    ]:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == fault


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: templated
      Runtime: python3.13
      Handler: app.handler
      CodeUri: code/
      AutoPublishAlias: live
      Layers: [!Ref Shared]
      ReservedConcurrentExecutions: 5
      FunctionUrlConfig: {AuthType: NONE}
      EventInvokeConfig:
        MaximumRetryAttempts: 0
        DestinationConfig: {OnFailure: {Type: SQS}}
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer/}
Outputs:
  Url: {Value: !GetAtt FunctionUrl.FunctionUrl}
"""


def test_a_template_brings_alias_layer_and_url(server, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "layer/python").mkdir(parents=True)
    (tmp_path / "code/app.py").write_text(SOURCE)
    (tmp_path / "layer/python/shared.py").write_text("NAME = 'one'\n")
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE)
    client = server.client("lambda")
    server.run("up", str(template), "--stack-name", "demo")
    answer, result = invoke(client, "templated:live")
    assert (answer["ExecutedVersion"], result["layer"]) == ("1", "one")
    config = client.get_function_event_invoke_config(FunctionName="templated", Qualifier="live")
    assert config["DestinationConfig"]["OnFailure"]["Destination"].startswith("arn:aws:sqs:")
    assert client.get_function_url_config(FunctionName="templated", Qualifier="live")["FunctionUrl"]
    (tmp_path / "layer/python/shared.py").write_text("NAME = 'two'\n")
    server.run("up", str(template), "--stack-name", "demo")
    answer, result = invoke(client, "templated:live")
    assert (answer["ExecutedVersion"], result["layer"]) == ("2", "two")
    server.run("down", "demo")
    assert client.list_functions()["Functions"] == []
