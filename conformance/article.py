"""The article's application as a test drives it, in either language."""

import json
import quopri
import re
import urllib.request
from pathlib import Path

from waiting import until

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "examples" / "article" / "template.yaml"


def outputs(text):
    """The outputs that `konekuta up` prints."""
    return dict(re.findall(r"^output\s+(\S+)\s+(\S+)$", text, re.M))


def mails(server):
    folder = server.folder / "data" / "outbox"
    files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime) if folder.exists() else []
    return [quopri.decodestring(path.read_bytes()).decode() for path in files]


def bring_up(server, language):
    done = server.run("up", str(TEMPLATE), "--stack-name", "article", "--parameter", f"Language={language}")
    return outputs(done.stdout)


def confirm_mail(server):
    link = r"http://\S+/confirmation\.html\S+"
    found = until(lambda: [re.search(link, mail) for mail in mails(server) if re.search(link, mail)], "the mail to confirm")
    with urllib.request.urlopen(found[0].group(0)) as answer:
        assert answer.status == 200 and b"Subscription confirmed!" in answer.read()


def invoke(server, function, event=b'{"any": "event"}'):
    answer = server.client("lambda").invoke(FunctionName=function, Payload=event)
    payload = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, payload
    return payload


def read(server, bucket, key):
    return json.loads(server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def keys(server, bucket):
    found = server.client("s3").list_objects_v2(Bucket=bucket)
    return {entry["Key"] for entry in found.get("Contents", [])}


def check_whole_way(server, names):
    """Section 3-3: invoke the preprocessor, and find what the services have made of it."""
    request_id = invoke(server, names["Preprocessor"])["body"]["request_id"]
    wanted = {f"article/{service}/{request_id}.json" for service in ("preprocessor", "service01", "service02")}
    until(lambda: wanted <= keys(server, names["Bucket"]), "both services' work")
    before = read(server, names["Bucket"], f"article/preprocessor/{request_id}.json")
    assert before == {"key1": "val1", "key2": "val2", "key3": "val3"}
    assert read(server, names["Bucket"], f"article/service01/{request_id}.json") == {**before, "key1": None}
    assert read(server, names["Bucket"], f"article/service02/{request_id}.json") == {**before, "key2": None}
    for service in ("service01", "service02"):
        wanted = json.dumps(service)
        until(lambda: [mail for mail in mails(server) if wanted in mail and request_id in mail], f"{service}'s mail")
    return request_id
