"""Functions bounded by the kernel, where a control group (version 2) with memory can be had."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import KONEKUTA, Server
from test_functions import call, create
from waiting import until

GROUPS = Path("/sys/fs/cgroup")
CODE = """
import os, subprocess, sys, threading, time
LEAK = "kept = []\\nwhile True: kept.append(b'x' * (1 << 20))"
def handler(event, context):
    if event.get("do") == "child leaks":
        return subprocess.run([sys.executable, "-c", LEAK]).returncode
    if event.get("do") == "daemon":
        subprocess.Popen(["setsid", "sleep", "600"])
    begun = 0
    if event.get("do") == "threads":
        ended = threading.Event()
        try:
            for _ in range(2000):
                threading.Thread(target=ended.wait).start()
                begun += 1
        except RuntimeError:
            pass
        ended.set()
    if event.get("do") == "files":
        with open("/tmp/big", "wb") as big:
            for _ in range(300):
                big.write(bytes(1 << 20))
        os.remove("/tmp/big")
    return {"group": open("/proc/self/cgroup").read().strip(), "begun": begun}
"""


def own_group():
    """A group below this process's, with memory; or why there is none."""
    try:
        line = next(line for line in open("/proc/self/cgroup") if line.startswith("0::"))
        here = GROUPS / line.strip().removeprefix("0::/")
        if "memory" not in (here / "cgroup.controllers").read_text().split():
            return f"{here} has no memory controller"
        (here / "cgroup.subtree_control").write_text("+memory +pids")
        group = here / f"conformance-{os.getpid()}"
        (group / "start").mkdir(parents=True)
        # As systemd marks what it delegates: with DelegateSubgroup= the server starts one below.
        os.setxattr(group, "user.delegate", b"1")
        return group
    except (OSError, StopIteration) as error:
        return f"no group may be made here: {error or 'there are none of version 2'}"


@pytest.fixture
def delegated():
    """A prefix that starts a program alone in a delegated group."""
    group = own_group()
    if isinstance(group, Path):
        yield ["sh", "-ec", f'echo $$ > {group}/start/cgroup.procs; exec "$@"', "sh"]
        (group / "start").rmdir()
        group.rmdir()
        return
    scope = ["systemd-run", "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes"]
    if shutil.which("systemd-run") and subprocess.run([*scope, "true"], capture_output=True).returncode == 0:
        yield scope
    else:
        pytest.skip(f"{group}; and systemd delegates none")


@pytest.fixture
def server(tmp_path, delegated):
    running = Server(tmp_path, prefix=delegated)
    yield running
    if running.process.poll() is None:
        running.stop()
    running.end()


def groups_of(process):
    """The group that a server has made for itself, as a folder."""
    line = next(line for line in open(f"/proc/{process.pid}/cgroup") if line.startswith("0::"))
    return (GROUPS / line.strip().removeprefix("0::/")).parent


def test_all_processes_of_a_function_share_its_memory_and_end_together(server):
    functions = create(server, code=CODE, Timeout=60, MemorySize=128)
    error, payload = call(functions, {"do": "child leaks"})
    assert error == "Unhandled" and payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert call(functions, {})[0] is None, "the next call has a new environment"


def test_files_in_tmp_are_none_of_the_memory(server):
    assert call(create(server, code=CODE, Timeout=60, MemorySize=128), {"do": "files"})[0] is None


def test_a_function_has_1024_processes_and_threads(server):
    functions = create(server, code=CODE, Timeout=60, MemorySize=256)
    begun = call(functions, {"do": "threads"})[1]["begun"]
    assert 1000 < begun < 1024, begun


def test_groups_end_with_the_environments_and_with_the_server_even_when_it_is_killed(server, delegated):
    functions = create(server, code=CODE, Timeout=60)
    own = groups_of(server.process)
    seen = call(functions, {"do": "daemon"})[1]["group"]
    assert seen.startswith("0::") and "/environment-" in seen and own.is_dir()
    server.kill()
    server.start()
    until(lambda: not own.exists(), "the end of what a killed server has left")
    own = groups_of(server.process)
    assert call(server.client("lambda"), {"do": "daemon"})[0] is None
    assert len(list(own.glob("environment-*"))) == 1
    server.stop()
    assert not own.exists()


def test_the_doctor_says_that_it_holds(delegated, tmp_path):
    arguments = [*delegated, KONEKUTA, "doctor", "--json", "--port", "0", "--data-dir", str(tmp_path)]
    findings = json.loads(subprocess.run(arguments, capture_output=True, text=True, timeout=60).stdout)["findings"]
    seen = next(finding for finding in findings if finding["part"] == "cgroup v2")
    assert seen["state"] == "ok" and seen["seen"].startswith("delegated: "), seen
