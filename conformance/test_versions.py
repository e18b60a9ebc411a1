"""Versions of objects, as boto3 and the AWS CLI see them."""

import json
import os
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, WaiterError

BUCKET = "works"


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def s3(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def enable(s3, status="Enabled"):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})


def put(s3, key, body):
    return s3.put_object(Bucket=BUCKET, Key=key, Body=body).get("VersionId")


def versions(s3, **arguments):
    """Key, version and whether it is the latest, of all versions and of all delete markers."""
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, **arguments))
    told = lambda kind: [(one["Key"], one["VersionId"], one["IsLatest"]) for page in pages for one in page.get(kind, [])]
    return told("Versions"), told("DeleteMarkers")


def test_the_state_of_a_bucket(s3):
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    for status in ("Enabled", "Suspended"):
        enable(s3, status)
        assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == status
    mfa = {"Status": "Enabled", "MFADelete": "Enabled"}
    assert refusal(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration=mfa) == ("AccessDenied", 403)
    assert refusal(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "On"}) == ("MalformedXML", 400)
    assert refusal(s3.get_bucket_versioning, Bucket="none") == ("NoSuchBucket", 404)


def test_every_write_is_a_version(s3, server):
    put(s3, "k", b"null")
    enable(s3)
    first, second = put(s3, "k", b"1"), put(s3, "k", b"2")
    copied = s3.copy_object(Bucket=BUCKET, Key="k", CopySource={"Bucket": BUCKET, "Key": "k", "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    whole = {"Bucket": BUCKET, "Key": "k", "UploadId": upload}
    source = {"Bucket": BUCKET, "Key": "k", "VersionId": second}
    part = s3.upload_part_copy(**whole, PartNumber=1, CopySource=source)
    assert part["CopySourceVersionId"] == second
    parts = [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]
    joined = s3.complete_multipart_upload(**whole, MultipartUpload={"Parts": parts})["VersionId"]
    server.kill()
    server.start()
    s3 = server.client("s3")
    contents = [(joined, b"2"), (copied["VersionId"], b"1"), (second, b"2"), (first, b"1"), ("null", b"null")]
    for version, content in contents:
        got = s3.get_object(Bucket=BUCKET, Key="k", VersionId=version)
        assert (got["VersionId"], got["Body"].read()) == (version, content)
        assert s3.head_object(Bucket=BUCKET, Key="k", VersionId=version)["VersionId"] == version
    listed = [("k", version, version == joined) for version, _ in contents]
    assert versions(s3) == (listed, [])
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["k"]


def test_delete_markers(s3):
    enable(s3)
    first = put(s3, "k", b"1")
    deleted = s3.delete_object(Bucket=BUCKET, Key="k")
    assert deleted["DeleteMarker"] is True
    marker = deleted["VersionId"]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="k")
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker)
    assert refusal(s3.get_object, Bucket=BUCKET, Key="k", VersionId=marker) == ("MethodNotAllowed", 405)
    assert refusal(s3.head_object, Bucket=BUCKET, Key="k", VersionId=marker)[1] == 405
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="k", CopySource=f"{BUCKET}/k") == ("NoSuchKey", 404)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)
    assert versions(s3) == ([("k", first, False)], [("k", marker, True)])
    s3.get_waiter("object_not_exists").wait(Bucket=BUCKET, Key="k", WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    with pytest.raises(WaiterError):
        s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="k", WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    assert refusal(s3.delete_bucket, Bucket=BUCKET) == ("BucketNotEmpty", 409)
    undeleted = s3.delete_object(Bucket=BUCKET, Key="k", VersionId=marker)
    assert (undeleted["DeleteMarker"], undeleted["VersionId"]) == (True, marker)
    s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="k", VersionId=first, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"1"
    assert "DeleteMarker" not in s3.delete_object(Bucket=BUCKET, Key="k", VersionId=first)
    assert refusal(s3.get_object, Bucket=BUCKET, Key="k", VersionId=first) == ("NoSuchVersion", 404)
    assert s3.delete_object(Bucket=BUCKET, Key="k", VersionId=first)["VersionId"] == first
    assert refusal(s3.delete_object, Bucket=BUCKET, Key="k", VersionId="no version") == ("InvalidArgument", 400)
    s3.delete_bucket(Bucket=BUCKET)


def test_many_are_deleted_at_once(s3):
    enable(s3)
    first, second = put(s3, "a", b"1"), put(s3, "a", b"2")
    put(s3, "b", b"1")
    marker = s3.delete_object(Bucket=BUCKET, Key="b")["VersionId"]
    objects = [{"Key": "a", "VersionId": second}, {"Key": "b", "VersionId": marker}, {"Key": "c"}, {"Key": "a", "VersionId": "x"}]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    by_key = {one["Key"]: one for one in answer["Deleted"]}
    assert by_key["a"] == {"Key": "a", "VersionId": second}
    assert by_key["b"] == {"Key": "b", "VersionId": marker, "DeleteMarker": True, "DeleteMarkerVersionId": marker}
    assert by_key["c"]["DeleteMarker"] is True
    assert [(error["Key"], error["VersionId"], error["Code"]) for error in answer["Errors"]] == [("a", "x", "InvalidArgument")]
    assert s3.get_object(Bucket=BUCKET, Key="a")["VersionId"] == first
    kept, markers = versions(s3)
    everything = [{"Key": key, "VersionId": version} for key, version, _ in kept + markers]
    quiet = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": everything, "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    s3.delete_bucket(Bucket=BUCKET)


def test_while_versioning_is_suspended_writes_replace_the_null_version(s3):
    enable(s3)
    kept = put(s3, "k", b"kept")
    enable(s3, "Suspended")
    assert put(s3, "k", b"null") is None
    assert put(s3, "k", b"null again") is None
    assert s3.head_object(Bucket=BUCKET, Key="k")["VersionId"] == "null"
    assert versions(s3)[0] == [("k", "null", True), ("k", kept, False)]
    deleted = s3.delete_object(Bucket=BUCKET, Key="k")
    assert (deleted["DeleteMarker"], deleted["VersionId"]) == (True, "null")
    assert versions(s3) == ([("k", kept, False)], [("k", "null", True)])
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId="null")
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"kept"


def test_listing_in_pages_by_prefix_and_delimiter(s3):
    put(s3, "a/old", b"")
    enable(s3)
    for key in ("a/1", "a/1", "a/2", "b", "b", "c/x", "ä +"):
        put(s3, key, b"")
    s3.delete_object(Bucket=BUCKET, Key="b")
    kept, markers = versions(s3)
    assert [key for key, *_ in kept] == ["a/1", "a/1", "a/2", "a/old", "b", "b", "c/x", "ä +"]
    assert kept[3][1] == "null"
    assert [latest for key, _, latest in kept if key == "b"] == [False, False] and markers[0][2] is True
    for size in (1, 2, 3):
        assert versions(s3, PaginationConfig={"PageSize": size}) == (kept, markers), size
    assert versions(s3, Prefix="b")[0] == kept[4:6]
    assert versions(s3, Prefix="a/", PaginationConfig={"PageSize": 1})[0] == kept[:4]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Delimiter="/", PaginationConfig={"PageSize": 1})
    found = [entry for page in pages for entry in page.get("CommonPrefixes", []) + page.get("Versions", []) + page.get("DeleteMarkers", [])]
    assert [entry.get("Prefix", entry.get("Key")) for entry in found] == ["a/", "b", "b", "b", "c/", "ä +"]
    after = s3.list_object_versions(Bucket=BUCKET, KeyMarker="a/1", VersionIdMarker=kept[0][1])
    assert [one["VersionId"] for one in after["Versions"]] == [version for _, version, _ in kept[1:]]
    assert refusal(s3.list_object_versions, Bucket=BUCKET, VersionIdMarker=kept[0][1]) == ("InvalidArgument", 400)
    none = s3.list_object_versions(Bucket=BUCKET, MaxKeys=0)
    assert none["IsTruncated"] is False and "Versions" not in none


def test_the_command_line(s3, server):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}

    def aws(*arguments):
        command = [sys.executable, "-m", "awscli", "--endpoint-url", server.endpoint, "--output", "json", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    aws("s3api", "put-bucket-versioning", "--bucket", BUCKET, "--versioning-configuration", "Status=Enabled")
    assert aws("s3api", "get-bucket-versioning", "--bucket", BUCKET) == {"Status": "Enabled"}
    first = put(s3, "k", b"1")
    put(s3, "k", b"2")
    # As AWS's user guide restores an earlier version.
    aws("s3api", "copy-object", "--bucket", BUCKET, "--key", "k", "--copy-source", f"{BUCKET}/k?versionId={first}")
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"1"
    listed = aws("s3api", "list-object-versions", "--bucket", BUCKET, "--prefix", "k")
    assert [one["IsLatest"] for one in listed["Versions"]] == [True, False, False]
    assert aws("s3api", "delete-object", "--bucket", BUCKET, "--key", "k")["DeleteMarker"] is True
    assert "delete: " in aws("s3", "rm", "--recursive", f"s3://{BUCKET}") or aws("s3", "ls", f"s3://{BUCKET}") == ""
    with pytest.raises(AssertionError, match="BucketNotEmpty"):
        aws("s3", "rb", f"s3://{BUCKET}")
