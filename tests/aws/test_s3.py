"""Buckets: emptied with everything in them, settings read back."""

from __future__ import annotations

import pytest
from parts.emulator import Emulator

from geos.wizard.aws import Aws
from geos.wizard.aws.s3 import Buckets
from geos.wizard.errors import AccessDenied, NotThere
from geos.wizard.facts import Target


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True))


def fill(emulator: Emulator, count: int) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="full")
    s3.put_bucket_versioning(Bucket="full", VersioningConfiguration={"Status": "Enabled"})
    for i in range(count):
        s3.put_object(Bucket="full", Key=f"a/{i}", Body=b"12345")
    s3.put_object(Bucket="full", Key="b/kept", Body=b"1")
    s3.delete_object(Bucket="full", Key="a/0")
    s3.create_multipart_upload(Bucket="full", Key="a/part")


def test_a_prefix_is_emptied_and_the_rest_is_left(aws: Aws, emulator: Emulator) -> None:
    fill(emulator, 5)
    assert aws.s3.count("full") == (6, 26)
    assert aws.s3.empty("full", "a/") == 7  # five versions, a delete marker, an upload
    assert aws.s3.count("full") == (1, 1)
    assert aws.s3.empty("full") == 1
    aws.s3.delete("full")
    assert not aws.s3.exists("full")


def test_what_is_gone_is_empty(aws: Aws) -> None:
    assert aws.s3.empty("nowhere") == 0
    aws.s3.delete("nowhere")
    with pytest.raises(NotThere):
        aws.s3.settings("nowhere")


def test_a_bucket_of_many_pages_is_emptied(aws: Aws, emulator: Emulator) -> None:
    """More pages than are held at once."""
    fill(emulator, 40)
    emulator.clear()
    assert Buckets(aws.door, batch=2).empty("full") == 43
    assert len(emulator.calls("s3", "DeleteObjects")) >= 20
    assert aws.s3.count("full") == (0, 0)


def test_an_object_that_may_not_be_deleted_stops_with_its_name(aws: Aws, emulator: Emulator) -> None:
    fill(emulator, 2)
    emulator.fail("denied", n=0, service="s3", action="DeleteObjects")
    with pytest.raises(AccessDenied):
        aws.s3.empty("full")


def test_addresses_follow_the_partition() -> None:
    def address(region: str) -> str:
        return Aws(Target(region, sandbox=True, endpoint="http://127.0.0.1:1")).s3.address("b", "k/x.json")

    assert address("eu-west-1") == "https://b.s3.eu-west-1.amazonaws.com/k/x.json"
    assert address("cn-north-1") == "https://b.s3.cn-north-1.amazonaws.com.cn/k/x.json"
