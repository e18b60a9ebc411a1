"""What is kept with an object besides its content, and what AWS refuses to keep, as boto3 sees it."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import urllib.request
import zlib

import pytest
from botocore.exceptions import ClientError
from conftest import allow, run
from waiting import until

BUCKET = "works"
PART = 5 << 20


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def crc32(content):
    return base64.b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()


def sha256(content):
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture
def s3(server):
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def tags(s3, key="k", **arguments):
    told = s3.get_object_tagging(Bucket=BUCKET, Key=key, **arguments)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in told}


def tag_set(**given):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in given.items()]}


def test_answers_tell_their_request(s3):
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="absent")
    # Of the error's document, where there is one; else of the headers.
    for answer in s3.list_objects_v2(Bucket=BUCKET), caught.value.response:
        told = answer["ResponseMetadata"]
        assert told["HTTPHeaders"]["x-amz-request-id"] == told["RequestId"]
        assert told["HTTPHeaders"]["x-amz-id-2"] == told["HostId"]


def test_tags(s3, server):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Tagging="team=a%20b&empty=&plus=1+2")
    assert tags(s3) == {"team": "a b", "empty": "", "plus": "1 2"}
    assert s3.get_object(Bucket=BUCKET, Key="k")["TagCount"] == 3
    headers = s3.head_object(Bucket=BUCKET, Key="k")["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-tagging-count"] == "3"
    modified = s3.head_object(Bucket=BUCKET, Key="k")["LastModified"]
    s3.put_object_tagging(Bucket=BUCKET, Key="k", Tagging=tag_set(other="é"))
    server.kill()
    server.start()
    s3 = server.client("s3")
    assert tags(s3) == {"other": "é"}
    assert s3.head_object(Bucket=BUCKET, Key="k")["LastModified"] == modified
    source = {"Bucket": BUCKET, "Key": "k"}
    s3.copy_object(Bucket=BUCKET, Key="copied", CopySource=source)
    s3.copy_object(Bucket=BUCKET, Key="replaced", CopySource=source, TaggingDirective="REPLACE", Tagging="new=1")
    assert (tags(s3, "copied"), tags(s3, "replaced")) == ({"other": "é"}, {"new": "1"})
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts", Tagging="by=parts")["UploadId"]
    whole = {"Bucket": BUCKET, "Key": "parts", "UploadId": upload}
    part = s3.upload_part(**whole, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(**whole, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert tags(s3, "parts") == {"by": "parts"}
    s3.delete_object_tagging(Bucket=BUCKET, Key="k")
    assert tags(s3) == {} and "TagCount" not in s3.get_object(Bucket=BUCKET, Key="k")
    put = lambda **given: refusal(s3.put_object_tagging, Bucket=BUCKET, Key="k", Tagging=tag_set(**given))
    assert put(**{f"k{number}": "" for number in range(11)}) == ("BadRequest", 400)
    assert put(**{"k" * 129: ""}) == put(k="v" * 257) == put(**{"aws:k": ""}) == put(**{"k;": ""}) == ("InvalidTag", 400)
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    assert refusal(s3.put_object_tagging, Bucket=BUCKET, Key="k", Tagging=twice) == ("InvalidTag", 400)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Tagging="a=1&a=2") == ("InvalidArgument", 400)
    assert refusal(s3.get_object_tagging, Bucket=BUCKET, Key="none") == ("NoSuchKey", 404)


def test_tags_of_versions(s3):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"null", Tagging="is=null")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert s3.put_object_tagging(Bucket=BUCKET, Key="k", Tagging=tag_set(was="null"))["VersionId"] == "null"
    first = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=BUCKET, Key="k", Body=b"2", Tagging="n=2")["VersionId"]
    assert tags(s3) == {"n": "2"} and tags(s3, VersionId="null") == {"was": "null"}
    told = s3.put_object_tagging(Bucket=BUCKET, Key="k", VersionId=first, Tagging=tag_set(n="1"))
    assert told["VersionId"] == first and tags(s3) == {"n": "2"} and tags(s3, VersionId=first) == {"n": "1"}
    s3.put_object_tagging(Bucket=BUCKET, Key="k", Tagging=tag_set(n="two"))
    assert tags(s3, VersionId=second) == tags(s3) == {"n": "two"}
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=second)
    assert tags(s3) == {"n": "1"}, "the version before is current again, with its tags"
    marker = s3.delete_object(Bucket=BUCKET, Key="k")["VersionId"]
    assert refusal(s3.put_object_tagging, Bucket=BUCKET, Key="k", Tagging=tag_set(n="")) == ("MethodNotAllowed", 405)
    assert refusal(s3.get_object_tagging, Bucket=BUCKET, Key="k", VersionId=marker) == ("MethodNotAllowed", 405)


def test_a_bucket_tells_of_tags_and_of_everything_acknowledged_before_a_kill(s3, server):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:q"
    allow(sqs, url, arn, "s3.amazonaws.com", f"arn:aws:s3:::{BUCKET}")
    configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectTagging:*", "s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    for number in range(50):
        s3.put_object(Bucket=BUCKET, Key=str(number), Body=b"x")
    s3.put_object_tagging(Bucket=BUCKET, Key="0", Tagging=tag_set(a="1"))
    s3.delete_object_tagging(Bucket=BUCKET, Key="0")
    server.kill()
    server.start()
    sqs, told = server.client("sqs"), set()

    def receive():
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            for record in json.loads(message["Body"]).get("Records", []):
                told.add((record["eventName"], record["s3"]["object"]["key"]))
                if record["eventName"].startswith("ObjectTagging"):
                    assert record["s3"]["object"]["eTag"] == hashlib.md5(b"x").hexdigest()
        return told >= wanted

    wanted = {("ObjectCreated:Put", str(number)) for number in range(50)}
    wanted |= {("ObjectTagging:Put", "0"), ("ObjectTagging:Delete", "0")}
    until(receive, "every event")


def test_what_a_crash_left_is_counted_and_removed(s3, server):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x" * 5000)
    blobs = server.folder / "data" / "blobs"
    server.stop()
    left = blobs / "0a" / ("0a" * 16)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"left")
    assert "1 blobs of 4 bytes that nothing names" in run("check", str(server.folder / "data")).stdout
    server.start()
    until(lambda: not left.exists(), "the removal")
    assert server.client("s3").get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x" * 5000
    server.stop()
    assert "names" not in run("check", str(server.folder / "data")).stdout
    server.start()


def test_encryption_is_answered_as_it_was_asked_for(s3):
    source = {"Bucket": BUCKET, "Key": "plain"}
    put = s3.put_object(Bucket=BUCKET, Key="plain", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="m")
    part = s3.upload_part(Bucket=BUCKET, Key="m", UploadId=upload["UploadId"], PartNumber=1, Body=b"x")
    answers = [put, upload, part, s3.get_object(**source), s3.head_object(**source), s3.copy_object(Bucket=BUCKET, Key="c", CopySource=source)]
    assert {answer["ServerSideEncryption"] for answer in answers} == {"AES256"}
    key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    asked = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key.split("/")[1], "BucketKeyEnabled": True}
    put = s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **asked)
    for answer in (put, s3.get_object(Bucket=BUCKET, Key="k"), s3.head_object(Bucket=BUCKET, Key="k")):
        assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"], answer["BucketKeyEnabled"]) == ("aws:kms", key, True)
    copied = s3.copy_object(Bucket=BUCKET, Key="k2", CopySource={"Bucket": BUCKET, "Key": "k"})
    assert copied["ServerSideEncryption"] == "AES256", "a copy is encrypted as the copy asks"
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", ServerSideEncryption="rot13") == ("InvalidEncryptionAlgorithmError", 400)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", SSEKMSKeyId="x") == ("InvalidArgument", 400)
    own = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **own) == ("InvalidRequest", 400)
    assert refusal(s3.get_object, Bucket=BUCKET, Key="k", **own) == ("InvalidRequest", 400)


def test_acls_are_the_owners_alone(s3):
    for acl in ("private", "bucket-owner-full-control"):
        s3.put_object(Bucket=BUCKET, Key="k", ACL=acl)
        s3.put_object_acl(Bucket=BUCKET, Key="k", ACL=acl)
    s3.put_bucket_acl(Bucket=BUCKET, ACL="private")
    refused = ("AccessControlListNotSupported", 400)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", ACL="public-read") == refused
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", GrantRead="id=x") == refused
    assert refusal(s3.create_multipart_upload, Bucket=BUCKET, Key="k", ACL="public-read") == refused
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/k", ACL="public-read") == refused
    assert refusal(s3.put_object_acl, Bucket=BUCKET, Key="k", ACL="public-read") == refused
    assert refusal(s3.put_bucket_acl, Bucket=BUCKET, ACL="public-read") == refused
    assert refusal(s3.create_bucket, Bucket="open", ACL="public-read") == ("InvalidBucketAclWithObjectOwnership", 400)
    for told in (s3.get_bucket_acl(Bucket=BUCKET), s3.get_object_acl(Bucket=BUCKET, Key="k")):
        assert [(grant["Grantee"]["ID"], grant["Permission"]) for grant in told["Grants"]] == [("000000000000", "FULL_CONTROL")]
        assert told["Owner"]["ID"] == "000000000000"
    s3.put_object_acl(Bucket=BUCKET, Key="k", AccessControlPolicy={"Grants": told["Grants"], "Owner": told["Owner"]})
    rules = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert refusal(s3.get_object_acl, Bucket=BUCKET, Key="none") == ("NoSuchKey", 404)


def test_storage_classes(s3):
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"x", StorageClass="STANDARD_IA")
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"x")
    assert s3.head_object(Bucket=BUCKET, Key="a")["StorageClass"] == "STANDARD_IA"
    assert "StorageClass" not in s3.get_object(Bucket=BUCKET, Key="b")
    listed = lambda: [entry["StorageClass"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert listed() == ["STANDARD_IA", "STANDARD"]
    assert [one["StorageClass"] for one in s3.list_object_versions(Bucket=BUCKET)["Versions"]] == listed()
    # As the user guide changes a class.
    s3.copy_object(Bucket=BUCKET, Key="a", CopySource=f"{BUCKET}/a", StorageClass="GLACIER_IR")
    assert listed() == ["GLACIER_IR", "STANDARD"]
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="m", StorageClass="ONEZONE_IA")["UploadId"]
    assert s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"][0]["StorageClass"] == "ONEZONE_IA"
    assert s3.list_parts(Bucket=BUCKET, Key="m", UploadId=upload)["StorageClass"] == "ONEZONE_IA"
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", StorageClass="CHEAP") == ("InvalidStorageClass", 400)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", StorageClass="GLACIER") == ("NotImplemented", 501)


def test_headers_and_copies(s3):
    given = {
        "ContentType": "text/plain",
        "ContentEncoding": "gzip",
        "ContentLanguage": "ja",
        "ContentDisposition": "attachment",
        "CacheControl": "no-cache",
        "WebsiteRedirectLocation": "/elsewhere",
        "Metadata": {"a": "b"},
    }
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Expires="Wed, 21 Oct 2026 07:28:00 GMT", **given)
    copied = {**given, "WebsiteRedirectLocation": None}
    s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/k")
    for key, wanted in (("k", given), ("c", copied)):
        for told in (s3.get_object(Bucket=BUCKET, Key=key), s3.head_object(Bucket=BUCKET, Key=key)):
            assert {name: told.get(name) for name in wanted} == wanted
            assert told["ExpiresString"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    e_tag = s3.head_object(Bucket=BUCKET, Key="k")["ETag"]
    copy = {"Bucket": BUCKET, "Key": "d", "CopySource": f"{BUCKET}/k"}
    assert refusal(s3.copy_object, **copy, CopySourceIfMatch='"other"') == ("PreconditionFailed", 412)
    assert refusal(s3.copy_object, **copy, CopySourceIfNoneMatch=e_tag) == ("PreconditionFailed", 412)
    s3.copy_object(**copy, CopySourceIfMatch=e_tag)
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="k", CopySource=f"{BUCKET}/k") == ("InvalidRequest", 400)


def test_checksums(s3):
    values = {"CRC32": crc32(b"hello"), "SHA256": sha256(b"hello"), "SHA1": base64.b64encode(hashlib.sha1(b"hello").digest()).decode()}
    for algorithm, value in values.items():
        put = s3.put_object(Bucket=BUCKET, Key=algorithm, Body=b"hello", ChecksumAlgorithm=algorithm)
        assert (put[f"Checksum{algorithm}"], put["ChecksumType"]) == (value, "FULL_OBJECT")
        for told in (s3.get_object, s3.head_object):
            assert told(Bucket=BUCKET, Key=algorithm, ChecksumMode="ENABLED")[f"Checksum{algorithm}"] == value
        attributes = s3.get_object_attributes(Bucket=BUCKET, Key=algorithm, ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass", "ObjectParts"])
        assert attributes["Checksum"] == {f"Checksum{algorithm}": value, "ChecksumType": "FULL_OBJECT"}
        assert (attributes["ETag"], attributes["ObjectSize"], attributes["StorageClass"]) == (hashlib.md5(b"hello").hexdigest(), 5, "STANDARD")
        assert "ObjectParts" not in attributes
    listed = {entry["Key"]: entry["ChecksumAlgorithm"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert listed == {algorithm: [algorithm] for algorithm in values}
    copied = s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/CRC32", ChecksumAlgorithm="SHA256")
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == values["SHA256"]
    assert s3.copy_object(Bucket=BUCKET, Key="c", CopySource=f"{BUCKET}/SHA1")["CopyObjectResult"]["ChecksumSHA1"] == values["SHA1"]
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"hello", ChecksumSHA256=sha256(b"other")) == ("BadDigest", 400)
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"hello", ChecksumSHA256="short") == ("InvalidRequest", 400)
    link = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "bare"})
    urllib.request.urlopen(urllib.request.Request(link, data=b"123456789", method="PUT"))
    bare = s3.head_object(Bucket=BUCKET, Key="bare", ChecksumMode="ENABLED")
    assert bare["ChecksumCRC64NVME"] == base64.b64encode(bytes.fromhex("ae8b14860a799888")).decode(), "the usual one"


def test_checksums_of_parts(s3):
    contents = [b"a" * PART, b"b" * 100]

    def upload(key, algorithm=None, kind=None):
        asked = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        asked |= {"ChecksumType": kind} if kind else {}
        created = s3.create_multipart_upload(Bucket=BUCKET, Key=key, **asked)
        whole = {"Bucket": BUCKET, "Key": key, "UploadId": created["UploadId"]}
        given = {"ChecksumAlgorithm": algorithm} if algorithm else {}
        parts = []
        for number, content in enumerate(contents, 1):
            part = s3.upload_part(**whole, PartNumber=number, Body=content, **given)
            sums = {name: value for name, value in part.items() if name.startswith("Checksum")}
            parts.append({"PartNumber": number, "ETag": part["ETag"], **(sums if algorithm else {})})
        return whole, {"Parts": parts}

    whole, parts = upload("composite", "SHA256")
    assert [part["ChecksumSHA256"] for part in s3.list_parts(**whole)["Parts"]] == [sha256(content) for content in contents]
    wrong = {"Parts": [{**parts["Parts"][0], "ChecksumSHA256": sha256(b"")}, parts["Parts"][1]]}
    assert refusal(s3.complete_multipart_upload, **whole, MultipartUpload=wrong) == ("InvalidPart", 400)
    joined = s3.complete_multipart_upload(**whole, MultipartUpload=parts)
    wanted = sha256(b"".join(hashlib.sha256(content).digest() for content in contents)) + "-2"
    assert (joined["ChecksumSHA256"], joined["ChecksumType"]) == (wanted, "COMPOSITE")
    told = s3.get_object_attributes(Bucket=BUCKET, Key="composite", ObjectAttributes=["Checksum", "ObjectParts"])
    assert told["Checksum"] == {"ChecksumSHA256": wanted, "ChecksumType": "COMPOSITE"}
    assert told["ObjectParts"]["TotalPartsCount"] == 2
    assert [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in told["ObjectParts"]["Parts"]] == [
        (number, len(content), sha256(content)) for number, content in enumerate(contents, 1)
    ]
    page = s3.get_object_attributes(Bucket=BUCKET, Key="composite", ObjectAttributes=["ObjectParts"], MaxParts=1)["ObjectParts"]
    assert (page["IsTruncated"], page["NextPartNumberMarker"], len(page["Parts"])) == (True, 1, 1)

    whole, parts = upload("full", "CRC32", "FULL_OBJECT")
    assert refusal(s3.complete_multipart_upload, **whole, MultipartUpload=parts, ChecksumCRC32=crc32(b""), ChecksumType="FULL_OBJECT") == ("BadDigest", 400)
    assert refusal(s3.complete_multipart_upload, **whole, MultipartUpload=parts, MpuObjectSize=1) == ("InvalidRequest", 400)
    joined = s3.complete_multipart_upload(**whole, MultipartUpload=parts, ChecksumCRC32=crc32(b"".join(contents)), ChecksumType="FULL_OBJECT")
    assert (joined["ChecksumCRC32"], joined["ChecksumType"]) == (crc32(b"".join(contents)), "FULL_OBJECT")

    second = s3.get_object(Bucket=BUCKET, Key="full", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"], second["ContentRange"]) == (contents[1], 2, f"bytes {PART}-{PART + 99}/{PART + 100}")
    assert s3.head_object(Bucket=BUCKET, Key="full", PartNumber=1)["ContentLength"] == PART
    assert refusal(s3.get_object, Bucket=BUCKET, Key="full", PartNumber=3) == ("InvalidPartNumber", 416)
    copied = s3.copy_object(Bucket=BUCKET, Key="one", CopySource=f"{BUCKET}/composite")["CopyObjectResult"]
    content = b"".join(contents)
    assert (copied["ETag"], copied["ChecksumSHA256"]) == (f'"{hashlib.md5(content).hexdigest()}"', sha256(content))
    assert refusal(s3.create_multipart_upload, Bucket=BUCKET, Key="x", ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT") == ("InvalidRequest", 400)


def test_errors_say_what_is_wrong(s3, server):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "awscli", "--endpoint-url", server.endpoint, "s3api", "create-bucket", "--bucket", "No_Name"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "(InvalidBucketName)" in done.stderr and "The specified bucket is not valid." in done.stderr
    with pytest.raises(ClientError, match="Your key is too long"):
        s3.put_object(Bucket=BUCKET, Key="k" * 1025, Body=b"")
