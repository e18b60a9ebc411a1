"""Functions of the kinds that users of the `lambda_runtime` crates write (`rust/examples`), run as they are, and an
extension of theirs (`rust-extension`)."""

import io
import json
import subprocess
import urllib.request
import zipfile
from pathlib import Path

import pytest
from test_functions import ROLE, call
from waiting import until

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def programs():
    """The built functions by their names."""
    functions = build(HERE / "rust", "test", "--no-run")
    return functions | build(HERE / "rust-extension", "build")


def build(folder, *command):
    command = ["cargo", *command, "--release", "--quiet", "--message-format=json"]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    built = [message for message in messages if message.get("target", {}).get("kind") in (["example"], ["bin"])]
    return {message["target"]["name"]: message["executable"] for message in built}


def package(program, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, Path(program).read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return {"ZipFile": buffer.getvalue()}


def create(server, program, **more):
    functions = server.client("lambda")
    functions.create_function(
        FunctionName="f", Runtime="provided.al2023", Role=ROLE, Handler="bootstrap", Code=package(program, "bootstrap"), **more
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    return functions


def url_of(functions, mode):
    functions.add_permission(
        FunctionName="f", StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE"
    )
    functions.add_permission(
        FunctionName="f", StatementId="function", Action="lambda:InvokeFunction", Principal="*", InvokedViaFunctionUrl=True
    )
    return functions.create_function_url_config(FunctionName="f", AuthType="NONE", InvokeMode=mode)["FunctionUrl"]


def lines(server):
    return server.logged("/aws/lambda/f")


def test_a_typed_function_is_told_of_its_invocation(server, programs):
    functions = create(server, programs["basic"], Timeout=5)
    answer = functions.invoke(FunctionName="f", Payload=b'{"name": "Ada"}')
    payload = json.loads(answer["Payload"].read())
    assert payload["greeting"] == "Hello, Ada" and payload["function"] == "f"
    assert payload["requestId"] == answer["ResponseMetadata"]["RequestId"]
    assert 0 < payload["millisecondsLeft"] <= 5000


@pytest.mark.parametrize(
    "event, kind, message",
    [
        ("custom", "OutOfStock", "there is no tea left"),
        ("text", "Error", "as asked"),
        ("io", "Error", "No such file or directory"),
        ("panic", "Any", "Lambda panicked: as asked"),
        ({}, "DeserializeError", "failed to deserialize"),
    ],
)
def test_errors_of_every_kind_reach_the_caller(server, programs, event, kind, message):
    functions = create(server, programs["errors"])
    error, payload = call(functions, event)
    assert error == "Unhandled"
    assert kind in payload["errorType"] and message in payload["errorMessage"], payload
    # None of them ends the process: the next invocation finds it warm.
    assert call(functions, "custom")[1]["errorType"] == "OutOfStock"
    until(lambda: sum(line.startswith("REPORT") for line in lines(server)) == 2, "the second invocation's report")
    assert sum("INIT_START" in line for line in lines(server)) == 1


def test_what_is_made_once_is_shared_by_the_invocations_of_an_environment(server, programs):
    functions = create(server, programs["shared"])
    answers = [call(functions, {})[1] for _ in range(3)]
    assert [answer["invocation"] for answer in answers] == [1, 2, 3]
    assert len({answer["madeFor"] for answer in answers}) == 1 and "[$LATEST]" in answers[0]["madeFor"]


def test_an_answer_is_streamed_with_its_status_and_headers(server, programs):
    functions = create(server, programs["stream"])
    # The host is told by a header: not every machine resolves hosts below localhost.
    host = url_of(functions, "RESPONSE_STREAM").removeprefix("http://").rstrip("/")
    with urllib.request.urlopen(urllib.request.Request(server.endpoint, headers={"Host": host})) as answer:
        assert answer.read() == b"one\ntwo\nthree\n"
        assert (answer.status, answer.headers["x-kind"], answer.headers["set-cookie"]) == (206, "stream", "a=1")
        assert answer.headers["transfer-encoding"] == "chunked"
    events = functions.invoke_with_response_stream(FunctionName="f", Payload=b"{}")["EventStream"]
    events = list(events)
    pieces = b"".join(event["PayloadChunk"]["Payload"] for event in events if "PayloadChunk" in event)
    assert pieces.endswith(b"one\ntwo\nthree\n") and "ErrorCode" not in events[-1]["InvokeComplete"]


def test_tracing_follows_the_logging_configuration(server, programs):
    config = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    functions = create(server, programs["traced"], LoggingConfig=config)
    request_id = functions.invoke(FunctionName="f", Payload=b'{"article": "tea"}')["ResponseMetadata"]["RequestId"]
    events = until(lambda: [json.loads(line) for line in lines(server) if '"ordered"' in line], "the line")
    logged = [json.loads(line) for line in lines(server) if '"level"' in line]
    assert events[0]["level"] == "INFO" and events[0]["fields"] == {"message": "ordered", "article": "tea"}
    assert events[0]["span"]["requestId"] == request_id
    assert "seldom wanted" in [event["fields"]["message"] for event in logged]

    functions.update_function_configuration(FunctionName="f", LoggingConfig={"LogFormat": "Text"})
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    request_id = functions.invoke(FunctionName="f", Payload=b'{"article": "cup"}')["ResponseMetadata"]["RequestId"]
    text = until(lambda: [line for line in lines(server) if "ordered" in line and "cup" in line], "the line as text")[0]
    assert "INFO" in text and request_id in text


def test_an_external_extension_hears_of_invocations_telemetry_and_the_end(server, programs):
    functions = server.client("lambda")
    layer = functions.publish_layer_version(LayerName="watcher", Content=package(programs["watcher"], "extensions/watcher"))
    functions = create(server, programs["traced"], Layers=[layer["LayerVersionArn"]], MemorySize=256)
    request_id = functions.invoke(FunctionName="f", Payload=b'{"article": "tea"}')["ResponseMetadata"]["RequestId"]
    said = lambda text: any(line.partition("watcher: ")[2].startswith(text) for line in lines(server))
    for text in (f"invoke {request_id}", f"start {request_id}", f"report {request_id} of 256 MB"):
        until(lambda: said(text), text)
    until(lambda: any("watcher: function" in line and "ordered" in line for line in lines(server)), "the function's line")
    # Another revision ends the environment.
    functions.update_function_configuration(FunctionName="f", MemorySize=128)
    functions.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    functions.invoke(FunctionName="f", Payload=b"{}")
    until(lambda: said("shutdown spindown"), "the end")
