"""Commands that are kept running, and what the machine offers."""

import json
import os
import signal
import socket
import subprocess
import sys

from conftest import KONEKUTA, Server, run
from processes import is_running
from waiting import until

# Prints where it is, says that it is there, and ends as it is told to.
CONSUMER = """
import os, signal, sys, time, boto3
folder = sys.argv[1]
def ended(*_):
    open(os.path.join(folder, "ended"), "w").close()
    sys.exit(0)
signal.signal(signal.SIGTERM, ended)
print("endpoint", os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"], os.environ.get("OWN"), flush=True)
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: time.sleep(60)
with open(os.path.join(folder, "runs"), "a") as runs:
    runs.write(f"{os.getpid()} {child}\\n")
sqs = boto3.client("sqs")
url = sqs.create_queue(QueueName="q")["QueueUrl"]
while True:
    for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
        print("consumed", message["Body"], flush=True)
        if message["Body"] == "die": os._exit(3)
"""


def processes(folder):
    """The worker's process and its child, of each run."""
    file = folder / "runs"
    return [[int(word) for word in line.split()] for line in file.read_text().splitlines()] if file.exists() else []


def printed(server, name):
    return server.logged(f"/konekuta/worker/{name}")


def test_a_worker_is_started_again_and_ends_with_its_process_group(server, tmp_path):
    script = tmp_path / "consumer.py"
    script.write_text(CONSUMER)
    command = [KONEKUTA, "worker", "--name", "consumer", "--endpoint", server.endpoint, "--region", "us-east-1"]
    command += ["--", sys.executable, str(script), str(tmp_path)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "OWN": "mine"})
    try:
        assert worker.stdout.readline() == f"endpoint {server.endpoint} us-east-1 mine\n"
        sqs = server.client("sqs")
        url = until(lambda: sqs.list_queues().get("QueueUrls"), "the worker's queue")[0]
        sqs.send_message(QueueUrl=url, MessageBody="die")
        until(lambda: len(processes(tmp_path)) == 2, "the second run")
        first, second = processes(tmp_path)
        until(lambda: not any(map(is_running, first)), "the end of the first run and of its child")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0 and (tmp_path / "ended").exists()
        assert not any(map(is_running, second))
        lines = printed(server, "consumer")
        assert "consumed die" in lines and sum(line.startswith("endpoint ") for line in lines) == 2
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()


def test_workers_of_the_file_run_with_the_server_and_end_with_it_even_by_a_kill(tmp_path):
    script, settings = tmp_path / "consumer.py", tmp_path / "konekuta.toml"
    script.write_text(CONSUMER)
    settings.write_text(
        f"[workers.consumer]\ncommand = {json.dumps([sys.executable, str(script), str(tmp_path)])}\nenvironment = {{OWN = 'told'}}\n"
    )
    server = Server(tmp_path, "--config", str(settings))
    try:
        until(lambda: any("told" in line for line in printed(server, "consumer")), "the worker's first line")
        (running,) = processes(tmp_path)
        server.kill()
        until(lambda: not any(map(is_running, running)), "the worker's end")
    finally:
        server.end()


def test_the_doctor_says_what_holds(tmp_path):
    arguments = ["--data-dir", str(tmp_path / "data"), "--port", "0", "--json"]
    findings = {finding["part"]: finding for finding in json.loads(run("doctor", *arguments).stdout)["findings"]}
    assert {findings[part]["state"] for part in ("port", "data folder", "clock")} == {"ok"}
    assert all(finding["state"] == "ok" or finding["mend"] for finding in findings.values())
    assert not (tmp_path / "data").exists()
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # Nobody answers there: the doctor must not wait for it.
        port = str(taken.getsockname()[1])
        done = run("doctor", "--data-dir", str(tmp_path / "file" / "below"), "--port", port, check=False)
    assert done.returncode == 1
    assert "fails    port" in done.stdout and "fails    data folder" in done.stdout
