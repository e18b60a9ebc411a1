"""Functions that misbehave in every way, for a while: the server's memory, processes and descriptors come back.

`SOAK_SECONDS=600` goes on for longer.
"""

import concurrent.futures
import json
import os
import pathlib
import time

from processes import descendants, is_running, waiting_supervisors
from test_functions import create
from waiting import until

SECONDS = float(os.environ.get("SOAK_SECONDS", "12"))
# What the caches of a server that has run once may still grow by, KiB.
MEMORY_KIB = 48 << 10

CODE = """
import os, subprocess, sys, time
kept = []
def handler(event, context):
    what = event["do"]
    if what == "raise": raise ValueError("no")
    if what == "crash": os._exit(1)
    if what == "abort": os.abort()
    if what == "hang": time.sleep(60)
    if what == "descriptors":
        while True:
            try: kept.append(open("/dev/null"))
            except OSError: return len(kept) > 900
    if what == "fork":
        for _ in range(20): subprocess.Popen(["sleep", "600"], start_new_session=True)
        return "forked"
    if what == "disk":
        try:
            with open("/tmp/big", "wb") as file:
                while True: file.write(b"x" * (1 << 20))
        except OSError as error: return error.errno
        finally: os.remove("/tmp/big")
    if what == "print":
        for _ in range(2000): print("x" * 1023)
        return "printed"
    if what == "memory":
        kept.append(bytearray(1 << 30))
    return "fine"
"""
WAYS = ["raise", "crash", "abort", "hang", "descriptors", "fork", "disk", "print", "memory", "fine"]


def status(process, name):
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(name)


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def environments(process):
    """All processes but the supervisors that wait for the next functions, of which there are two at most."""
    found, waiting = descendants(process), waiting_supervisors(process)
    return found - waiting if len(waiting) <= 2 else found


def test_functions_that_misbehave_leave_the_server_as_it_was(server):
    for way in WAYS:
        functions = create(server, way, CODE, Timeout=2 if way == "hang" else 30)
    process = server.process.pid

    def round_of_all():
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return dict(zip(WAYS, pool.map(lambda way: invoke(functions, way), WAYS)))

    first = round_of_all()
    assert first["raise"] == "ValueError" and first["fine"] == "fine"
    assert first["crash"] == first["abort"] == first["memory"] == "Runtime.ExitError", first
    assert first["hang"] == "Sandbox.Timedout" and first["disk"] == 28 and first["fork"] == "forked"
    assert first["descriptors"] is True
    retire(functions)
    until(lambda: not environments(process), "the end of all environments")
    memory, open_files = status(process, "VmRSS"), descriptors(process)
    deadline, seen, rounds = time.monotonic() + SECONDS, set(), 0
    while time.monotonic() < deadline:
        assert round_of_all() == first
        seen |= descendants(process)
        rounds += 1
    assert rounds > 0 and invoke(functions, "fine") == "fine"
    retire(functions)
    kept = lambda: descendants(process) - environments(process)
    until(lambda: not any(map(is_running, (seen | descendants(process)) - kept())), "the end of all that was started")
    until(lambda: descriptors(process) <= open_files + 8, f"{open_files} descriptors, not {descriptors(process)}")
    until(lambda: status(process, "VmRSS") <= memory + MEMORY_KIB, f"{memory} KiB of memory")
    scratch = server.folder / "data" / "scratch"
    left = [path for path in scratch.iterdir() if path.name != "root" or list(path.iterdir())]
    assert not left, "temporary folders go with their environments"


def invoke(functions, way):
    answer = functions.invoke(FunctionName=way, Payload=json.dumps({"do": way}))
    payload = json.loads(answer["Payload"].read())
    return payload["errorType"] if "FunctionError" in answer else payload


def retire(functions):
    """Another configuration: environments of the earlier one end."""
    for way in WAYS:
        functions.update_function_configuration(FunctionName=way, Description=str(time.monotonic()))
    for way in WAYS:
        functions.get_waiter("function_updated_v2").wait(FunctionName=way, WaiterConfig={"Delay": 1})
