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


def test_a_kill_in_the_middle_loses_nothing(server, tmp_path):
    # What was in flight at the kill comes back when its visibility runs out: sooner here than in the template.
    text = article.TEMPLATE.read_text().replace("VisibilityTimeout: 180", "VisibilityTimeout: 5").replace("Timeout: 30", "Timeout: 5")
    text = text.replace("CodeUri: ", f"CodeUri: {article.TEMPLATE.parent}/")
    template = tmp_path / "template.yaml"
    template.write_text(text)
    done = server.run("up", str(template), "--stack-name", "article", "--parameter", "Language=python")
    names = article.outputs(done.stdout)
    request_ids = [article.invoke(server, names["Preprocessor"])["body"]["request_id"] for _ in range(5)]
    server.kill()
    server.start()
    wanted = {f"article/{service}/{request_id}.json" for service in ("service01", "service02") for request_id in request_ids}
    until(lambda: wanted <= article.keys(server, names["Bucket"]), "every request's work after the kill")
