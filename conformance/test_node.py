"""Node.js functions, run by the server: promises, callbacks, ES modules, streams, and middy as it is published."""

import io
import json
import pathlib
import zipfile

import pytest
from test_functions import ROLE, call

NODE_MODULES = pathlib.Path(__file__).parent / "node" / "node_modules"

MODULE = """
export const handler = async (event, context) => {
  console.log("printed", context.awsRequestId);
  if (event.do === "throw") throw new TypeError("no");
  return { event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0, env: process.env.AWS_EXECUTION_ENV };
};
"""
CALLBACK = """
exports.handler = (event, context, callback) => {
  if (event.do === "throw") return callback(new TypeError("no"));
  setTimeout(() => callback(null, { event, name: context.functionName, left: true, env: process.env.AWS_EXECUTION_ENV }), 5);
};
"""
MIDDY = """
import middy from "@middy/core";
const seen = [];
const tell = {
  before: (request) => { seen.push("before"); request.event.added = true; },
  after: (request) => { seen.push("after"); request.response.seen = seen; },
  onError: (request) => { request.response = { mended: request.error.message }; },
};
export const handler = middy().use(tell).handler(async (event) => {
  if (event.do === "throw") throw new Error("no");
  return { event };
});
"""
STREAM = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "x-own": "yes" } });
  for (const piece of ["one ", "two ", "three"]) { stream.write(piece); await new Promise((done) => setTimeout(done, 5)); }
  stream.end();
});
"""
BATCH = """
export const handler = async (event) => {
  const bad = event.Records.filter((record) => record.body === "bad");
  return { batchItemFailures: bad.map((record) => ({ itemIdentifier: record.messageId })) };
};
"""


def package(files, *modules):
    """Files, and installed packages with what they depend on."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        for module in modules:
            for file in (NODE_MODULES / module).rglob("*"):
                if file.is_file():
                    archive.write(file, pathlib.Path("node_modules") / file.relative_to(NODE_MODULES))
    return buffer.getvalue()


def create(server, files, *modules):
    functions = server.client("lambda")
    functions.create_function(
        FunctionName="f", Runtime="nodejs20.x", Role=ROLE, Handler="index.handler", Timeout=20, Code={"ZipFile": package(files, *modules)}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    return functions


@pytest.mark.parametrize("files", [{"index.mjs": MODULE}, {"index.js": CALLBACK}], ids=["module", "callback"])
def test_a_function_answers_and_throws(server, files):
    functions = create(server, files)
    error, payload = call(functions, {"a": 1})
    assert (error, payload) == (None, {"event": {"a": 1}, "name": "f", "left": True, "env": "AWS_Lambda_nodejs20.x"})
    error, payload = call(functions, {"do": "throw"})
    assert (error, payload["errorType"], payload["errorMessage"]) == ("Unhandled", "TypeError", "no")
    assert payload["trace"][0] == "TypeError: no"
    assert call(functions, {"a": 2})[0] is None


def test_a_middy_function_runs_as_it_is(server):
    functions = create(server, {"index.mjs": MIDDY}, "@middy")
    error, payload = call(functions, {"a": 1})
    assert (error, payload) == (None, {"event": {"a": 1, "added": True}, "seen": ["before", "after"]})
    assert call(functions, {"do": "throw"}) == (None, {"mended": "no"})


def test_an_answer_streams(server):
    functions = create(server, {"index.js": STREAM})
    events = list(functions.invoke_with_response_stream(FunctionName="f", Payload=b"{}")["EventStream"])
    payload = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
    head, body = payload.split(b"\0" * 8)
    assert json.loads(head)["statusCode"] == 201 and body == b"one two three"
    assert "ErrorCode" not in events[-1]["InvokeComplete"]


def test_a_batch_is_answered_in_part(server):
    functions, sqs = create(server, {"index.mjs": BATCH}), server.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:dead", "maxReceiveCount": 1})
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "20", "RedrivePolicy": redrive})["QueueUrl"]
    functions.create_event_source_mapping(
        FunctionName="f", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q", FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in ("good", "bad")])
    (letter,) = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=20)["Messages"]
    assert letter["Body"] == "bad"
