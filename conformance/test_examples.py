"""The example of a shop's orders: three functions in Rust, unmodified, from a request to a receipt."""

import json
import urllib.error
import urllib.request

import article
import pytest
from waiting import until

ORDERS = article.ROOT / "examples" / "orders"
PRICES = json.loads((ORDERS / "prices.json").read_text())


class Shop:
    def __init__(self, server):
        done = server.run("up", str(ORDERS / "template.yaml"), "--stack-name", "orders", "--parameter", "RetrySeconds=3")
        self.server, self.names = server, article.outputs(done.stdout)
        self.s3, self.sqs = server.client("s3"), server.client("sqs")

    def put_prices(self, prices):
        self.s3.put_object(Bucket=self.names["Bucket"], Key="prices.json", Body=json.dumps(prices))

    def call(self, path, order=None, **headers):
        """The status of an answer, and what it says."""
        body = None if order is None else json.dumps(order).encode()
        # The host is told by a header: not every machine resolves hosts below localhost.
        headers["Host"] = self.names["Url"].removeprefix("http://").rstrip("/")
        request = urllib.request.Request(self.server.endpoint + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    def order(self, key, customer, article, count=1):
        order = {"customer": customer, "lines": [{"article": article, "count": count}]}
        return self.call("/orders", order, **{"Idempotency-Key": key})

    def read(self, key):
        return self.s3.get_object(Bucket=self.names["Bucket"], Key=key)["Body"].read().decode()

    def keys(self, prefix):
        found = self.s3.list_objects_v2(Bucket=self.names["Bucket"], Prefix=prefix).get("Contents", [])
        return [entry["Key"] for entry in found]

    def count(self, queue):
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.names[queue], AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])


@pytest.fixture
def shop(server):
    shop = Shop(server)
    shop.put_prices(PRICES)
    return shop


def test_an_order_is_priced_kept_and_has_a_receipt(shop):
    assert shop.order("o-1", "ada", "tea", count=2) == (202, {"id": "o-1"})
    assert shop.order("o-1", "ada", "tea", count=2) == (202, {"id": "o-1"}), "once more, by a client that is not sure"
    status, order = until(lambda: (got := shop.call("/orders/o-1"))[0] == 200 and got, "the order")
    assert order == {"id": "o-1", "customer": "ada", "lines": [{"article": "tea", "count": 2}], "total": 700}

    receive = lambda: shop.sqs.receive_message(QueueUrl=shop.names["Dispatch"], WaitTimeSeconds=5).get("Messages")
    record = json.loads(until(receive, "the receipt's destination")[0]["Body"])
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"] == {"receipts": ["receipts/o-1.txt"]}
    assert shop.read("receipts/o-1.txt") == "Order o-1 of ada\n     2 tea\nTotal 7.00\n"

    # All of it is one journey, from the request to the destination. The second request is another one: it led to nothing.
    def resources(kind):
        hops = json.loads(shop.server.run("trace", "receipts/o-1.txt", "--json").stdout)["hops"]
        return sorted(hop["resource"].rpartition(":orders-")[2].split("-")[0] for hop in hops if hop["kind"] == kind)

    until(lambda: {"Dispatch", "OrdersQueue"} <= set(resources("send")), "the hops of both queues")
    assert resources("publish") == ["Orders"] and resources("invoke") == ["Fulfil", "Intake", "Receipt"]


def test_what_cannot_be_an_order_is_refused(shop):
    status, answer = shop.order("o 1", "ada", "tea")
    assert status == 400 and "id" in answer["error"]
    assert shop.order("o-1", "ada", "tea", count=0)[0] == 400
    assert shop.call("/orders", {"customer": "ada"}) == (400, {"error": "missing field `lines` at line 1 column 19"})
    assert shop.call("/orders/o-1")[0] == 404 and shop.call("/elsewhere")[0] == 404


def test_an_order_that_fails_is_rejected_and_replayed_once_it_can_be_done(shop):
    for key, customer, what in [("a-1", "ada", "tea"), ("a-2", "ada", "kettle"), ("b-1", "bob", "tea")]:
        assert shop.order(key, customer, what)[0] == 202
    until(lambda: shop.count("Rejected") == 1, "the rejected order")
    # It holds up nobody: neither others nor, once it is rejected, the customer.
    assert shop.order("a-3", "ada", "cup")[0] == 202
    until(lambda: len(shop.keys("receipts/")) == 3, "the other orders' receipts")
    assert shop.keys("orders/") == ["orders/a-1.json", "orders/a-3.json", "orders/b-1.json"]

    shop.put_prices({**PRICES, "kettle": 4900})
    replay = ("replay", "--failed", "--since", "1h", "--from", shop.names["Fulfil"], "--run", "priced")
    assert "1 replayed" in shop.server.run(*replay).stdout
    until(lambda: "receipts/a-2.txt" in shop.keys("receipts/"), "the mended order's receipt")
    assert json.loads(shop.read("orders/a-2.json"))["total"] == 4900
    assert "0 replayed" in shop.server.run(*replay).stdout

    printed = shop.server.run("logs", shop.names["Fulfil"]).stdout
    lines = [json.loads(line[line.index("{") :]) for line in printed.splitlines() if "{" in line]
    assert [line["error"] for line in lines if "failed" in line] == ["kettle has no price"] * 3
    assert [line["fulfilled"] for line in lines if line.get("fulfilled", "").startswith("a-")] == ["a-1", "a-3", "a-2"]
