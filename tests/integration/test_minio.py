"""MinIO keeps what is locked and opens what a link says, for as long as it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import urllib3
from deploy.services.minio import client_of
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.retention import Retention

CONTENT = b"segment 1"


@dataclass
class Bucket:
    """A bucket with object lock, and one object in it."""

    client: Minio
    name: str

    def put(self, key: str, retention: Retention | None = None) -> str:
        written = self.client.put_object(self.name, key, BytesIO(CONTENT), len(CONTENT), retention=retention)
        assert written.version_id is not None
        return written.version_id

    def read(self, key: str, version: str) -> bytes:
        with self.client.get_object(self.name, key, version_id=version) as answer:
            return answer.data


@pytest.fixture
def bucket(minio_url: str) -> Bucket:
    bucket = Bucket(client_of(minio_url), f"gonghui-test-{uuid4()}")
    bucket.client.make_bucket(bucket.name, object_lock=True)
    return bucket


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(retries=False)
    yield pool
    pool.clear()


def _locked() -> Retention:
    return Retention(COMPLIANCE, datetime.now(UTC) + timedelta(minutes=10))


def test_a_locked_version_is_not_deleted_even_by_the_owner_of_the_store(bucket: Bucket) -> None:
    version = bucket.put("segment", _locked())
    with pytest.raises(S3Error, match="WORM protected"):
        bucket.client.remove_object(bucket.name, "segment", version_id=version)
    forced = bucket.client.remove_objects(
        bucket.name, [DeleteObject("segment", version)], bypass_governance_mode=True
    )
    assert [error.name for error in forced] == ["segment"]
    assert bucket.read("segment", version) == CONTENT


def test_a_locked_version_outlives_deletion_and_overwriting_of_its_key(bucket: Bucket) -> None:
    version = bucket.put("segment", _locked())
    bucket.put("segment")
    bucket.client.remove_object(bucket.name, "segment")
    assert bucket.read("segment", version) == CONTENT


def test_the_lock_of_a_version_is_not_shortened(bucket: Bucket) -> None:
    version = bucket.put("segment", _locked())
    sooner = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(minutes=1))
    with pytest.raises(S3Error, match="WORM protected"):
        bucket.client.set_object_retention(bucket.name, "segment", sooner, version_id=version)


def test_what_is_not_locked_is_deleted(bucket: Bucket) -> None:
    version = bucket.put("attachment")
    bucket.client.remove_object(bucket.name, "attachment", version_id=version)
    with pytest.raises(S3Error, match="NoSuch"):
        bucket.read("attachment", version)


def test_a_signed_link_opens_its_object_without_an_account(bucket: Bucket, http: urllib3.PoolManager) -> None:
    bucket.put("attachment")
    link = bucket.client.presigned_get_object(bucket.name, "attachment", timedelta(minutes=5))
    assert http.request("GET", link).data == CONTENT
    assert http.request("GET", link.split("?")[0]).status == 403
    assert http.request("GET", link.replace("/attachment?", "/other?")).status == 403


def test_a_signed_link_expires(bucket: Bucket, http: urllib3.PoolManager) -> None:
    bucket.put("attachment")
    signed_at = datetime.now(UTC) - timedelta(minutes=10)
    link = bucket.client.presigned_get_object(
        bucket.name, "attachment", timedelta(minutes=5), request_date=signed_at
    )
    answer = http.request("GET", link)
    assert (answer.status, b"expired" in answer.data) == (403, True)
