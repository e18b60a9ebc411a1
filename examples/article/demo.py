"""The article's section 3-3 by itself: brings the application up on a server of its own, invokes the preprocessor, follows
the request to both mails, and starts service02 alone from the middle. Exit code 0 only if every check held.

    demo.py KONEKUTA          with KEEP=1 in the environment the server stays up
"""

import json
import os
import quopri
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import boto3

HERE = Path(__file__).resolve().parent
SECONDS_MAX = 60
BEGAN = time.monotonic()


def say(text=""):
    print(text, flush=True)


def hop(text):
    say(f"  {time.monotonic() - BEGAN:7.3f} s  {text}")


def check(holds, text):
    if not holds:
        raise SystemExit(f"demo: this did not hold: {text}")
    say(f"  checked     {text}")


def until(question, what):
    """Asks again until there is an answer, for a bounded time."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.01)
    raise SystemExit(f"demo: {what} did not happen within {SECONDS_MAX} seconds")


class Demo:
    def __init__(self, konekuta, folder):
        self.konekuta, self.folder = konekuta, Path(folder)
        command = [konekuta, "serve", "--data-dir", str(self.folder / "data"), "--port", "0"]
        self.log = open(self.folder / "server.log", "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"ready at (http://\S+)", line)
        if not found:
            raise SystemExit("demo: the server did not start:\n" + (self.folder / "server.log").read_text())
        self.endpoint = found.group(1)
        hop(f"konekuta is up at {self.endpoint}, its data in {self.folder / 'data'}")

    def client(self, service):
        keys = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "demo"}
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()

    def bring_up(self):
        command = [self.konekuta, "up", str(HERE / "template.yaml"), "--endpoint", self.endpoint, "--stack-name", "article"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        say(done.stdout)
        self.names = dict(re.findall(r"^output\s+(\S+)\s+(\S+)$", done.stdout, re.M))

    def mails(self):
        outbox = self.folder / "data" / "outbox"
        return [quopri.decodestring(path.read_bytes()).decode() for path in sorted(outbox.glob("*.eml"))]

    def mail_with(self, *texts):
        return next((mail for mail in self.mails() if all(text in mail for text in texts)), None)

    def confirm(self):
        mail = until(lambda: self.mail_with("Subscription Confirmation"), "the confirmation mail")
        link = re.search(r"http://\S+/confirmation\.html\S+", mail).group(0)
        hop(f"the notifier asks its subscriber to confirm: {link[:60]}…")
        with urllib.request.urlopen(link) as answer:
            check(answer.status == 200, "the link in the mail confirms the subscription")

    def object(self, service, request_id):
        s3 = self.client("s3")
        key = f"article/{service}/{request_id}.json"
        try:
            return json.loads(s3.get_object(Bucket=self.names["Bucket"], Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            return None

    def invoke(self):
        answer = self.client("lambda").invoke(FunctionName=self.names["Preprocessor"], Payload=b'{"any": "event"}')
        payload = json.loads(answer["Payload"].read())
        check("FunctionError" not in answer and payload["statusCode"] == 200, "the preprocessor answers 200")
        request_id = payload["body"]["request_id"]
        hop(f"preprocessor: request id {request_id}")
        return request_id

    def follow(self, request_id):
        before = until(lambda: self.object("preprocessor", request_id), "the preprocessor's object")
        hop(f"S3: article/preprocessor/{request_id}.json")
        hop("SNS connector: one commit into the queue of each service")
        after = {}
        for service in ("service01", "service02"):
            after[service] = until(lambda: self.object(service, request_id), f"{service}'s object")
            hop(f"SQS → Lambda trigger → {service} → S3: article/{service}/{request_id}.json")
        mails = {}
        for service in after:
            mails[service] = until(lambda: self.mail_with(json.dumps(service), request_id), f"{service}'s mail")
            hop(f"SNS notifier → e-mail: {service} is done")
        return before, after, mails

    def from_the_middle(self, request_id):
        key = f"article/service02/{request_id}.json"
        self.client("s3").delete_object(Bucket=self.names["Bucket"], Key=key)
        count = len(self.mails())
        invocations = self.invocations()
        envelope = json.dumps({"Message": json.dumps({"request_id": request_id})})
        self.client("sqs").send_message(QueueUrl=self.names["Service02Queue"], MessageBody=envelope)
        hop(f"service02 alone is started for {request_id}")
        again = until(lambda: self.object("service02", request_id), "service02's object")
        hop(f"service02 → S3: {key}")
        until(lambda: len(self.mails()) > count, "service02's mail")
        hop("SNS notifier → e-mail: service02 is done")
        check(self.invocations() == invocations, "the preprocessor did not run again")
        return again

    def invocations(self):
        command = [self.konekuta, "logs", self.names["Preprocessor"], "--endpoint", self.endpoint]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        return printed.count("START RequestId")


def run(demo):
    say("\n-- The application, from examples/article/template.yaml\n")
    demo.bring_up()
    demo.confirm()
    say("\n-- 3-3: the preprocessor is invoked with an arbitrary event\n")
    request_id = demo.invoke()
    before, after, mails = demo.follow(request_id)
    say("\n-- What became of the data\n")
    say(f"  preprocessor {json.dumps(before)}")
    for service, data in after.items():
        say(f"  {service}    {json.dumps(data)}")
    check(before == {"key1": "val1", "key2": "val2", "key3": "val3"}, "the preprocessor stored the sample data")
    check(after["service01"] == {**before, "key1": None}, "service01 cleared key1")
    check(after["service02"] == {**before, "key2": None}, "service02 cleared key2")
    say("\n-- The mail as it was delivered\n")
    say("  " + mails["service01"].replace("\r\n", "\n").replace("\n", "\n  "))
    say("-- From the middle: service02 alone\n")
    check(demo.from_the_middle(request_id) == after["service02"], "service02 made the same of it")


def main():
    konekuta = sys.argv[1]
    keep = os.environ.get("KEEP") == "1"
    with tempfile.TemporaryDirectory(prefix="konekuta-demo-") as folder:
        demo = Demo(konekuta, folder)
        try:
            run(demo)
            say("\nEverything held.")
            if keep:
                say(f"It stays up until you press Ctrl-C. Use it with: aws --endpoint-url {demo.endpoint} sqs list-queues")
                demo.process.wait()
        except KeyboardInterrupt:
            pass
        finally:
            if demo.process.poll() is None:
                demo.end()


if __name__ == "__main__":
    main()
