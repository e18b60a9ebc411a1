"""What became of request X, and start it anywhere: the article's application, functions unmodified, in both languages."""

import json
import os
import urllib.parse

import article
import pytest
from waiting import until


def journey(server, name):
    """The journey as the command line prints it; none while nothing is kept."""
    done = server.run("trace", name, "--json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def hops(found, kind, text=""):
    return [hop for hop in found["hops"] if hop["kind"] == kind and text in hop["resource"] + hop["title"]]


def short_visibility(server, language, tmp_path, seconds=12, receives=2):
    """The article's template with failures that come to their end within a test."""
    text = article.TEMPLATE.read_text().replace("VisibilityTimeout: 180", f"VisibilityTimeout: {seconds}")
    text = text.replace("Timeout: 30", f"Timeout: {seconds - 1}").replace("maxReceiveCount: 5", f"maxReceiveCount: {receives}")
    folder = article.TEMPLATE.parent
    text = text.replace("CodeUri: rust/", f"CodeUri: {folder}/rust/").replace("CodeUri: python/", f"CodeUri: {folder}/python/")
    template = tmp_path / "template.yaml"
    template.write_text(text)
    done = server.run("up", str(template), "--stack-name", "article", "--parameter", f"Language={language}")
    return article.outputs(done.stdout)


@pytest.mark.parametrize("language", ["rust", "python"])
def test_one_journey_from_the_preprocessor_to_both_mails(server, language):
    names = article.bring_up(server, language)
    article.confirm_mail(server)
    request_id = article.check_whole_way(server, names)
    done = lambda: (found := journey(server, request_id)) and found["journey"]["outcome"] == "ok" and found
    found = until(done, "the end of the journey")

    root = found["hops"][0]
    assert (root["kind"], root["depth"], root["notes"]["start"]) == ("invoke", 0, "cold")
    calls = sorted((hop["notes"]["action"], hop["notes"]["key"]) for hop in hops(found, "call") if "key" in hop["notes"])
    key = lambda service: f"article/{service}/{request_id}.json"
    assert calls == sorted([
        ("PutObject", key("preprocessor")),
        ("GetObject", key("preprocessor")),
        ("GetObject", key("preprocessor")),
        ("PutObject", key("service01")),
        ("PutObject", key("service02")),
    ])
    assert all(int(hop["notes"]["size"]) > 0 and hop["notes"]["eTag"] for hop in hops(found, "call") if "key" in hop["notes"])
    assert len(hops(found, "invoke")) == 3 and len(hops(found, "publish")) == 3
    assert len(hops(found, "receive")) == len(hops(found, "delete")) == 2
    mails = hops(found, "deliver")
    assert [mail["notes"]["protocol"] for mail in mails] == ["email", "email"] and all("outbox" in mail["notes"]["answer"] for mail in mails)
    assert found["journey"]["errorCount"] == 0

    # By every name it is the same one; the object's key is enough.
    for name in (key("service02"), f"request_id={request_id}", found["journey"]["id"], mails[0]["traceId"]):
        assert journey(server, name)["journey"]["id"] == found["journey"]["id"], name
    drawn = server.run("trace", request_id).stdout
    assert f"PutObject s3://{names['Bucket']}/{key('service01')}" in drawn and "█" in drawn and "└─" in drawn
    assert server.run("trace", request_id, "--mermaid").stdout.startswith("sequenceDiagram\n")
    listed = server.api("journeys?" + urllib.parse.urlencode({"q": request_id}))
    assert [one["id"] for one in listed["journeys"]] == [found["journey"]["id"]]

    # From the connector to one service: it does its work again, and neither its mail nor the other service comes of it.
    before = len(article.mails(server))
    runs = {service: len(hops(found, "invoke", service)) for service in ("ervice01", "ervice02")}
    service = next(hop["resource"] for hop in hops(found, "invoke", "ervice01"))
    connector = hops(found, "publish", "Connector")[0]["resource"]
    printed = server.run("replay", request_id, "--from", connector, "--to", service).stdout
    assert "no further than" in printed
    trace = printed.split("\n")[0].rsplit(": ", 1)[1]
    held = lambda: (again := journey(server, trace)) and hops(again, "delete") and [hop for hop in hops(again, "publish") if hop["outcome"] == "skipped"]
    held = until(held, "the publish that is held back")
    assert "Notifier" in held[0]["resource"] and "held back" in held[0]["notes"]["reason"] and held[0]["payload"]["bytes"] > 0
    again = journey(server, trace)
    assert [call["notes"]["action"] for call in hops(again, "call")] == ["GetObject", "PutObject"]
    assert [hop["outcome"] for hop in hops(again, "send", "Service02Queue")] == ["skipped"]
    assert len(hops(again, "invoke")) == 1 and not hops(again, "deliver")
    assert again["journey"]["outcome"] == "ok" and len(article.mails(server)) == before
    found = journey(server, request_id)
    assert len(hops(found, "invoke", "ervice01")) == runs["ervice01"] + 1
    assert len(hops(found, "invoke", "ervice02")) == runs["ervice02"]


@pytest.mark.parametrize("language", ["rust", "python"])
def test_a_failed_service_is_seen_mended_and_replayed_once(server, language, tmp_path):
    names = short_visibility(server, language, tmp_path)
    article.confirm_mail(server)
    s3, functions = server.client("s3"), server.client("lambda")
    # service01 looks into a bucket that does not exist.
    service = names["Service01"] if "Service01" in names else next(
        function["FunctionName"] for function in functions.list_functions()["Functions"] if "ervice01" in function["FunctionName"]
    )
    good = functions.get_function_configuration(FunctionName=service)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=service, Environment={"Variables": {**good, "S3_BUCKET": "nowhere"}})
    functions.get_waiter("function_updated_v2").wait(FunctionName=service, WaiterConfig={"Delay": 1})
    request_id = article.invoke(server, names["Preprocessor"])["body"]["request_id"]

    failed = lambda: (found := journey(server, request_id)) and hops(found, "deadLetter") and found
    found = until(failed, "the dead letter")
    assert found["journey"]["outcome"] == "failed"
    runs = hops(found, "invoke", service)
    assert len(runs) == 2, "once, and once more"
    assert [hop["count"] for hop in hops(found, "receive") if hop["title"].startswith("receive 2")] == [2]
    assert any("NoSuchBucket" in hop["notes"].get("log", "") or request_id in hop["notes"].get("log", "") for hop in runs)
    refused = [hop for hop in hops(found, "call") if hop["outcome"] == "refused"]
    assert refused and all(hop["resource"] == "arn:aws:s3:::nowhere" for hop in refused)
    assert all(hop["outcome"] == "failed" for hop in hops(found, "return")) and len(hops(found, "return")) == 2
    drawn = server.run("trace", request_id).stdout
    assert "dead letter to" in drawn and "✖" in drawn

    # The other service has done its work, and nothing of it is done again.
    wanted = f"article/service02/{request_id}.json"
    until(lambda: wanted in article.keys(server, names["Bucket"]), "service02's work")
    before = s3.head_object(Bucket=names["Bucket"], Key=wanted)["LastModified"]

    functions.update_function_configuration(FunctionName=service, Environment={"Variables": good})
    functions.get_waiter("function_updated_v2").wait(FunctionName=service, WaiterConfig={"Delay": 1})
    arguments = ("replay", "--failed", "--since", "1h", "--from", service, "--run", "mended")
    assert "1 would be replayed" in server.run(*arguments, "--dry-run").stdout
    assert f"article/service01/{request_id}.json" not in article.keys(server, names["Bucket"])
    assert "1 replayed" in server.run(*arguments).stdout
    until(lambda: f"article/service01/{request_id}.json" in article.keys(server, names["Bucket"]), "service01's work at last")
    until(lambda: journey(server, request_id)["journey"]["outcome"] == "ok", "the end of the journey")
    again = server.run(*arguments).stdout
    assert "1 were replayed in run mended before" in again and "0 replayed" in again

    found = journey(server, request_id)
    assert len(hops(found, "start")) == 1 and hops(found, "start")[0]["notes"]["run"] == "mended"
    mails = [mail for mail in article.mails(server) if request_id in mail]
    assert len([mail for mail in mails if "service01" in mail]) == 1, "one mail of each service"
    assert len([mail for mail in mails if "service02" in mail]) == 1
    assert len(hops(found, "invoke", names["Preprocessor"])) == 1
    assert s3.head_object(Bucket=names["Bucket"], Key=wanted)["LastModified"] == before


def test_a_workflow_is_started_in_the_middle_and_told_when_its_input_has_changed(server):
    names = article.bring_up(server, "python")
    article.confirm_mail(server)
    request_id = article.check_whole_way(server, names)
    until(lambda: journey(server, request_id)["journey"]["outcome"] == "ok", "the end of the journey")
    functions = server.client("lambda").list_functions()["Functions"]
    service = next(function["FunctionName"] for function in functions if "ervice02" in function["FunctionName"])
    key = f"article/service02/{request_id}.json"
    s3 = server.client("s3")

    def anew(what):
        """The object is made again by what is done."""
        s3.delete_object(Bucket=names["Bucket"], Key=key)
        done = what()
        until(lambda: key in article.keys(server, names["Bucket"]), "service02's work from the middle")
        return done

    anew(lambda: server.run("start", service, "--message", json.dumps({"request_id": request_id})))
    anew(lambda: server.run("start", service, "--request", request_id))
    ended = anew(lambda: server.run("start", service, "--message", json.dumps({"request_id": request_id}), "--to", service))
    way = ended.stdout.splitlines()[-1]
    assert way.startswith("no further than ") and way.endswith(f":{service}") and "Service01" not in way
    trace = ended.stdout.splitlines()[-2]
    until(lambda: [hop["outcome"] for hop in hops(journey(server, trace), "publish", "Notifier")] == ["skipped"], "what is held back")
    first = anew(lambda: server.run("replay", request_id, "--from", service))
    assert first.stdout.count("replayed to") == 1
    again = server.run("replay", request_id, "--from", service)
    assert "not again" in again.stdout
    s3.put_object(Bucket=names["Bucket"], Key=f"article/preprocessor/{request_id}.json", Body=b'{"key1": "other"}')
    changed = anew(lambda: server.run("replay", request_id, "--from", service, "--run", "second"))
    assert changed.stdout.count("replayed to") == 1, "what was replayed before is not replayed with it"
    assert "has changed since" in changed.stderr and "keeps no versions" in changed.stderr
    # With another message, changed in an editor: nothing is found under that id, and the journey says so.
    editor = server.folder / "editor"
    editor.write_text("#!/bin/sh\nsed -i s/" + request_id + "/unknown/ \"$1\"\n")
    editor.chmod(0o755)
    os.environ["EDITOR"] = str(editor)
    try:
        edited = server.run("replay", request_id, "--from", service, "--run", "third", "--edit").stdout
    finally:
        del os.environ["EDITOR"]
    trace = edited.rsplit(": ", 1)[1].strip()
    refused = lambda: [hop for hop in hops(journey(server, trace), "call") if hop["outcome"] == "refused"]
    until(lambda: journey(server, trace) and refused(), "the edited message's failure")
    assert "unknown" in refused()[0]["notes"]["key"]
    preprocessors = hops(journey(server, request_id), "invoke", names["Preprocessor"])
    assert len(preprocessors) == 1, "the preprocessor ran once in all"


def test_history_outlives_a_kill_and_its_loss_loses_no_message(server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sent = sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"order": "o-1"}))["MessageId"]
    assert until(lambda: journey(server, "o-1"), "the journey")["hops"][0]["messageId"] == sent
    # Hops are written within milliseconds, without being waited for.
    until(lambda: os.path.getsize(server.folder / "data" / "history" / "00000001.hops") > 8, "the hop on the disk")
    server.kill()
    server.start()
    assert journey(server, sent)["journey"]["outcome"] == "running"
    server.kill()
    for file in (server.folder / "data" / "history").iterdir():
        file.unlink()
    server.start()
    assert journey(server, sent) is None
    assert server.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["MessageId"] == sent
