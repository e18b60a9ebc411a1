"""Mails by SMTP: to a receiver that first refuses one."""

import socketserver
import threading

import pytest
from conftest import Server
from waiting import until


class Receiver(socketserver.ThreadingTCPServer):
    """Takes mails; refuses the first one for now."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        self.mails, self.refusals = [], 1
        super().__init__(("127.0.0.1", 0), Session)


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 ready")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.say("354 go on")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += self.rfile.readline()
                self.server.mails.append(body.decode())
                self.say("250 taken")
            elif word == b"RCPT" and self.server.refusals:
                self.server.refusals -= 1
                self.say("451 later")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


@pytest.fixture
def receiver():
    with Receiver() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def test_a_mail_is_tried_again_until_it_is_taken(receiver, tmp_path):
    server = Server(tmp_path, "--smtp-url", f"smtp://127.0.0.1:{receiver.server_address[1]}")
    try:
        sns = server.client("sns")
        topic = sns.create_topic(Name="t")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="a@example.com")
        mail = until(lambda: receiver.mails, "the mail")[0]
        assert "To: a@example.com" in mail and "Subject: AWS Notification - Subscription Confirmation" in mail
        assert receiver.refusals == 0, "the first try was refused"
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill()
        server.log.close()
