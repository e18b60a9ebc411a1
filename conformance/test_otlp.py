"""Journeys exported by OTLP, decoded by OpenTelemetry's own messages in a receiver over HTTP, and by a collector."""

import gzip
import importlib.util
import json
import socket
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import article
import pytest
from conftest import Server, allow
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from test_functions import create
from waiting import until

ARN = "arn:aws:sqs:us-east-1:000000000000:"


class Receiver(ThreadingHTTPServer):
    """Takes spans at /v1/traces; refuses the first post as one that is busy does."""

    daemon_threads = True

    def __init__(self, busy=1):
        super().__init__(("127.0.0.1", 0), Post)
        self.spans, self.busy, self.refused, self.times, self.agents = {}, busy, 0, {}, set()
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def named(self, name):
        return [span for span in list(self.spans.values()) if span.name == name]


class Post(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.server.busy:
            self.server.busy -= 1
            self.server.refused += 1
            return self.reply(503, b"")
        self.server.agents.add(self.headers.get("User-Agent"))
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            resource = attributes(of_resource.resource)
            for scope in of_resource.scope_spans:
                for span in scope.spans:
                    assert len(span.trace_id) == 16 and len(span.span_id) == 8 and span.end_time_unix_nano >= span.start_time_unix_nano > 0
                    self.server.spans[span.trace_id, span.span_id] = span
                    self.server.times[span.trace_id, span.span_id] = self.server.times.get((span.trace_id, span.span_id), 0) + 1
                    assert resource["service.name"]
        self.reply(200, ExportTraceServiceResponse().SerializeToString())

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def attributes(of):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


@pytest.fixture
def exporting(tmp_path):
    receiver = Receiver()
    server = Server(tmp_path, "--otlp", receiver.url)
    yield server, receiver
    server.end()
    receiver.shutdown()
    receiver.server_close()


def test_a_journey_is_exported_with_its_parents_and_a_batch_with_links_to_its_messages(exporting):
    server, receiver = exporting
    sns, sqs = server.client("sns"), server.client("sqs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    allow(sqs, url, f"{ARN}q", "sns.amazonaws.com", topic)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{ARN}q")
    for number in range(2):
        sns.publish(TopicArn=topic, Message=json.dumps({"number": number}))
    functions = create(server, code="def handler(event, context):\n    return len(event['Records'])", Timeout=10)
    functions.create_event_source_mapping(FunctionName="f", EventSourceArn=f"{ARN}q", BatchSize=10, MaximumBatchingWindowInSeconds=1)
    until(lambda: len(receiver.named("delete q")) == 2, "the export of the whole way")

    linked = set()
    for span in receiver.named("process f"):
        assert span.kind == Span.SPAN_KIND_CONSUMER and attributes(span)["messaging.operation.type"] == "process"
        # One message is its parent; of several, each is linked.
        linked |= {(link.trace_id, link.span_id) for link in span.links}
        assert {link.trace_id for link in span.links} != {span.trace_id} or len(span.links) == 1
    for publish in receiver.named("publish t"):
        assert publish.kind == Span.SPAN_KIND_PRODUCER and not publish.parent_span_id
        below = lambda span, name: [one for one in receiver.named(name) if (one.trace_id, one.parent_span_id) == (span.trace_id, span.span_id)]
        [send] = below(publish, "send q")
        [receive] = below(send, "receive q")
        assert (send.kind, receive.kind) == (Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER)
        told = attributes(receive)
        assert (told["messaging.system"], told["messaging.destination.name"]) == ("aws_sqs", "q")
        assert told["messaging.message.id"] == attributes(send)["messaging.message.id"]
        assert (receive.trace_id, receive.span_id) in linked
    assert receiver.refused == 1, "a busy receiver is asked again"
    metrics = urllib.request.urlopen(server.endpoint + "/_konekuta/metrics").read().decode()
    assert "konekuta_otlp_retries_total 1\n" in metrics and "konekuta_otlp_lost_spans_total 0\n" in metrics


def test_a_failure_is_an_error_and_what_came_last_is_sent_at_the_end(exporting):
    server, receiver = exporting
    functions = create(server, code="def handler(event, context):\n    raise ValueError('no')", Timeout=10)
    functions.invoke(FunctionName="f", Payload=b"{}")
    server.stop()
    [span] = receiver.named("invoke f")
    assert (span.status.code, span.status.message) == (Status.STATUS_CODE_ERROR, "no")
    assert attributes(span)["error.type"] == "ValueError" and attributes(span.events[0])["exception.message"] == "no"


def test_after_a_kill_the_export_goes_on_where_it_ended(exporting):
    server, receiver = exporting
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="taken")
    until(lambda: len(receiver.named("send q")) == 1, "the first span")
    receiver.busy, refused = 1000, receiver.refused
    sqs.send_message(QueueUrl=url, MessageBody="refused so far")
    until(lambda: receiver.refused > refused, "a post that is refused")
    server.kill()
    receiver.busy = 0
    server.start()
    server.client("sqs").send_message(QueueUrl=url, MessageBody="after the kill")
    until(lambda: len(receiver.named("send q")) == 3, "all three spans")
    assert all(receiver.times[span.trace_id, span.span_id] == 1 for span in receiver.named("send q"))


@contextmanager
def collector(folder, receiver):
    """Rotel, an OpenTelemetry collector: takes OTLP over HTTP, and sends on what it has read."""
    program = Path(importlib.util.find_spec("rotel").origin).parent / "rotel-agent"
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        http, grpc = (f"127.0.0.1:{listens.getsockname()[1]}" for listens in (one, other))
    command = [str(program), "start", "--otlp-http-endpoint", http, "--otlp-grpc-endpoint", grpc]
    command += ["--exporter", "otlp", "--otlp-exporter-protocol", "http", "--otlp-exporter-endpoint", receiver.url, "--batch-timeout", "50ms"]
    with open(folder / "collector.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={})
    try:
        yield f"http://{http}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_collector_takes_the_articles_journey_with_its_parents_and_links(tmp_path):
    receiver = Receiver(busy=0)
    with collector(tmp_path, receiver) as url:
        server = Server(tmp_path, "--otlp", url)
        try:
            names = article.bring_up(server, "python")
            article.confirm_mail(server)
            request_id = article.check_whole_way(server, names)

            def whole():
                found = server.api(f"journeys/{request_id}")
                return found["journey"]["outcome"] == "ok" and found

            found = until(whole, "the end of the journey")
            bytes_of = lambda hop, part: bytes.fromhex(hop[part].removeprefix("1-").replace("-", ""))
            keys = {(bytes_of(hop, "traceId"), bytes_of(hop, "span")): hop for hop in found["hops"]}
            until(lambda: set(keys) <= set(receiver.spans), "the collector's export of the whole journey")
            metrics = urllib.request.urlopen(server.endpoint + "/_konekuta/metrics").read().decode()
            assert "konekuta_otlp_lost_spans_total 0\n" in metrics and "konekuta_otlp_retries_total 0\n" in metrics
        finally:
            server.end()
    receiver.shutdown()
    receiver.server_close()

    assert len(keys) >= 20 and not any("konekuta" in (agent or "") for agent in receiver.agents), "all came through the collector"
    for (trace, own), hop in keys.items():
        span = receiver.spans[trace, own]
        assert receiver.times[trace, own] == 1, hop
        if "parent" not in hop:
            assert not span.parent_span_id and not span.links, hop
            continue
        parent = bytes_of(hop, "parent")
        above = {(trace, span.parent_span_id)} | {(link.trace_id, link.span_id) for link in span.links}
        assert any(one in receiver.spans and one[1] == parent for one in above), hop
    [mail_one, mail_two] = [receiver.spans[key] for key, hop in keys.items() if hop["kind"] == "deliver"]
    assert mail_one.kind == mail_two.kind == Span.SPAN_KIND_CLIENT
    services = [span for span in receiver.spans.values() if span.name.startswith("process ")]
    assert len(services) == 2 and all(len(span.links) == 1 and span.kind == Span.SPAN_KIND_CONSUMER for span in services)
    puts = [span for span in receiver.spans.values() if span.name == "S3.PutObject"]
    assert len(puts) == 3 and all(span.parent_span_id for span in puts)
