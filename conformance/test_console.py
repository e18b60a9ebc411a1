"""The console in a real browser: a test a screen, in both languages, light and dark, on a desk and on a phone."""

import http.client
import io
import json
import urllib.parse
import urllib.request
import zipfile

import article
import pytest
from browser import DESKTOP, PHONE
from conftest import REGION, Server
from waiting import until

HOSTILE = '<script>document.title="broken into"</script>"\'><img src=x onerror=document.title="broken into">'
FAILING = b"def handler(event, context):\n    print('about to fail')\n    raise ValueError('as asked: <b>no</b>')\n"
ECHO = b"def handler(event, context):\n    print('got', event)\n    return {'echo': event}\n"


def arn(service, name):
    return f"arn:aws:{service}:{REGION}:000000000000:{name}"


def create_function(server, name, code):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", code)
    functions = server.client("lambda")
    role = "arn:aws:iam::000000000000:role/any"
    functions.create_function(FunctionName=name, Runtime="python3.13", Handler="app.handler", Role=role, Timeout=20,
                              Code={"ZipFile": packed.getvalue()})
    functions.get_waiter("function_active_v2").wait(FunctionName=name)


def fill(server):
    """The article's application after a run, a queue of dead letters, and things with hostile contents."""
    names = article.bring_up(server, "python")
    article.confirm_mail(server)
    article.invoke(server, names["Preprocessor"])
    until(lambda: len(article.mails(server)) >= 3, "both mails")
    sqs, sns, s3 = (server.client(service) for service in ("sqs", "sns", "s3"))
    sqs.create_queue(QueueName="orders-dlq")
    policy = json.dumps({"deadLetterTargetArn": arn("sqs", "orders-dlq"), "maxReceiveCount": 3})
    sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "600"})
    orders, letters = f"{server.endpoint}/000000000000/orders", f"{server.endpoint}/000000000000/orders-dlq"
    sqs.send_message(QueueUrl=letters, MessageBody=json.dumps({"order": 17, "why": "no stock"}))
    for number in range(24):
        body = json.dumps({"order": number, "kind": "tea" if number % 2 else "cup", "items": [{"sku": f"A-{number}"}]})
        attributes = {"kind": {"DataType": "String", "StringValue": "tea"}}
        sqs.send_message(QueueUrl=orders, MessageBody=body, MessageAttributes=attributes)
    sqs.receive_message(QueueUrl=orders, MaxNumberOfMessages=3)
    sqs.send_message(QueueUrl=orders, MessageBody="later", DelaySeconds=900)
    sqs.create_queue(QueueName="hostile")
    sqs.send_message(QueueUrl=f"{server.endpoint}/000000000000/hostile", MessageBody=HOSTILE)
    sns.create_topic(Name="shop")
    filters = {"FilterPolicyScope": "MessageBody", "FilterPolicy": json.dumps({"kind": ["tea"], "price": [{"numeric": [">", 10]}]})}
    sns.subscribe(TopicArn=arn("sns", "shop"), Protocol="sqs", Endpoint=arn("sqs", "orders"), Attributes=filters)
    sns.subscribe(TopicArn=arn("sns", "shop"), Protocol="sqs", Endpoint=arn("sqs", "hostile"))
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key=f"x/{HOSTILE}.html", Body=HOSTILE.encode(), ContentType="text/html")
    s3.put_object(Bucket="pictures", Key="2026/11/report.json", Body=json.dumps({"total": 3, "rows": [1, 2, 3]}).encode())
    s3.create_bucket(Bucket="drafts")
    s3.put_bucket_versioning(Bucket="drafts", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        s3.put_object(Bucket="drafts", Key="plan.json", Body=json.dumps({"draft": number}).encode())
    s3.put_object(Bucket="drafts", Key="dropped.txt", Body=b"dropped")
    s3.delete_object(Bucket="drafts", Key="dropped.txt")
    create_function(server, "failing", FAILING)
    create_function(server, "echo", ECHO)
    server.client("lambda").invoke(FunctionName="failing", Payload=b"{}")
    return names


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("console"))
    server.names = fill(server)
    yield server
    server.end()


def journey_of(server, **wanted):
    """The newest journey that fits."""
    return server.api("journeys?" + urllib.parse.urlencode(wanted))["journeys"][0]["id"]


def hop_of(server, resource, kind):
    """A hop of that kind in the newest journey of a resource."""
    hops = server.api("journeys/" + journey_of(server, resource=resource))["hops"]
    return next(hop["id"] for hop in hops if hop["kind"] == kind)


LOOKS = [
    pytest.param(DESKTOP, "en", "light", id="desk-en-light"),
    pytest.param(DESKTOP, "ja", "dark", id="desk-ja-dark"),
    pytest.param(PHONE, "ja", "light", id="phone-ja-light"),
    pytest.param(PHONE, "en", "dark", id="phone-en-dark"),
]


@pytest.mark.parametrize(("size", "language", "theme"), LOOKS)
def test_every_screen_is_accessible_and_fits_its_window_in_every_look(chromium, scene, size, language, theme, request):
    chromium.set_up(scene.endpoint, size, language, theme)
    chromium.errors()
    mail = sorted((scene.folder / "data" / "outbox").glob("*.eml"))[-1].name
    screens = {
        "journeys": "journeys",
        "journey": "journeys/" + journey_of(scene, resource="failing"),
        "hop": "journeys/" + journey_of(scene, resource="failing") + "?hop=" + hop_of(scene, "failing", "invoke"),
        "map": "map",
        "map-node": f"map?node={arn('sqs', 'orders')}",
        "queues": "queues",
        "queue": f"queues/{arn('sqs', 'orders')}",
        "topics": "topics",
        "topic": f"topics/{arn('sns', 'shop')}",
        "functions": "functions",
        "function": f"functions/{arn('lambda', 'function:failing')}",
        "buckets": "buckets",
        "bucket": "buckets/pictures",
        "object": "buckets/pictures?object=2026/11/report.json",
        "bucket-deleted": "buckets/drafts?deleted=1",
        "object-versions": "buckets/drafts?object=plan.json",
        "object-deleted": "buckets/drafts?object=dropped.txt",
        "mails": "mails",
        "mail": f"mails/{mail}",
    }
    look = request.node.callspec.id
    faults = []
    for name, path in screens.items():
        chromium.open(path)
        assert chromium.find("html").get_attribute("lang") == language
        faults += chromium.faults(f"{name}-{look}")
    assert faults == []


def test_the_map_shows_the_article_and_its_details(browser, scene):
    browser.open("map")
    for word in ("Preprocessor", "Connector", "Service01", "Notifier"):
        assert any(word.lower() in (title or "").lower() for title in titles(browser)), word
    node = browser.find(".node.sqs")
    browser.driver.get(scene.endpoint + node.get_dom_attribute("href"))
    browser.until(lambda: browser.all(".details"), "the details")
    browser.click("[data-opens=start]")
    browser.write("#start textarea[name=body]", '{"started": "here"}')
    browser.click("#start button[type=submit]")
    browser.until(lambda: browser.all("#start .notice.good"), "the message is sent")


def test_the_map_shows_what_journeys_went_through_and_where_they_failed(browser, scene):
    scene.client("lambda").invoke(FunctionName="failing", Payload=b"{}")
    functions = scene.client("lambda").list_functions()["Functions"]
    service = next(one["FunctionArn"] for one in functions if "ervice01" in one["FunctionName"])
    browser.open(f"map?node={service}")
    browser.until(lambda: browser.all(".map text.rate"), "rates on edges")
    details = browser.text(".details")
    assert details.count("seen in journeys") >= 2, details
    assert "Notifier" in details.split("Goes to")[1] and "bucket" in details.split("Goes to")[1].lower()
    browser.until(lambda: any("failing" in title and "failed" in title for title in all_titles(browser)), "the failed function")
    browser.shoot("map-flows")
    assert browser.axe() == [] and browser.errors() == []


def all_titles(browser):
    return [title or "" for title in browser.driver.execute_script(
        "return [...document.querySelectorAll('.node title, .map-side a')].map((one) => one.textContent)")]


def titles(browser):
    return browser.driver.execute_script("return [...document.querySelectorAll('.node title')].map((one) => one.textContent)")


def test_a_journey_is_found_by_its_request_and_shows_every_hop(browser, scene):
    request = json.loads(article.mails(scene)[-1].replace("\r", "").split("\n\n")[1].split("\n")[0])["request_id"]
    browser.open("journeys")
    browser.write("#search", request)
    browser.find("form[role=search]").submit()
    browser.until(lambda: len(browser.all("tbody tr")) == 1, "the journey of the request")
    browser.click("tbody th a")
    browser.until(lambda: browser.all(".waterfall li"), "the waterfall")
    hops = browser.text(".waterfall")
    for word in ("Connector", "Service01", "Service02", "Notifier", "s3://", "email to developer@example.com"):
        assert word in hops, (word, hops)
    browser.shoot("journey-article")
    assert browser.errors() == []


def test_a_failed_invocation_shows_payload_error_and_log_side_by_side(browser, scene):
    payload = json.dumps({"order": HOSTILE}).encode()
    scene.client("lambda").invoke(FunctionName="failing", Payload=payload)
    browser.open("journeys?outcome=failed&resource=failing")
    browser.until(lambda: browser.all("tbody tr"), "the failed journey")
    browser.click("tbody th a")
    browser.until(lambda: browser.all(".hop.invoke"), "the invocation")
    browser.click(".hop.invoke")
    browser.until(lambda: browser.all("#hop-details"), "the hop's details")
    assert "order" in browser.text(".in-and-out") and "ValueError" in browser.text(".in-and-out")
    browser.until(lambda: "about to fail" in browser.text("#hop-details .log"), "the log")
    assert browser.driver.title != "broken into" and not browser.all("main img")
    browser.shoot("journey-failed")
    assert browser.axe() == [] and browser.errors() == []


def loaded(browser):
    """Milliseconds until the page was there."""
    return browser.driver.execute_script("return performance.getEntriesByType('navigation')[0].duration")


def test_a_journey_of_a_thousand_hops_is_paged(browser, scene):
    sqs = scene.client("sqs")
    url = sqs.create_queue(QueueName="long")["QueueUrl"]
    root = "Root=1-6924c0de-00000000000000000000beef;Parent=00000000000000aa;Sampled=1"
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": root}}
    for batch in range(100):
        entries = [{"Id": str(n), "MessageBody": f"{batch}-{n}", "MessageSystemAttributes": header} for n in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    trace = "1-6924c0de-00000000000000000000beef"
    until(lambda: len(scene.api(f"journeys/{trace}")["hops"]) >= 1000, "all hops")
    browser.open(f"journeys/{trace}")
    assert loaded(browser) < 3000
    assert len(browser.all(".waterfall li")) == 250
    assert browser.driver.execute_script("return document.querySelectorAll('*').length") < 4000
    browser.click(".waterfall a[rel=next]")
    browser.until(lambda: "251" in browser.text(".waterfall .pager"), "the next page")
    browser.shoot("journey-thousand")
    assert browser.errors() == []


def test_a_queue_is_peeked_sent_to_and_purged_only_after_a_question(browser, scene):
    sqs = scene.client("sqs")
    url = sqs.create_queue(QueueName="tried")["QueueUrl"]
    browser.open(f"queues/{arn('sqs', 'tried')}")
    browser.click("[data-opens=send]")
    browser.write("#send textarea[name=body]", '{"hello": "there"}')
    browser.shoot("queue-send")
    browser.click("#send button[type=submit]")
    browser.until(lambda: browser.all("#send .notice.good"), "the message is sent")
    browser.click("#send [data-closes]")
    browser.until(lambda: "hello" in browser.text(".messages"), "the message appears by itself")
    browser.click(".message summary")
    assert "\"hello\": \"there\"" in browser.text(".message .payload")
    # Looked at, not received: whoever receives it is the first.
    browser.click("[data-opens=purge]")
    browser.shoot("queue-purge")
    browser.click("#purge [data-closes].plain")
    received = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=0)
    assert received["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert browser.all(".message[open]"), "what was opened stays open while the page is live"
    browser.click("[data-opens=purge]")
    browser.click("#purge .danger")
    browser.until(lambda: not browser.all(".message"), "the queue is empty")
    assert browser.errors() == []


def test_a_topic_is_published_to_and_its_filters_say_why_not(browser, scene):
    browser.open(f"topics/{arn('sns', 'shop')}")
    browser.write("form[action$=topic-judge] textarea[name=body]", '{"kind": "tea", "price": 7}')
    browser.click("form[action$=topic-judge] button[type=submit]")
    browser.until(lambda: browser.all(".verdicts"), "the verdicts")
    verdicts = browser.text(".verdicts")
    assert "would not get it" in verdicts and "would get it" in verdicts
    assert [row.get_attribute("class") for row in browser.all(".conditions tbody tr")] == ["holds", "fails"]
    assert '{"numeric":[">",10.0]}' in verdicts
    browser.shoot("topic-filter")
    browser.click("[data-opens=publish]")
    browser.write("#publish textarea[name=body]", '{"kind": "tea", "price": 12}')
    browser.click("#publish button[type=submit]")
    browser.until(lambda: browser.all("#publish .notice.good"), "the message is published")
    assert browser.axe() == [] and browser.errors() == []


def test_a_function_is_tested_with_a_saved_event_and_its_log_appears(browser, scene):
    browser.open(f"functions/{arn('lambda', 'function:echo')}")
    browser.write("#event", '{"request_id": "from the browser"}')
    browser.write("#event-name", "mine")
    browser.click("button[formaction$=event-save]")
    browser.until(lambda: browser.all("option[data-name=mine]"), "the event is saved")
    option = browser.find("option[data-name=mine]")
    assert json.loads(option.get_attribute("value")) == {"request_id": "from the browser"}
    option.click()
    browser.until(lambda: "from the browser" in browser.find("#event").get_attribute("value"), "the saved event")
    browser.click("form[action$=function-invoke] .primary")
    browser.until(lambda: browser.all(".test .notice.good"), "the answer")
    assert '"echo"' in browser.text(".test output")
    browser.until(lambda: "from the browser" in browser.text(".log"), "the log grows by itself")
    browser.shoot("function-tested")
    assert browser.axe() == [] and browser.errors() == []


def test_a_function_that_fails_says_so(browser, scene):
    browser.open(f"functions/{arn('lambda', 'function:failing')}")
    browser.click("form[action$=function-invoke] .primary")
    browser.until(lambda: browser.all(".test .notice.bad"), "the failure")
    assert "ValueError" in browser.text(".test output")
    browser.until(lambda: browser.all(".log .loud") and "about to fail" in browser.text(".log"), "the log")
    browser.find(".test output").location_once_scrolled_into_view
    browser.shoot("function-failed")


def test_a_bucket_takes_a_file_and_shows_it(browser, scene, tmp_path):
    file = tmp_path / "お知らせ 1.json"
    file.write_text('{"from": "the browser"}')
    browser.open("buckets/pictures?prefix=in/")
    browser.click("[data-opens=upload]")
    browser.find("input[type=file]").send_keys(str(file))
    assert browser.find("#upload input[name=key]").get_attribute("value") == f"in/{file.name}"
    browser.click("#upload button[type=submit]")
    browser.until(lambda: browser.all("#upload .notice.good"), "the file is stored")
    stored = scene.client("s3").get_object(Bucket="pictures", Key=f"in/{file.name}")
    assert stored["Body"].read() == file.read_bytes() and stored["ContentType"] == "application/json"
    browser.click("#upload [data-closes]")
    browser.until(lambda: file.name in browser.text("#live"), "the file is listed by itself")
    browser.click("#live th a")
    browser.until(lambda: '"the browser"' in browser.text(".payload"), "its content")
    browser.click("[data-opens=delete]")
    browser.click("#delete .danger")
    keys = lambda: scene.client("s3").list_objects_v2(Bucket="pictures", Prefix="in/").get("KeyCount")
    until(lambda: keys() == 0, "the object is gone")


def test_versions_are_kept_looked_at_brought_back_and_deleted(browser, scene):
    s3 = scene.client("s3")
    content = lambda **version: s3.get_object(Bucket="plans", Key="a/plan.json", **version)["Body"].read()
    rows = lambda: browser.all("#versions tbody tr")
    s3.create_bucket(Bucket="plans")
    s3.put_object(Bucket="plans", Key="a/plan.json", Body=b'{"draft": "first"}')
    browser.open("buckets/plans?prefix=a/")
    assert "not kept" in browser.text(".versioning")
    browser.click("[data-opens=keep-versions]")
    browser.shoot("keep-versions")
    assert browser.axe() == []
    browser.click("#keep-versions .danger")
    browser.until(lambda: browser.all(".versioning .badge.good"), "versions are kept")
    s3.put_object(Bucket="plans", Key="a/plan.json", Body=b'{"draft": "second"}')
    browser.click("#live th a")
    browser.until(lambda: len(rows()) == 2 and '"second"' in browser.text(".payload"), "both versions")
    browser.shoot("versions")
    # An older one is looked at, downloaded and made current again.
    rows()[1].find_element("css selector", "th a").click()
    browser.until(lambda: '"first"' in browser.text(".payload"), "the older version")
    download = browser.find(".actions a[download]").get_attribute("href")
    assert urllib.request.urlopen(download).read() == b'{"draft": "first"}'
    browser.click("[data-opens=restore-version]")
    browser.click("#restore-version .danger")
    browser.until(lambda: len(rows()) == 3, "the copy")
    assert content() == b'{"draft": "first"}'
    # The object is deleted, found among the deleted ones, and back once its marker is removed.
    browser.open("buckets/plans?object=a/plan.json")
    browser.click("[data-opens=delete]")
    assert "its versions stay" in browser.text("#delete")
    browser.click("#delete .danger")
    browser.until(lambda: "delete marker" in browser.text("#live .notice"), "that it is deleted")
    browser.open("buckets/plans?prefix=a/")
    assert "plan.json" not in browser.text("#live")
    browser.click(".versioning a")
    browser.until(lambda: browser.all("td .badge.off"), "the deleted object")
    browser.click("#live th a")
    browser.until(lambda: len(rows()) == 4, "its versions")
    rows()[0].find_element("css selector", "th a").click()
    browser.until(lambda: browser.all("[data-opens=delete-version]"), "the marker's page")
    browser.shoot("delete-marker")
    browser.click("[data-opens=delete-version]")
    browser.click("#delete-version .danger")
    browser.until(lambda: s3.list_objects_v2(Bucket="plans").get("KeyCount") == 1, "the object is back")
    # A version is deleted for good.
    browser.open("buckets/plans?object=a/plan.json&version=null")
    browser.click("[data-opens=delete-version]")
    browser.click("#delete-version .danger")
    left = lambda: [one["VersionId"] for one in s3.list_object_versions(Bucket="plans")["Versions"]]
    until(lambda: len(left()) == 2 and "null" not in left(), "the version is gone")
    browser.open("buckets/plans")
    browser.click("[data-opens=suspend-versions]")
    browser.click("#suspend-versions .danger")
    browser.until(lambda: browser.all(".versioning .badge.warn"), "versioning is suspended")
    assert browser.errors() == []


def test_a_mail_is_shown_as_it_was_sent_with_its_links(browser, scene):
    browser.open("mails")
    rows = len(browser.all("tbody tr"))
    assert rows >= 3
    browser.write("#search", "Subscription Confirmation")
    browser.find("form[role=search]").submit()
    browser.until(lambda: 0 < len(browser.all("tbody tr")) < rows, "fewer mails")
    browser.click("tbody th a")
    browser.until(lambda: browser.all(".letter"), "the mail")
    links = [link.get_attribute("href") for link in browser.all(".letter a")]
    assert any("/confirmation.html" in link for link in links)


def test_nothing_that_comes_from_outside_becomes_markup(browser, scene):
    sns = scene.client("sns")
    sns.create_topic(Name="letters")
    sns.subscribe(TopicArn=arn("sns", "letters"), Protocol="email", Endpoint='"<b>x</b>"@example.com')
    hostile = "x/" + HOSTILE + ".html"
    for path in (
        f"queues/{arn('sqs', 'hostile')}",
        "buckets/pictures?prefix=x/",
        "buckets/pictures?object=" + urllib.parse.quote(hostile, safe=""),
        "queues?search=" + urllib.parse.quote(HOSTILE),
        "map?search=" + urllib.parse.quote(HOSTILE),
        "mails?search=" + urllib.parse.quote(HOSTILE),
        "no/such/" + urllib.parse.quote(HOSTILE, safe=""),
    ):
        browser.driver.get(f"{scene.endpoint}/_konekuta/{path}")
        browser.until(lambda: browser.all("#pulse[data-state]"), "the page")
        assert browser.driver.title != "broken into", path
        assert not browser.all("main script, main img"), path
    browser.errors()


def test_a_foreign_host_origin_or_form_is_refused(scene):
    address = urllib.parse.urlsplit(scene.endpoint)
    host = f"{address.hostname}:{address.port}"
    form = urllib.parse.urlencode({"arn": arn("sqs", "orders"), "body": "x"})
    plain = {"Host": host, "Content-Type": "application/x-www-form-urlencoded"}

    def ask(method, path, headers, body=None):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    status, headers, page = ask("GET", "/_konekuta/queues", {"Host": host})
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    token = page.split('name="konekuta-token" content="')[1].split('"')[0]
    # DNS rebinding: the browser believes that our address is evil.example's.
    assert ask("GET", "/_konekuta/queues", {"Host": f"evil.example:{address.port}"})[0] == 403
    assert ask("GET", "/_konekuta/api/journeys", {"Host": f"evil.example:{address.port}"})[0] == 403
    assert ask("GET", "/_konekuta/api/journeys", {"Host": host, "Origin": "http://evil.example"})[0] == 403
    assert ask("GET", "/_konekuta/metrics", {"Host": "10.0.0.7:4566"})[0] == 200
    send = "/_konekuta/do/queue-send"
    before = scene.client("sqs").get_queue_attributes(QueueUrl=f"{scene.endpoint}/000000000000/orders", AttributeNames=["All"])
    for case in (
        plain,
        {**plain, "X-Konekuta-Token": "0" * len(token)},
        {**plain, "X-Konekuta-Token": token, "Origin": "http://evil.example"},
        {**plain, "X-Konekuta-Token": token, "Origin": "null"},
        {**plain, "X-Konekuta-Token": token, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    ):
        assert ask("POST", send, case, form)[0] == 403, case
    assert ask("PUT", "/_konekuta/upload/pictures/k", {"Host": host}, "x")[0] == 403
    assert ask("GET", "/_konekuta/live?path=/_konekuta/queues", {"Host": host, "Origin": "http://evil.example"})[0] == 403
    after = scene.client("sqs").get_queue_attributes(QueueUrl=f"{scene.endpoint}/000000000000/orders", AttributeNames=["All"])
    assert before["Attributes"] == after["Attributes"]
    own = {**plain, "X-Konekuta-Token": token, "Origin": scene.endpoint}
    assert ask("POST", send, own, urllib.parse.urlencode({"arn": arn("sqs", "hostile"), "body": "x"}))[0] == 200


def test_keys_move_between_screens_and_the_switches_are_kept(browser, scene):
    browser.open("map")
    body = browser.find("body")
    body.send_keys("gq")
    browser.until(lambda: "/queues" in browser.driver.current_url, "the queues")
    browser.until(lambda: browser.find("#pulse").get_attribute("data-state") == "live", "a live page")
    browser.find("body").send_keys("?")
    browser.until(lambda: browser.all("#help[open]"), "the help")
    browser.shoot("help")
    assert browser.axe() == []
    browser.click("#help form button")
    browser.find("body").send_keys("t")
    assert browser.find("html").get_attribute("data-theme") == "dark"
    browser.find("body").send_keys("p")
    browser.until(lambda: browser.find("#pulse").get_attribute("data-state") == "paused", "the pause")
    browser.find("body").send_keys("/")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "search"
    browser.click("a[hreflang=ja]")
    browser.until(lambda: browser.find("html").get_attribute("lang") == "ja", "Japanese")
    assert "/queues" in browser.driver.current_url
    assert browser.find("html").get_attribute("data-theme") == "dark"
    assert browser.errors() == []


def test_ten_thousand_queues_are_paged_searched_and_mapped(chromium, tmp_path):
    server = Server(tmp_path, "--durability", "memory")
    try:
        sqs = server.client("sqs")
        for number in range(10_000):
            sqs.create_queue(QueueName=f"many-{number:05}")
        chromium.set_up(server.endpoint)
        chromium.errors()
        chromium.open("queues")
        chromium.until(lambda: "10 000" in chromium.text(".pager").replace("\u202f", " "), "the count of all queues")
        assert len(chromium.all("tbody tr")) == 50
        chromium.click("a[rel=next]")
        chromium.until(lambda: "many-00050" in chromium.text(), "the next page")
        chromium.write("#search", "many-0777")
        chromium.find("form[role=search]").submit()
        chromium.until(lambda: len(chromium.all("tbody tr")) == 10, "the queues that were searched for")
        chromium.shoot("queues-ten-thousand")
        chromium.open("map")
        elements = chromium.driver.execute_script("return document.querySelectorAll('*').length")
        assert elements < 3000, elements
        assert loaded(chromium) < 5000
        assert chromium.errors() == []
    finally:
        server.end()
