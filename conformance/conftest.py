"""A server of the program for each test that wants one, on a port of its own, gone with the test."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import boto3
import pytest

KONEKUTA = os.environ["KONEKUTA"]
REGION = "us-east-1"


def allow(sqs, queue_url, queue_arn, principal, source):
    """Lets a topic or bucket send into a queue."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})


def run(*arguments, check=True):
    """Runs konekuta to its end."""
    return subprocess.run([KONEKUTA, *arguments], check=check, capture_output=True, text=True, timeout=300)


class Server:
    """A running konekuta, started by a prefix if there is one. `restart` and `kill` keep its data."""

    def __init__(self, folder, *arguments, prefix=()):
        self.folder = folder
        self.arguments = arguments
        self.prefix = prefix
        self.log = open(folder / "stderr", "ab")
        self.start()

    def start(self):
        command = [*self.prefix, KONEKUTA, "serve", "--data-dir", str(self.folder / "data"), "--port", "0"]
        command += ["--python", sys.executable, *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"ready at (http://\S+)", line)
        assert found, f"the server did not start: {line!r} {(self.folder / 'stderr').read_text()}"
        self.endpoint = found.group(1)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) == 0
        self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def restart(self):
        self.stop()
        self.start()

    def client(self, service, **config):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="000000000000",
            aws_secret_access_key="test",
            **config,
        )

    def run(self, *arguments, check=True):
        return run(*arguments, "--endpoint", self.endpoint, check=check)

    def api(self, path):
        """What the journeys' API answers."""
        with urllib.request.urlopen(f"{self.endpoint}/_konekuta/api/{path}") as answer:
            return json.load(answer)

    def logged(self, group):
        """The lines of a log group, which come by and by; none as long as there is no such group."""
        logs = self.client("logs")
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]

    def end(self):
        """Leaves nothing running."""
        if self.process.poll() is None:
            self.kill()
        self.log.close()


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path)
    yield running
    running.end()


@pytest.fixture(scope="session")
def chromium():
    from browser import Browser

    browser = Browser()
    yield browser
    browser.end()


@pytest.fixture
def browser(chromium, scene):
    """The browser in front of what a file's `scene` has set up."""
    chromium.set_up(scene.endpoint)
    chromium.errors()
    return chromium
