"""The server is killed again and again, at any moment, under load from several clients: what it acknowledged holds.

More rounds: CRASH_ROUNDS=1000 python -m pytest conformance/test_crash.py
"""

import collections
import itertools
import os
import random
import threading
import time

import botocore.config
import botocore.exceptions
from conftest import allow

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "50"))
VISIBILITY_SECONDS = 5
GONE = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError)


class Ledger:
    """What the clients tried and what they were promised. Times are monotonic."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.defaultdict(set)
        self.seen = collections.defaultdict(set)
        self.deleting = collections.defaultdict(set)
        self.deleted = {}
        self.receives = {}
        self.published = set()
        self.problems = []
        self.numbers = itertools.count(1)

    def number(self):
        with self.lock:
            return next(self.numbers)

    def received(self, queue, messages, begun):
        with self.lock:
            before = set()
            for message in messages:
                body = message["Body"]
                key = (queue, body)
                self.seen[queue].add(body)
                if self.deleted.get(key, begun) < begun:
                    self.problems.append(f"{body} came back to {queue} after its delete was acknowledged")
                count = int(message["Attributes"]["ApproximateReceiveCount"])
                if count < self.receives.get(key, 0):
                    self.problems.append(f"the receive count of {body} in {queue} fell to {count}")
                self.receives[key] = count
                if queue.endswith(".fifo"):
                    self.in_order(queue, body, before)
                before.add(body)

    def in_order(self, queue, body, before):
        """Each group has one sender, which waits for each answer: whatever it was promised earlier comes earlier."""
        group, number = body.split("-")
        for earlier in self.acknowledged[queue] - self.deleting[queue] - before:
            other, its_number = earlier.split("-")
            if other == group and int(its_number) < int(number):
                self.problems.append(f"{body} overtook {earlier}")


class Load:
    """Clients that work until the server is gone."""

    def __init__(self, server, ledger, urls, topic):
        self.server, self.ledger, self.urls, self.topic = server, ledger, urls, topic
        works = [self.send, self.send, self.send_in_order, self.send_in_order, self.publish, self.consume, self.consume_in_order]
        self.threads = [threading.Thread(target=self.until_gone, args=(work,)) for work in works]

    def client(self, service):
        config = botocore.config.Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=10)
        return self.server.client(service, config=config)

    def until_gone(self, work):
        sqs, sns = self.client("sqs"), self.client("sns")
        try:
            while True:
                work(sqs, sns)
        except GONE:
            pass

    def run(self, seconds):
        for thread in self.threads:
            thread.start()
        time.sleep(seconds)  # the moment of the crash is what is random here
        self.server.kill()
        for thread in self.threads:
            thread.join()

    def send(self, sqs, _):
        body = f"s-{self.ledger.number()}"
        sqs.send_message(QueueUrl=self.urls["plain"], MessageBody=body)
        with self.ledger.lock:
            self.ledger.acknowledged["plain"].add(body)

    def send_in_order(self, sqs, _):
        group = f"g{threading.get_ident()}"
        body = f"{group}-{self.ledger.number()}"
        sqs.send_message(QueueUrl=self.urls["row.fifo"], MessageBody=body, MessageGroupId=group, MessageDeduplicationId=body)
        with self.ledger.lock:
            self.ledger.acknowledged["row.fifo"].add(body)

    def publish(self, _, sns):
        body = f"p-{self.ledger.number()}"
        with self.ledger.lock:
            self.ledger.published.add(body)
        sns.publish(TopicArn=self.topic, Message=body)
        with self.ledger.lock:
            for queue in ["left", "right"]:
                self.ledger.acknowledged[queue].add(body)

    def consume(self, sqs, _):
        take(sqs, self.ledger, self.urls, "plain", share=0.7)

    def consume_in_order(self, sqs, _):
        take(sqs, self.ledger, self.urls, "row.fifo", share=0.7)


def take(sqs, ledger, urls, queue, share):
    """Receives, and deletes a share of what came. Answers how many came."""
    begun = time.monotonic()
    answer = sqs.receive_message(
        QueueUrl=urls[queue], MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )
    messages = answer.get("Messages", [])
    ledger.received(queue, messages, begun)
    for message in messages:
        if random.random() > share:
            # Behind one that stays in flight nothing of its group may be deleted out of turn.
            break
        with ledger.lock:
            ledger.deleting[queue].add(message["Body"])
        sqs.delete_message(QueueUrl=urls[queue], ReceiptHandle=message["ReceiptHandle"])
        with ledger.lock:
            ledger.deleted.setdefault((queue, message["Body"]), time.monotonic())
    return len(messages)


def test_what_was_acknowledged_survives_being_killed_at_any_moment(server):
    sqs, sns = server.client("sqs"), server.client("sns")
    for queue in ["plain", "row.fifo", "left", "right"]:
        attributes = {"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        if queue.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        sqs.create_queue(QueueName=queue, Attributes=attributes)
    topic = sns.create_topic(Name="all")["TopicArn"]
    for queue in ["left", "right"]:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
        url = f"{server.endpoint}/000000000000/{queue}"
        allow(sqs, url, arn, "sns.amazonaws.com", topic)
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    ledger = Ledger()
    for _ in range(ROUNDS):
        urls = {queue: f"{server.endpoint}/000000000000/{queue}" for queue in ["plain", "row.fifo", "left", "right"]}
        Load(server, ledger, urls, topic).run(random.uniform(0.05, 0.5))
        server.start()
        assert not ledger.problems, ledger.problems[:5]
    urls = {queue: f"{server.endpoint}/000000000000/{queue}" for queue in urls}
    sqs = server.client("sqs")
    for queue in urls:
        empty(sqs, ledger, urls, queue)
    assert not ledger.problems, ledger.problems[:5]
    for queue, bodies in ledger.acknowledged.items():
        lost = bodies - ledger.seen[queue] - ledger.deleting[queue]
        assert not lost, f"{len(lost)} acknowledged messages are lost from {queue}: {sorted(lost)[:5]}"
    half = (ledger.seen["left"] ^ ledger.seen["right"]) & ledger.published
    assert not half, f"publishes that reached one of two queues: {sorted(half)[:5]}"
    sent = sum(len(bodies) for bodies in ledger.acknowledged.values())
    print(f"{ROUNDS} kills, {sent} acknowledged messages, {len(ledger.deleted)} acknowledged deletes")
    assert sent > ROUNDS * 10


def empty(sqs, ledger, urls, queue):
    """Receives and deletes until nothing is there, in flight neither."""
    while True:
        if take(sqs, ledger, urls, queue, share=1):
            continue
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=urls[queue], AttributeNames=names)["Attributes"]
        if not any(int(count) for count in counts.values()):
            return
        sqs.receive_message(QueueUrl=urls[queue], WaitTimeSeconds=1, VisibilityTimeout=0)
