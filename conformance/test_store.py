"""A store is copied while it is used, made again from the copy, and checked; operators see what it does."""

import re
import threading
import urllib.request

import conftest
import pytest


def check(folder):
    return conftest.run("check", str(folder), check=False)


def send(server, number, name="orders"):
    sqs = server.client("sqs")
    queue_url = sqs.create_queue(QueueName=name)["QueueUrl"]
    for first in range(0, number, 10):
        entries = [{"Id": str(n), "MessageBody": f"{n}-{'x' * 500}"} for n in range(first, min(first + 10, number))]
        assert len(sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)["Successful"]) == len(entries)
    return queue_url


def receive_all(server, queue_url):
    sqs, found = server.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"].split("-")[0] for message in messages]
    return sorted(int(number) for number in found)


def metrics(server):
    with urllib.request.urlopen(f"{server.endpoint}/_konekuta/metrics") as answer:
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        lines = answer.read().decode().splitlines()
    assert lines[-1] == "# EOF"
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_a_backup_is_one_moment_of_a_running_server(server, tmp_path):
    sns, sqs = server.client("sns"), server.client("sqs")
    topic = sns.create_topic(Name="both")["TopicArn"]
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("left", "right")]
    for queue_url in urls:
        attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]
        policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}'
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"], Attributes={"RawMessageDelivery": "true"})
    s3 = server.client("s3")
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="large", Body=b"7" * 3_000_000)
    published, enough, stop = [], threading.Event(), threading.Event()

    def publish():
        while not stop.is_set():
            sns.publish(TopicArn=topic, Message=f"{len(published)}-")
            published.append(len(published))
            if len(published) == 50:
                enough.set()

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        assert enough.wait(60)
        before = len(published)
        server.run("backup", str(tmp_path / "backup"))
        after = len(published) + 1
    finally:
        stop.set()
        thread.join()
    assert not list((tmp_path / "data").glob("copy-*"))
    server.stop()

    said = conftest.run("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "again" / "data"))
    assert "messages" in said.stdout
    restored = conftest.Server(tmp_path / "again")
    try:
        left, right = (receive_all(restored, url.replace(server.endpoint, restored.endpoint)) for url in urls)
        assert left == right == list(range(len(left))), "each publish is in both queues or in none"
        assert before <= len(left) <= after
        kept = restored.client("s3").get_object(Bucket="kept", Key="large")["Body"].read()
        assert kept == b"7" * 3_000_000
    finally:
        restored.end()


def test_a_flipped_bit_is_found_with_its_file_and_place_and_is_not_served(server, tmp_path):
    queue_url = send(server, 50)
    server.kill()
    assert check(tmp_path / "data").returncode == 0
    files = [path for path in (tmp_path / "data").glob("partition-*/*") if b"25-xxxx" in path.read_bytes()]
    assert len(files) == 1
    content = bytearray(files[0].read_bytes())
    place = content.index(b"25-xxxx") + 100
    content[place] ^= 0x10
    files[0].write_bytes(content)

    said = check(tmp_path / "data")
    assert said.returncode == 1
    assert files[0].name in said.stderr
    offset = int(re.search(r"at (?:offset )?(\d+)", said.stderr).group(1))
    assert offset <= place, "the record that holds the bit"

    log = server.folder / "stderr"
    try:
        server.start()
    except AssertionError:
        assert files[0].name in log.read_text(), "what is damaged in the middle is not opened, and it says why"
        return
    assert 25 not in receive_all(server, queue_url)


def test_a_store_in_use_is_neither_checked_nor_overwritten(server, tmp_path):
    send(server, 1)
    assert "is in use" in check(tmp_path / "data").stderr
    server.run("backup", str(tmp_path / "backup"))
    said = conftest.run("restore", str(tmp_path / "backup"), "--data-dir", str(tmp_path / "data"), check=False)
    assert said.returncode == 1 and "is not empty" in said.stderr
    said = server.run("backup", str(tmp_path / "backup"), check=False)
    assert said.returncode == 1 and "is not empty" in said.stderr


def test_a_store_of_another_format_is_refused(server, tmp_path):
    server.stop()
    description = tmp_path / "data" / "store.json"
    description.write_text(re.sub(r'"format": \d+', '"format": 99', description.read_text()))
    said = check(tmp_path / "data")
    assert said.returncode == 1 and "99" in said.stderr
    with pytest.raises(AssertionError):
        server.start()
    assert "99" in (tmp_path / "stderr").read_text()


def test_operators_see_requests_backlog_and_syncs(server):
    queue_url = send(server, 20)
    server.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=5)
    seen = metrics(server)
    name = "arn:aws:sqs:us-east-1:000000000000:orders"
    assert seen[f'konekuta_queue_messages{{queue="{name}",state="visible"}}'] == "15"
    assert seen[f'konekuta_queue_messages{{queue="{name}",state="not_visible"}}'] == "5"
    sends = [value for key, value in seen.items() if "SendMessageBatch" in key and "count" in key]
    assert sends == ["2"]
    assert sum(int(value) for key, value in seen.items() if key.startswith("konekuta_log_records_total")) >= 3
    with urllib.request.urlopen(f"{server.endpoint}/_konekuta/health") as answer:
        assert answer.status == 200
