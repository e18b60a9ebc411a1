"""Functions of container images, over a stand-in for podman: its containers are none of the server's processes."""

import os

import pytest
from conftest import Server
from processes import is_running
from test_functions import ROLE, call
from waiting import until

PODMAN = """#!/usr/bin/env python3
# The image names a program. Containers are kept in files by their names, with the number of their process.
import os, pathlib, signal, subprocess, sys
containers = pathlib.Path(__file__).parent / "containers"
containers.mkdir(exist_ok=True)
verb, arguments = sys.argv[1], sys.argv[2:]
if verb == "run":
    after = lambda flag: [value for name, value in zip(arguments, arguments[1:]) if name == flag]
    environment = dict(variable.split("=", 1) for variable in after("--env")) | {"PATH": os.environ["PATH"]}
    # As conmon does it, out of the reach of whoever ends this process.
    container = subprocess.Popen([arguments[-1]], env=environment, start_new_session=True)
    (containers / after("--name")[0]).write_text(str(container.pid))
    sys.exit(container.wait())
elif verb == "rm":
    file = containers / arguments[-1]
    os.kill(int(file.read_text()), signal.SIGKILL)
    file.unlink()
else:
    sys.exit(125)
"""
IMAGE = """#!/usr/bin/env python3
import http.client, os, signal
def call(method, path, body=None):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    return connection.getresponse()
try:
    while True:
        request_id = call("GET", "next").getheader("Lambda-Runtime-Aws-Request-Id")
        call("POST", request_id + "/response", '{"process": %d}' % os.getpid())
except OSError:
    # Nobody is there any more. Images may hold more than the runtime, which does not see that.
    signal.pause()
"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that finds the stand-in, and an image to run."""
    (tmp_path / "bin").mkdir()
    for name, text in [("bin/podman", PODMAN), ("image", IMAGE)]:
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    running = Server(tmp_path)
    yield running
    running.end()


def start(server):
    """Calls a function of the image: the number of its container's process."""
    functions = server.client("lambda")
    image = str(server.folder / "image")
    functions.create_function(FunctionName="f", PackageType="Image", Role=ROLE, Code={"ImageUri": image}, Timeout=30)
    functions.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    error, payload = call(functions, {})
    assert error is None, payload
    assert is_running(payload["process"])
    return payload["process"]


def test_a_container_ends_with_a_server_that_is_killed(server):
    container = start(server)
    server.kill()
    until(lambda: not is_running(container), "the end of the container")
    until(lambda: not list((server.folder / "bin/containers").iterdir()), "the removal of what is left of it")


def test_a_container_ends_with_its_function(server):
    container = start(server)
    server.client("lambda").delete_function(FunctionName="f")
    until(lambda: not is_running(container), "the end of the container")
    server.stop()
    assert not list((server.folder / "bin/containers").iterdir())
