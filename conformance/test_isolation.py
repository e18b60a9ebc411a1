"""What a function sees of the machine, and that it ends with the server."""

import json

from processes import descendants, is_running, is_supervisor, waiting_supervisors
from test_functions import call, create
from waiting import until

CODE = """
import ctypes, json, os, re, subprocess, time
def lifts(path):
    return ctypes.CDLL(None).umount2(path.encode(), 2) == 0
def handler(event, context):
    def writes(path):
        try:
            open(path, "w").close()
            return True
        except OSError:
            return False
    if event.get("daemon"):
        subprocess.Popen(["setsid", "sleep", "600"])
    filled = 0
    if event.get("fill"):
        try:
            with open("/tmp/big", "wb") as big:
                for _ in range(700):
                    big.write(bytes(1 << 20))
                    big.flush()
                    filled += 1
        except OSError:
            pass
        os.remove("/tmp/big")
    return {"task": os.environ["LAMBDA_TASK_ROOT"], "code": writes(__file__), "tmp": writes("/tmp/x"), "filled": filled,
            "data": os.path.exists(event["data"]), "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))), "pid": os.getpid(),
            "capabilities": re.search("CapEff:\\\\s*(\\\\w+)", open("/proc/self/status").read())[1],
            "lifts": [path for path in ("/var/task", "/tmp", "/opt") if event.get("lift") and lifts(path)]}
"""


def isolates(server):
    """Whether functions have namespaces of their own; else `konekuta serve` says so in its log."""
    return "run without namespaces" not in (server.folder / "stderr").read_text()


def test_a_function_sees_its_own_folders_and_nothing_of_the_data(server):
    functions = create(server, code=CODE, Timeout=30, MemorySize=512)
    _, seen = call(functions, {"data": str(server.folder / "data" / "store.json"), "fill": True, "lift": True})
    # Where the kernel refuses namespaces, paths are the machine's.
    if not isolates(server):
        assert seen["task"] != "/var/task"
        return
    assert (seen["task"], seen["code"], seen["tmp"], seen["data"]) == ("/var/task", False, True, False)
    assert 500 <= seen["filled"] <= 512, "the size of /tmp is the function's"
    assert seen["pid"] == 1 and max(seen["descriptors"]) < 10
    assert int(seen["capabilities"], 16) == 0 and seen["lifts"] == [], "nothing can be lifted off what it must not see"


def test_functions_and_what_they_have_started_end_with_the_server(server):
    functions = create(server, code=CODE, Timeout=30)
    assert call(functions, {"data": "", "daemon": True})[0] is None
    names = lambda: [open(f"/proc/{pid}/comm").read().strip() for pid in descendants(server.process.pid)]
    # What was started is `setsid` at first.
    until(lambda: "sleep" in names(), "what the function has started")
    alive = descendants(server.process.pid)
    server.kill()
    until(lambda: not any(map(is_running, alive)), "the end of all of them")


def test_tmp_has_the_size_that_is_asked_for(server):
    functions = create(server, code=CODE, Timeout=30, MemorySize=512, EphemeralStorage={"Size": 600})
    _, seen = call(functions, {"data": "", "fill": True})
    assert not isolates(server) or 590 <= seen["filled"] <= 600


def test_two_supervisors_wait_for_the_next_functions(server):
    waiting = lambda: waiting_supervisors(server.process.pid)
    functions = create(server, name="first", code=CODE)
    assert not any(map(is_supervisor, descendants(server.process.pid))), "nothing is kept before a function has run"
    functions.invoke(FunctionName="first", Payload=json.dumps({"data": ""}))
    until(lambda: len(waiting()) == 2, "two that wait")
    kept = waiting()
    create(server, name="second", code=CODE).invoke(FunctionName="second", Payload=json.dumps({"data": ""}))
    assert any(map(descendants, kept)), "the second function runs below one of them"
    until(lambda: len(waiting()) == 2, "the next one")
