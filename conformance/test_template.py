"""The examples' templates pass AWS's own linter; mistakes are told; a second `up` changes what changed."""

import subprocess
import sys
from pathlib import Path

import article


def test_the_templates_pass_the_linter():
    templates = [str(article.TEMPLATE), str(article.ROOT / "examples" / "orders" / "template.yaml")]
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--regions", "us-east-1", "--template", *templates],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mistake_names_file_line_resource_and_property(server, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibiltyTimeout: 3\n")
    done = server.run("up", str(wrong), "--stack-name", "wrong", check=False)
    assert done.returncode != 0
    assert "wrong.yaml:5: resource Q: property VisibiltyTimeout" in done.stderr
    assert "did you mean VisibilityTimeout?" in done.stderr


def test_a_second_up_changes_what_changed_and_down_removes_it(server, tmp_path):
    template = tmp_path / "queue.yaml"
    text = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibilityTimeout: %d\n  T: {Type: AWS::SNS::Topic}\n"
    template.write_text(text % 10)
    up = lambda: server.run("up", str(template), "--stack-name", "s").stdout
    words = lambda printed: [line.split()[0] for line in printed.splitlines()]
    assert words(up()) == ["created", "created"]
    template.write_text(text % 20)
    assert words(up()) == ["updated", "unchanged"]
    template.write_text("Resources:\n  T: {Type: AWS::SNS::Topic}\n")
    assert words(up()) == ["unchanged", "deleted"]
    assert "QueueUrls" not in server.client("sqs").list_queues()
    server.run("down", "s")
    assert server.client("sns").list_topics()["Topics"] == []


def test_a_bucket_keeps_versions_while_the_template_says_so(server, tmp_path):
    template = tmp_path / "bucket.yaml"
    kept = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: kept\n"
    versioning = "      VersioningConfiguration: {Status: %s}\n"
    s3 = server.client("s3")
    # Left out of the template, versioning is suspended: it cannot be as if it had never been.
    for properties, status in (("", None), (versioning % "Enabled", "Enabled"), ("", "Suspended"), (versioning % "Suspended", "Suspended")):
        template.write_text(kept + properties)
        server.run("up", str(template), "--stack-name", "s")
        assert s3.get_bucket_versioning(Bucket="kept").get("Status") == status
