"""AWS's own service models, as botocore ships them, judge every action of SQS, SNS, Lambda and STS: names, required
members, types, faults. A scenario calls each action once with success; generated requests call each one wrongly.

SQS is judged twice: by today's model, which speaks JSON, and with `requirements-query.txt` by the last one that spoke Query."""

import io
import json
import pathlib
import re
import time
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import Server

# What any action may answer, whatever its model lists.
# https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
COMMON = {
    "AccessDenied", "InvalidAction", "InvalidParameterCombination", "InvalidParameterValue", "MissingAction",
    "MissingParameter", "ThrottlingException", "ValidationError", "ValidationException", "InvalidClientTokenId",
    "SerializationException", "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValueException",
}
# What SQS's last model for Query leaves out, and today's lists.
LEFT_OUT = {"InvalidAddress", "NonExistentQueue", "InvalidAttributeName", "InvalidAttributeValue", "ResourceNotFoundException"}


# What AWS answers without having it in its model.
BEYOND_MODEL = {"LastUpdateStatusReasonCode": ["Creating"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("models"))
    yield running
    running.end()


class Watched:
    """A client whose answers are kept as they came."""

    def __init__(self, server, service):
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        self.client = server.client(service, config=config)
        self.model = self.client.meta.service_model
        self.client.meta.events.register("response-received", self.keep)

    def keep(self, response_dict, **_):
        self.answer = response_dict

    def call(self, action, **members):
        operation = self.model.operation_model(action)
        parsed = self.client._make_api_call(action, members)
        body = self.answer["body"]
        if self.model.metadata["protocol"] == "json":
            if operation.output_shape is None:
                assert body in (b"", b"{}"), f"{action} answers nothing, not {body}"
                return {}
            document = json.loads(body)
            check_json(operation.output_shape, document, action)
            return document
        if self.model.metadata["protocol"] == "rest-json":
            check_rest(operation, self.answer)
            return parsed
        check_xml(operation, ElementTree.fromstring(body))
        return parsed


def check_rest(operation, answer):
    """The answer's body, checked; what the model puts into headers and the status does not stand in it."""
    shape = operation.output_shape
    own_status = shape and any(member.serialization.get("location") == "statusCode" for member in shape.members.values())
    assert own_status or answer["status_code"] == operation.http.get("responseCode", 200), operation.name
    if shape is None:
        assert not answer["body"], f"{operation.name} answers nothing, not {answer['body']}"
        return {}
    if "payload" in shape.serialization:
        return {}
    elsewhere = {name for name, member in shape.members.items() if "location" in member.serialization}
    document = json.loads(answer["body"] or b"{}")
    check_json(shape, document, operation.name, elsewhere)
    return document


def check_json(shape, value, where, elsewhere=()):
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), where
        inside = {name: member for name, member in shape.members.items() if name not in elsewhere}
        names = {member.serialization.get("name", name): member for name, member in inside.items()}
        assert set(value) <= set(names), f"{where}: {set(value) - set(names)} are not in the model"
        missing = {shape.members[name].serialization.get("name", name) for name in shape.required_members if name in inside} - set(value)
        assert not missing, f"{where}: {missing} are required"
        required = {shape.members[name].serialization.get("name", name) for name in shape.required_members}
        for name, member in value.items():
            # Lambda writes null for what is not there, and clients read it so.
            if member is not None or name in required:
                check_json(names[name], member, f"{where}.{name}")
    elif kind == "list":
        assert isinstance(value, list), where
        for item in value:
            check_json(shape.member, item, f"{where}[]")
    elif kind == "map":
        assert isinstance(value, dict), where
        for name, item in value.items():
            check_json(shape.value, item, f"{where}.{name}")
    else:
        python = {"string": str, "blob": str, "boolean": bool, "integer": int, "long": int, "timestamp": (int, float), "float": (int, float), "double": (int, float)}[kind]
        assert isinstance(value, python) and (kind == "boolean" or not isinstance(value, bool)), f"{where}: {value!r} is no {kind}"
        if "enum" in shape.metadata:
            known = shape.metadata["enum"] + BEYOND_MODEL.get(shape.name, [])
            assert value in known, f"{where}: {value!r}"


def bare(element):
    return element.tag.split("}")[-1]


def check_xml(operation, root):
    """The answer's members, checked; its wrappers are named after the action."""
    namespace = operation.service_model.metadata["xmlNamespace"]
    assert root.tag == f"{{{namespace}}}{operation.name}Response"
    children = {bare(child): child for child in root}
    assert children.pop("ResponseMetadata")[0].text
    shape = operation.output_shape
    if shape is None:
        assert not children, f"{operation.name} answers nothing, not {list(children)}"
        return {}
    assert set(children) == {shape.serialization["resultWrapper"]}, operation.name
    return read_xml(shape, children[shape.serialization["resultWrapper"]], operation.name)


def is_flattened(shape):
    return shape.type_name in ("list", "map") and shape.serialization.get("flattened")


def element_name(name, shape):
    """What a member's element is called; those of a flattened list stand for themselves."""
    if is_flattened(shape) and shape.type_name == "list" and "name" in shape.member.serialization:
        return shape.member.serialization["name"]
    return shape.serialization.get("name", name)


def read_xml(shape, element, where):
    kind = shape.type_name
    if kind == "structure":
        names = {element_name(name, member): member for name, member in shape.members.items()}
        found = {}
        for child in element:
            name = bare(child)
            assert name in names, f"{where}: {name} is not in the model"
            if is_flattened(names[name]):
                read = read_xml_items(names[name], [child], f"{where}.{name}")
                found[name] = {**found.get(name, {}), **read} if isinstance(read, dict) else found.get(name, []) + read
            else:
                assert name not in found, f"{where}: {name} comes twice"
                found[name] = read_xml(names[name], child, f"{where}.{name}")
        missing = {element_name(name, shape.members[name]) for name in shape.required_members} - set(found)
        assert not missing, f"{where}: {missing} are required"
        return found
    if kind == "list":
        assert all(bare(child) == shape.member.serialization.get("name", "member") for child in element), where
        return read_xml_items(shape, element, where)
    if kind == "map":
        assert all(bare(entry) == "entry" for entry in element), where
        return read_xml_items(shape, element, where)
    text = element.text or ""
    if kind == "boolean":
        assert text in ("true", "false"), where
    elif kind in ("integer", "long"):
        int(text)
    elif kind == "timestamp":
        assert time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"), where
    return text


def read_xml_items(shape, elements, where):
    if shape.type_name == "list":
        return [read_xml(shape.member, child, f"{where}[]") for child in elements]
    key, value = (part.serialization.get("name", name) for part, name in ((shape.key, "key"), (shape.value, "value")))
    found = {}
    for entry in elements:
        assert [bare(child) for child in entry] == [key, value], where
        found[entry[0].text] = read_xml(shape.value, entry[1], f"{where}.{entry[0].text}")
    return found


@pytest.fixture(scope="module")
def sqs(server):
    return Watched(server, "sqs")


@pytest.fixture(scope="module")
def functions(server):
    return Watched(server, "lambda")


@pytest.fixture(scope="module")
def sns(server):
    return Watched(server, "sns")


def sqs_scenario(server, sqs):
    """Calls every action with success; answers their names."""
    done = []

    def call(action, **members):
        done.append(action)
        return sqs.call(action, **members)

    arn = "arn:aws:sqs:us-east-1:000000000000:"
    dead = call("CreateQueue", QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": f"{arn}dead", "maxReceiveCount": 1})
    url = call("CreateQueue", QueueName="q", Attributes={"RedrivePolicy": redrive}, tags={"a": "b"})["QueueUrl"]
    assert call("GetQueueUrl", QueueName="q")["QueueUrl"] == url
    call("SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    assert call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]["QueueArn"] == f"{arn}q"
    call("ListQueues", MaxResults=1)
    call("TagQueue", QueueUrl=url, Tags={"c": "d"})
    call("UntagQueue", QueueUrl=url, TagKeys=["a"])
    assert call("ListQueueTags", QueueUrl=url)["Tags"] == {"c": "d"}
    call("AddPermission", QueueUrl=url, Label="l", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
    call("RemovePermission", QueueUrl=url, Label="l")
    attributes = {"b": {"DataType": "Binary", "BinaryValue": b"x"}, "n": {"DataType": "Number", "StringValue": "1"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    call("SendMessage", QueueUrl=url, MessageBody="m", MessageAttributes=attributes, MessageSystemAttributes=trace)
    entries = [{"Id": "1", "MessageBody": "m"}, {"Id": "2", "MessageBody": "m", "DelaySeconds": 901}]
    sent = call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert (len(sent["Successful"]), len(sent["Failed"])) == (1, 1)

    def receive():
        names = "MessageSystemAttributeNames" in sqs.model.operation_model("ReceiveMessage").input_shape.members
        everything = {"MessageSystemAttributeNames" if names else "AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        return call("ReceiveMessage", QueueUrl=url, VisibilityTimeout=30, MaxNumberOfMessages=10, **everything)["Messages"]

    first, second = (message["ReceiptHandle"] for message in receive())
    changes = [{"Id": "1", "ReceiptHandle": second, "VisibilityTimeout": 0}, {"Id": "2", "ReceiptHandle": "junk", "VisibilityTimeout": 0}]
    changed = call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=changes)
    assert (len(changed["Successful"]), len(changed["Failed"])) == (1, 1)
    call("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=first, VisibilityTimeout=40)
    call("DeleteMessage", QueueUrl=url, ReceiptHandle=first)
    deleted = call("DeleteMessageBatch", QueueUrl=url, Entries=[{"Id": "1", "ReceiptHandle": "junk"}, {"Id": "2", "ReceiptHandle": first}])
    assert (len(deleted["Successful"]), len(deleted["Failed"])) == (1, 1)
    sqs.client.receive_message(QueueUrl=url)
    assert call("ListDeadLetterSourceQueues", QueueUrl=dead)["queueUrls"] == [url]
    for number in range(3):
        sqs.client.send_message(QueueUrl=dead, MessageBody=str(number))
    handle = call("StartMessageMoveTask", SourceArn=f"{arn}dead", MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert call("ListMessageMoveTasks", SourceArn=f"{arn}dead")["Results"][0]["Status"] == "RUNNING"
    call("CancelMessageMoveTask", TaskHandle=handle)
    call("PurgeQueue", QueueUrl=url)
    call("DeleteQueue", QueueUrl=url)
    return done


def sns_scenario(server, sns):
    done = []

    def call(action, **members):
        done.append(action)
        return sns.call(action, **members)

    topic = call("CreateTopic", Name="t", Attributes={"DisplayName": "d"}, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    call("SetTopicAttributes", TopicArn=topic, AttributeName="DisplayName", AttributeValue="e")
    assert call("GetTopicAttributes", TopicArn=topic)["Attributes"]["DisplayName"] == "e"
    call("ListTopics")
    call("TagResource", ResourceArn=topic, Tags=[{"Key": "c", "Value": "d"}])
    call("UntagResource", ResourceArn=topic, TagKeys=["a"])
    assert call("ListTagsForResource", ResourceArn=topic)["Tags"] == [{"Key": "c", "Value": "d"}]
    call("AddPermission", TopicArn=topic, Label="l", AWSAccountId=["111122223333"], ActionName=["Publish"])
    call("RemovePermission", TopicArn=topic, Label="l")
    statement = {"DataDirection": "Inbound", "Principal": ["*"], "DataIdentifier": ["x"], "Operation": {"Deny": {}}}
    policy = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [statement]})
    call("PutDataProtectionPolicy", ResourceArn=topic, DataProtectionPolicy=policy)
    assert call("GetDataProtectionPolicy", ResourceArn=topic)["DataProtectionPolicy"] == policy
    queue = "arn:aws:sqs:us-east-1:000000000000:for-sns"
    subscription = call("Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    call("SetSubscriptionAttributes", SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    assert call("GetSubscriptionAttributes", SubscriptionArn=subscription)["Attributes"]["RawMessageDelivery"] == "true"
    assert call("ListSubscriptions")["Subscriptions"] and call("ListSubscriptionsByTopic", TopicArn=topic)["Subscriptions"]
    attributes = {"b": {"DataType": "Binary", "BinaryValue": b"x"}, "s": {"DataType": "String", "StringValue": "y"}}
    call("Publish", TopicArn=topic, Message="m", Subject="s", MessageAttributes=attributes)
    entries = [{"Id": "1", "Message": "m", "MessageAttributes": attributes}, {"Id": "2", "Message": ""}]
    published = call("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries)
    assert (len(published["Successful"]), len(published["Failed"])) == (1, 1)
    call("Unsubscribe", SubscriptionArn=subscription)
    sns.client.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    call("ConfirmSubscription", TopicArn=topic, Token=token(server))

    application = call("CreatePlatformApplication", Name="a", Platform="GCM", Attributes={"PlatformCredential": "x"})["PlatformApplicationArn"]
    call("SetPlatformApplicationAttributes", PlatformApplicationArn=application, Attributes={"Enabled": "true"})
    call("GetPlatformApplicationAttributes", PlatformApplicationArn=application)
    call("ListPlatformApplications")
    endpoint = call("CreatePlatformEndpoint", PlatformApplicationArn=application, Token="device")["EndpointArn"]
    call("SetEndpointAttributes", EndpointArn=endpoint, Attributes={"Enabled": "true"})
    call("GetEndpointAttributes", EndpointArn=endpoint)
    assert call("ListEndpointsByPlatformApplication", PlatformApplicationArn=application)["Endpoints"]
    call("DeleteEndpoint", EndpointArn=endpoint)
    call("DeletePlatformApplication", PlatformApplicationArn=application)

    call("SetSMSAttributes", attributes={"DefaultSMSType": "Promotional"})
    assert call("GetSMSAttributes")["attributes"]["DefaultSMSType"] == "Promotional"
    call("CheckIfPhoneNumberIsOptedOut", phoneNumber="+15550100")
    call("ListPhoneNumbersOptedOut")
    call("ListOriginationNumbers")
    call("GetSMSSandboxAccountStatus")
    call("CreateSMSSandboxPhoneNumber", PhoneNumber="+15550100")
    assert call("ListSMSSandboxPhoneNumbers")["PhoneNumbers"]
    call("VerifySMSSandboxPhoneNumber", PhoneNumber="+15550100", OneTimePassword=password(server))
    # A verified number may be removed only after a day; one that waits, at once.
    sns.client.create_sms_sandbox_phone_number(PhoneNumber="+15550101")
    call("DeleteSMSSandboxPhoneNumber", PhoneNumber="+15550101")
    call("OptInPhoneNumber", phoneNumber="+15550100")
    call("DeleteTopic", TopicArn=topic)
    return done


def served(service):
    """The actions that the page of compatibility says a service has; a test holds it to the service's table."""
    page = (pathlib.Path(__file__).parent.parent / "docs" / "compatibility.md").read_text()
    table = page.split(f"\n### {service}\n")[1].split("\n### ")[0]
    return set(re.findall(r"^\| (\w+) \|", table, re.MULTILINE)) - {"action"}


def package():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return content.getvalue()


def lambda_scenario(server, functions):
    done = []

    def call(action, **members):
        done.append(action)
        return functions.call(action, **members)

    code, role = package(), "arn:aws:iam::000000000000:role/r"
    python = {"Runtime": "python3.13", "Handler": "app.handler", "Role": role}
    f = {"FunctionName": "f"}
    made = call("CreateFunction", **f, **python, Code={"ZipFile": code}, Tags={"a": "b"}, Environment={"Variables": {"KEY": "v"}})
    arn = made["FunctionArn"]
    functions.client.get_waiter("function_active_v2").wait(**f)
    assert call("GetFunction", **f)["Configuration"]["FunctionName"] == "f"
    assert call("GetFunctionConfiguration", **f)["Environment"] == {"Variables": {"KEY": "v"}}
    call("UpdateFunctionCode", **f, ZipFile=code)
    functions.client.get_waiter("function_updated_v2").wait(**f)
    call("UpdateFunctionConfiguration", **f, Timeout=10, DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:for-lambda"})
    functions.client.get_waiter("function_updated_v2").wait(**f)
    assert call("ListFunctions")["Functions"] and call("GetAccountSettings")["AccountLimit"]
    assert call("PublishVersion", **f)["Version"] == "1"
    functions.client.get_waiter("published_version_active").wait(**f, Qualifier="1")
    assert len(call("ListVersionsByFunction", **f)["Versions"]) == 2
    call("CreateAlias", **f, Name="live", FunctionVersion="1")
    call("UpdateAlias", **f, Name="live", Description="d")
    assert call("GetAlias", **f, Name="live")["FunctionVersion"] == "1" and call("ListAliases", **f)["Aliases"]
    call("Invoke", **f, InvocationType="DryRun")
    call("InvokeWithResponseStream", **f, InvocationType="DryRun")
    call("InvokeAsync", **f, InvokeArgs=b"{}")
    call("AddPermission", **f, StatementId="s", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
    assert "sns.amazonaws.com" in call("GetPolicy", **f)["Policy"]
    call("RemovePermission", **f, StatementId="s")
    call("TagResource", Resource=arn, Tags={"c": "d"})
    call("UntagResource", Resource=arn, TagKeys=["a"])
    assert call("ListTags", Resource=arn)["Tags"] == {"c": "d"}
    call("PutFunctionConcurrency", **f, ReservedConcurrentExecutions=5)
    assert call("GetFunctionConcurrency", **f)["ReservedConcurrentExecutions"] == 5
    call("DeleteFunctionConcurrency", **f)
    live = {**f, "Qualifier": "live"}
    call("PutProvisionedConcurrencyConfig", **live, ProvisionedConcurrentExecutions=1)
    assert call("GetProvisionedConcurrencyConfig", **live)["RequestedProvisionedConcurrentExecutions"] == 1
    assert call("ListProvisionedConcurrencyConfigs", **f)["ProvisionedConcurrencyConfigs"]
    call("DeleteProvisionedConcurrencyConfig", **live)
    call("PutFunctionEventInvokeConfig", **f, MaximumRetryAttempts=1)
    call("UpdateFunctionEventInvokeConfig", **f, MaximumEventAgeInSeconds=60)
    assert call("GetFunctionEventInvokeConfig", **f)["MaximumRetryAttempts"] == 1
    assert call("ListFunctionEventInvokeConfigs", **f)["FunctionEventInvokeConfigs"]
    call("DeleteFunctionEventInvokeConfig", **f)
    call("CreateFunctionUrlConfig", **f, AuthType="NONE")
    call("UpdateFunctionUrlConfig", **f, Cors={"AllowOrigins": ["*"]})
    assert call("GetFunctionUrlConfig", **f)["FunctionUrl"] and call("ListFunctionUrlConfigs", **f)["FunctionUrlConfigs"]
    call("DeleteFunctionUrlConfig", **f)
    call("PutFunctionRecursionConfig", **f, RecursiveLoop="Allow")
    assert call("GetFunctionRecursionConfig", **f)["RecursiveLoop"] == "Allow"
    call("PutRuntimeManagementConfig", **f, UpdateRuntimeOn="Auto")
    assert call("GetRuntimeManagementConfig", **f)["UpdateRuntimeOn"] == "Auto"
    profile = {"SigningProfileVersionArns": ["arn:aws:signer:us-east-1:000000000000:/signing-profiles/p/1234567890"]}
    signing = call("CreateCodeSigningConfig", AllowedPublishers=profile)["CodeSigningConfig"]["CodeSigningConfigArn"]
    named = {"CodeSigningConfigArn": signing}
    call("UpdateCodeSigningConfig", **named, Description="d")
    call("GetCodeSigningConfig", **named)
    assert call("ListCodeSigningConfigs")["CodeSigningConfigs"]
    call("PutFunctionCodeSigningConfig", **f, **named)
    assert call("GetFunctionCodeSigningConfig", **f)["CodeSigningConfigArn"] == signing
    assert call("ListFunctionsByCodeSigningConfig", **named)["FunctionArns"] == [arn]
    call("DeleteFunctionCodeSigningConfig", **f)
    call("DeleteCodeSigningConfig", **named)
    layer = call("PublishLayerVersion", LayerName="l", Content={"ZipFile": code}, CompatibleRuntimes=["python3.13"])
    first = {"LayerName": "l", "VersionNumber": layer["Version"]}
    call("GetLayerVersion", **first)
    call("GetLayerVersionByArn", Arn=layer["LayerVersionArn"])
    assert call("ListLayers")["Layers"] and call("ListLayerVersions", LayerName="l")["LayerVersions"]
    call("AddLayerVersionPermission", **first, StatementId="s", Action="lambda:GetLayerVersion", Principal="*")
    call("GetLayerVersionPolicy", **first)
    call("RemoveLayerVersionPermission", **first, StatementId="s")
    call("DeleteLayerVersion", **first)
    server.client("sqs").create_queue(QueueName="for-lambda")
    source = "arn:aws:sqs:us-east-1:000000000000:for-lambda"
    uuid = {"UUID": call("CreateEventSourceMapping", **f, EventSourceArn=source, Enabled=False)["UUID"]}
    call("UpdateEventSourceMapping", **uuid, BatchSize=5)
    assert call("GetEventSourceMapping", **uuid)["BatchSize"] == 5
    assert call("ListEventSourceMappings", **f)["EventSourceMappings"]
    call("DeleteEventSourceMapping", **uuid)
    call("DeleteAlias", **f, Name="live")
    call("DeleteFunction", **f)
    return done


def outbox(server, suffix, part):
    """The text of the file in the outbox that has a part; it comes a moment later."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        for path in (server.folder / "data" / "outbox").glob(f"*{suffix}"):
            text = path.read_text().replace("=\n", "").replace("=\r\n", "").replace("=3D", "=")
            if part in text:
                return text
        time.sleep(0.02)
    raise AssertionError(f"{part} did not come")


def token(server):
    return outbox(server, ".eml", "Token=").split("Token=")[1].split("&")[0]


def password(server):
    recorded = json.loads(outbox(server, ".json", "+15550100"))
    return "".join(character for character in recorded["Message"] if character.isdigit())[-6:]


def test_every_action_of_sqs_answers_as_its_model_says(server, sqs):
    assert set(sqs_scenario(server, sqs)) == set(sqs.model.operation_names)


def test_every_action_of_sns_answers_as_its_model_says(server, sns):
    assert set(sns_scenario(server, sns)) == set(sns.model.operation_names)


def test_every_action_of_lambda_answers_as_its_model_says(server, functions):
    assert set(lambda_scenario(server, functions)) == served("Lambda")


def test_actions_of_lambda_that_are_not_there_are_refused_by_name(server, functions):
    for action in set(functions.model.operation_names) - served("Lambda"):
        members = sample(functions.model.operation_model(action).input_shape)
        assert fault(functions, action, members) == "UnknownOperationException", action


def test_sts_answers_as_its_model_says(server):
    sts = Watched(server, "sts")
    assert sts.call("GetCallerIdentity")["Account"] == "000000000000"


def sample(shape, name=""):
    """A value of a shape, as small as it may be."""
    kind = shape.type_name
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    if kind == "structure":
        return {name: sample(shape.members[name], name) for name in shape.required_members}
    if kind == "list":
        return [sample(shape.member)]
    if kind == "map":
        return {"x": sample(shape.value)}
    return {"string": "x", "blob": b"x", "boolean": True, "integer": 1, "long": 1, "double": 1.0, "timestamp": 0}[kind]


def wrong(shape):
    """A value of another kind."""
    return "x" if shape.type_name in ("list", "map", "structure", "integer", "long", "boolean") else ["x"]


def requests(operation):
    """Each action with the least it needs, without each required member, and (in JSON) with each member of another kind."""
    shape = operation.input_shape
    members = sample(shape) if shape else {}
    yield "least", members
    # What stands in a path cannot be left out.
    required = [name for name in shape.required_members if shape.members[name].serialization.get("location") != "uri"] if shape else []
    for name in required:
        yield f"without {name}", {other: value for other, value in members.items() if other != name}


def fault(watched, action, members):
    """The code of the refusal; `None` for success."""
    try:
        watched.client._make_api_call(action, members)
        return None
    except ClientError as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] < 500, f"{action} {members}: {error}"
        return error.response["Error"]["Code"].removeprefix("AWS.SimpleQueueService.")


@pytest.mark.parametrize("service", ["sqs", "sns", "lambda"])
def test_refusals_are_faults_of_the_model(server, service):
    watched = Watched(server, service)
    common = COMMON | (LEFT_OUT if (service, watched.model.metadata["protocol"]) == ("sqs", "query") else set())
    actions = served("Lambda") if service == "lambda" else watched.model.operation_names
    for action in sorted(actions):
        operation = watched.model.operation_model(action)
        known = {shape.name for shape in operation.error_shapes} | {
            str(shape.metadata.get("error", {}).get("code")).removeprefix("AWS.SimpleQueueService.") for shape in operation.error_shapes
        }
        for what, members in requests(operation):
            code = fault(watched, action, members)
            if what != "least":
                assert code, f"{service} {action} {what} is not refused"
            assert code is None or {code, code.removesuffix("Exception")} & (known | common), f"{service} {action} {what}: {code} is not in {known}"


def test_members_of_another_kind_are_refused(server):
    watched = Watched(server, "sqs")
    url = watched.client.create_queue(QueueName="kinds")["QueueUrl"]
    for action in watched.model.operation_names:
        shape = watched.model.operation_model(action).input_shape
        for name, member in shape.members.items():
            if member.type_name == "string" and name in ("QueueName", "QueueUrl"):
                continue
            members = {**sample(shape), "QueueUrl": url} if "QueueUrl" in shape.members else sample(shape)
            body = json.dumps({**{key: value for key, value in members.items()}, name: wrong(member)}, default=str)
            status, answer = post(server, action, body)
            assert 400 <= status < 500, f"{action} with {name} of another kind: {status} {answer}"


def post(server, action, body):
    """A request in awsJson that no client would send."""
    import urllib.error
    import urllib.request

    headers = {"X-Amz-Target": f"AmazonSQS.{action}", "Content-Type": "application/x-amz-json-1.0"}
    request = urllib.request.Request(server.endpoint, data=body.encode(), headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
