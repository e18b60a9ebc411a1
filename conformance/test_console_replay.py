"""Start anywhere and replay in a real browser, as somebody would who looks for what became of a request."""

import json

import article
import pytest
from conftest import REGION, Server
from waiting import until


def arn(service, name):
    return f"arn:aws:{service}:{REGION}:000000000000:{name}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("console-replay"))
    server.names = article.bring_up(server, "python")
    article.confirm_mail(server)
    server.request = article.check_whole_way(server, server.names)
    functions = server.client("lambda").list_functions()["Functions"]
    server.service = next(one["FunctionName"] for one in functions if "ervice02" in one["FunctionName"])
    server.done = f"article/service02/{server.request}.json"
    yield server
    server.end()


def anew(server, what):
    """service02's work is gone and made again by what is done."""
    server.client("s3").delete_object(Bucket=server.names["Bucket"], Key=server.done)
    what()
    until(lambda: server.done in article.keys(server, server.names["Bucket"]), "service02's work once more")


def open_run(browser, server):
    """The journey of the request, found by its id, at service02's first run."""
    browser.open("journeys")
    browser.write("#search", server.request)
    browser.find("form[role=search]").submit()
    browser.until(lambda: browser.all("tbody tr"), "the journey of the request")
    browser.driver.get(browser.all("tbody th a")[-1].get_attribute("href"))
    browser.until(lambda: server.service in browser.text(".waterfall"), "service02 in the waterfall")
    next(hop for hop in browser.all(".hop.invoke") if server.service in hop.text).click()
    browser.until(lambda: browser.all("#hop-details [data-opens=replay]"), "the hop's details")


def replay(browser, again=False):
    browser.click("#hop-details [data-opens=replay]")
    browser.until(lambda: browser.all("#replay[open]"), "the question")
    if again:
        browser.click("#replay input[name=again]")


def test_a_step_is_replayed_from_its_journey_and_the_replay_is_linked_to_it(browser, scene):
    open_run(browser, scene)
    replay(browser)
    browser.shoot("replay-dialog")
    assert not browser.all("#replay .notice"), "no object has changed"
    assert browser.axe() == []
    anew(scene, lambda: browser.click("#replay button[type=submit]"))
    browser.until(lambda: browser.all("#replay .notice.good"), "the replay")
    browser.shoot("replay-done")
    browser.click("#replay .notice.good a")
    browser.until(lambda: "s3://" in browser.text(".waterfall"), "the journey of the replay")
    hops = browser.text(".waterfall")
    assert "replay" in hops and scene.service in hops and "Preprocessor" not in hops
    browser.shoot("replay-journey")
    # Back to where it came from, which shows the replay among its hops.
    browser.find("#live p a").click()
    browser.until(lambda: "Preprocessor" in browser.text(".waterfall"), "the journey that was replayed")
    assert browser.all(".hop.start")
    # By accident it is not done twice.
    open_run(browser, scene)
    replay(browser)
    browser.click("#replay button[type=submit]")
    browser.until(lambda: "replayed before" in browser.text("#replay output"), "that it was replayed before")
    assert browser.errors() == []


def test_a_replay_makes_objects_what_they_were_where_the_bucket_keeps_versions(browser, scene):
    s3, bucket, key = scene.client("s3"), scene.names["Bucket"], f"article/preprocessor/{scene.request}.json"
    content = lambda: s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    then, mails = content(), len(article.mails(scene))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key=key, Body=b'{"key1": "other"}')
    open_run(browser, scene)
    replay(browser, again=True)
    assert "has changed since" in browser.text("#replay")
    browser.click("#replay input[name=restore]")
    browser.shoot("replay-restore")
    assert browser.axe() == []
    anew(scene, lambda: browser.click("#replay button[type=submit]"))
    browser.until(lambda: "again what it was" in browser.text("#replay output"), "the object is restored")
    assert content() == then
    assert browser.errors() == []
    # The same from the terminal.
    s3.delete_object(Bucket=bucket, Key=key)
    replays = lambda *options: scene.run("replay", scene.request, "--from", scene.service, "--run", "terminal", *options)
    assert f"s3://{bucket}/{key} is gone; --restore makes it what it was" in replays("--dry-run").stderr
    assert f"s3://{bucket}/{key} is again what it was, as version " in replays("--restore").stderr
    assert content() == then
    until(lambda: len(article.mails(scene)) == mails + 2, "the mails of both replays")


def test_a_replay_says_which_object_has_changed_and_takes_another_message(browser, scene):
    key = f"article/preprocessor/{scene.request}.json"
    scene.client("s3").put_object(Bucket=scene.names["Bucket"], Key=key, Body=b'{"key1": "other"}')
    open_run(browser, scene)
    replay(browser, again=True)
    assert "has changed since" in browser.text("#replay") and key in browser.text("#replay")
    browser.shoot("replay-object-changed")
    anew(scene, lambda: browser.click("#replay button[type=submit]"))
    browser.until(lambda: browser.all("#replay output .notice.good"), "the replay")
    assert key in browser.text("#replay output .notice.object")
    # What was recorded stands there to be changed.
    browser.click("#replay summary")
    recorded = browser.find("#replay textarea").get_attribute("value")
    assert json.loads(json.loads(recorded)["Message"])["request_id"] == scene.request
    browser.write("#replay textarea", recorded.replace(scene.request, "unknown"))
    browser.shoot("replay-edited")
    link = lambda: browser.find("#replay output .notice.good a").get_attribute("href")
    first = link()
    browser.click("#replay button[type=submit]")
    browser.until(lambda: link() != first, "the second replay")
    browser.click("#replay .notice.good a")
    browser.until(lambda: "article/preprocessor/unknown.json" in browser.text(".waterfall"), "what the other message led to")
    browser.shoot("replay-edited-journey")
    assert browser.errors() == []


def test_a_replay_ends_at_the_step_that_is_chosen(browser, scene):
    mails = len(article.mails(scene))
    open_run(browser, scene)
    replay(browser, again=True)
    steps = [option.text for option in browser.all("#replay select[name=to] option")]
    assert any("function" in step and scene.service in step for step in steps), steps
    next(option for option in browser.all("#replay select[name=to] option") if scene.service in option.text).click()
    browser.shoot("replay-to")
    assert browser.axe() == []
    anew(scene, lambda: browser.click("#replay button[type=submit]"))
    browser.until(lambda: browser.all("#replay output .notice.good a"), "the replay")
    browser.click("#replay .notice.good a")
    browser.until(lambda: browser.all(".hop.publish.skipped"), "what is held back")
    browser.click(".hop.publish.skipped")
    browser.until(lambda: "held back" in browser.text("#hop-details"), "why")
    browser.shoot("replay-to-held-back")
    assert not browser.all(".hop.deliver") and len(article.mails(scene)) == mails
    assert browser.errors() == []


@pytest.mark.parametrize("kind", ["send", "receive", "delete"])
def test_every_hop_of_a_message_leads_back_to_what_its_step_got(browser, scene, kind):
    browser.open(f"journeys/{scene.request}")
    browser.until(lambda: browser.all(f".hop.{kind}"), "the hop")
    browser.find(f".hop.{kind}").click()
    browser.until(lambda: browser.all("#hop-details [data-opens=replay]"), "the button")
    replay(browser, again=True)
    before = len(scene.api(f"journeys/{scene.request}")["hops"])
    browser.click("#replay button[type=submit]")
    browser.until(lambda: browser.all("#replay output .notice.good"), "the replay")
    until(lambda: len(scene.api(f"journeys/{scene.request}")["hops"]) > before, "new hops in the journey")


def test_a_workflow_is_started_at_a_node_of_the_map(browser, scene):
    browser.open("map")
    browser.until(lambda: browser.all(".node.lambda"), "the map")
    node = next(node for node in browser.all(".node") if "Service02" in node.find_element("css selector", "title").get_attribute("textContent")
                and "lambda" in node.get_attribute("class"))
    node.click()
    browser.until(lambda: browser.all(".details [data-opens=start]"), "the details")
    browser.click(".details [data-opens=start]")
    browser.write("#start textarea[name=body]", json.dumps({"request_id": scene.request}))
    browser.shoot("start-dialog")
    anew(scene, lambda: browser.click("#start button[type=submit]"))
    browser.until(lambda: browser.all("#start .notice.good a"), "the start")
    browser.click("#start .notice.good a")
    browser.until(lambda: "s3://" in browser.text(".waterfall"), "the new journey")
    hops = browser.text(".waterfall")
    assert "start" in hops and scene.service in hops and "Preprocessor" not in hops
    browser.shoot("start-journey")
    # A message that is no JSON is refused by nobody but its reader; an empty one is not sent at all.
    assert browser.errors() == []


def test_what_is_started_at_a_node_ends_at_the_step_that_is_chosen(browser, scene):
    mails = len(article.mails(scene))
    browser.open("map")
    node = lambda: [one for one in browser.all(".node.sns") if "Connector" in one.find_element("css selector", "title").get_attribute("textContent")]
    browser.until(node, "the connector")[0].click()
    browser.until(lambda: browser.all(".details [data-opens=start]"), "the details")
    browser.click(".details [data-opens=start]")
    browser.write("#start textarea[name=body]", json.dumps({"request_id": scene.request}))
    ends = browser.all("#start select[name=to] option")
    assert sum("ervice0" in end.text and "function" in end.text for end in ends) == 2, [end.text for end in ends]
    next(end for end in ends if scene.service in end.text).click()
    browser.shoot("start-to")
    assert browser.axe() == []
    anew(scene, lambda: browser.click("#start button[type=submit]"))
    browser.until(lambda: browser.all("#start .notice.good a"), "the start")
    browser.click("#start .notice.good a")
    browser.until(lambda: browser.all(".hop.publish.skipped"), "what service02 would have told")
    assert len(browser.all(".hop.send.skipped")) == 1, "service01 lies beside the way"
    assert not browser.all(".hop.deliver") and len(article.mails(scene)) == mails
    # What a mapping hands over is a flow of the map.
    flows = scene.api("flows")["flows"]
    assert any(flow["kind"] == "mapping" and flow["to"].endswith(scene.service) for flow in flows), flows
    browser.open("map")
    browser.until(lambda: len(browser.all(".map text.rate")) >= 4, "rates from topics to queues and from queues to functions")
    browser.shoot("map-rates")
    assert browser.errors() == []


def test_dead_letters_are_redriven_and_the_page_shows_how_far(browser, scene):
    sqs = scene.client("sqs")
    letters = sqs.create_queue(QueueName="letters")["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn("sqs", "letters"), "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName="source", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for number in range(30):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    received = 0
    while received < 30:
        received += len(sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", []))
    # Received too often now: the next receive moves them.
    sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0)
    count = lambda url: int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])
    until(lambda: sqs.receive_message(QueueUrl=source, VisibilityTimeout=0) and count(letters) == 30, "all dead letters")
    browser.open(f"queues/{arn('sqs', 'letters')}")
    browser.click("[data-opens=redrive]")
    browser.write("#redrive input[name=rate]", "10")
    browser.shoot("redrive-dialog")
    browser.click("#redrive button[type=submit]")
    browser.until(lambda: browser.all("#redrive .notice.good"), "the redrive has begun")
    browser.click("#redrive header [data-closes]")
    browser.until(lambda: 0 < float(browser.find(".task progress").get_attribute("value")) < 30, "some are moved")
    browser.shoot("redrive-progress")
    assert browser.axe() == []
    browser.until(lambda: "COMPLETED" in browser.text(".task"), "the end of the redrive")
    assert count(source) == 30 and count(letters) == 0
    assert browser.errors() == []
