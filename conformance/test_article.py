"""The article's application, functions unmodified, in both languages, through a restart and from the middle."""

import json

import article
import pytest
from waiting import until


@pytest.mark.parametrize("language", ["rust", "python"])
def test_the_whole_way_and_from_the_middle(server, language):
    names = article.bring_up(server, language)
    article.confirm_mail(server)
    request_id = article.check_whole_way(server, names)

    # service02 alone, for the same request, without the preprocessor.
    key = f"article/service02/{request_id}.json"
    s3 = server.client("s3")
    s3.delete_object(Bucket=names["Bucket"], Key=key)
    message = json.dumps({"Message": json.dumps({"request_id": request_id})})
    server.client("sqs").send_message(QueueUrl=names["Service02Queue"], MessageBody=message)
    until(lambda: key in article.keys(server, names["Bucket"]), "service02's work from the middle")

    # Bringing it up again changes nothing.
    again = server.run("up", str(article.TEMPLATE), "--stack-name", "article", "--parameter", f"Language={language}")
    changed = [line for line in again.stdout.splitlines() if line.split()[0] in ("created", "updated", "replaced", "deleted")]
    assert changed == []

    printed = server.run("logs", names["Preprocessor"]).stdout
    assert "START RequestId" in printed and request_id in printed and "REPORT RequestId" in printed


def test_a_kill_in_the_middle_loses_nothing(server):
    names = article.bring_up(server, "python")
    article.confirm_mail(server)
    request_ids = [article.invoke(server, names["Preprocessor"])["body"]["request_id"] for _ in range(5)]
    server.kill()
    server.start()
    wanted = {f"article/{service}/{request_id}.json" for service in ("service01", "service02") for request_id in request_ids}
    # What was in flight comes back when its visibility runs out: the application's queues say 180 seconds, so let go of it now.
    sqs = server.client("sqs")
    for name in ("Service01Queue", "Service02Queue"):
        url = names[name].replace(names[name].split("/000000000000/")[0], server.endpoint)
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "180"})
    present = article.keys(server, names["Bucket"])
    missing = wanted - present
    in_flight = sum(
        int(sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=names[name].rsplit("/", 1)[1])["QueueUrl"], AttributeNames=["All"])["Attributes"][count])
        for name in ("Service01Queue", "Service02Queue")
        for count in ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    )
    later = wanted - article.keys(server, names["Bucket"])
    assert len(later) <= in_flight or not missing, "every message is either done or still in its queue"
