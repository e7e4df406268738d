"""Objects in a bucket of MinIO (or of another store that speaks S3), made on demand with object lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import certifi
import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import MinioException, S3Error
from minio.retention import Retention

from gonghui.objects.measured import Measured
from gonghui.objects.port import (
    Download,
    ListedObject,
    NoSuchObject,
    ObjectExists,
    ObjectHead,
    ObjectLocked,
    ObjectStream,
    Readable,
    StoreUnavailable,
)
from gonghui.values import clock
from gonghui.values.file_names import content_disposition

_OWN_LOCK = "x-amz-meta-locked-until"
_RETAINED = "x-amz-object-lock-retain-until-date"
_GONE = ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed")  # the last for a deleted object's marker


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is: host with port, by TLS or not, region and name."""

    host: str
    is_secure: bool
    bucket: str
    region: str

    @classmethod
    def read(cls, url: str) -> BucketAddress:
        """From `http(s)://HOST/BUCKET?region=REGION`. Raises `ValueError`."""
        parts = urlsplit(url)
        if parts.username or parts.password:
            raise ValueError("key and secret of the object store have settings of their own")
        bucket = parts.path.strip("/")
        if parts.scheme not in ("http", "https") or not parts.netloc or not bucket or "/" in bucket:
            raise ValueError("a bucket's address is minio+https://HOST/BUCKET")
        region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        return cls(parts.netloc, parts.scheme == "https", bucket, region)

    def client(self, key: str, secret: str) -> Minio:
        """A client that does not wait for minutes, as the library's own would."""
        http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=60),
            retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )
        return Minio(
            self.host,
            access_key=key,
            secret_key=secret,
            secure=self.is_secure,
            region=self.region,
            http_client=http,
        )


class BucketBackend:
    """The store in a bucket; `links` is a client of the address at which browsers reach it."""

    def __init__(self, client: Minio, bucket: str, links: Minio) -> None:
        self._client = client
        self._bucket = bucket
        self._links = links

    @cached_property
    def locks(self) -> bool:
        """Whether the bucket has object lock: one that others made may lack it."""
        self._ensure()
        with _translated(self._bucket):
            try:
                self._client.get_object_lock_config(self._bucket)
            except S3Error as error:
                if error.code != "ObjectLockConfigurationNotFoundError":
                    raise
                return False
        return True

    def put(
        self, key: str, content: Readable, *, size: int, media_type: str, locked_until: datetime | None
    ) -> None:
        """In one part or several, visible when the last has come.

        Of two writers that meet under one name, both may be told that they were first; the bucket keeps the content
        of each as a version. Names of ours hold an id, so it takes intent.
        """
        self._ensure()
        if self._found(key):
            raise ObjectExists(key)
        kept: dict[str, Any] = {}
        if locked_until is not None and self.locks:
            kept["retention"] = Retention(COMPLIANCE, locked_until)
        elif locked_until is not None:
            kept["metadata"] = {_OWN_LOCK: locked_until.isoformat()}
        with _translated(key):
            self._client.put_object(
                self._bucket,
                key,
                cast(Any, Measured(content, size)),
                size,
                media_type,
                num_parallel_uploads=1,
                **kept,
            )

    def open(self, key: str) -> ObjectStream:
        """The answer's body, read as it comes."""
        self._ensure()
        with _translated(key):
            return _Body(self._client.get_object(self._bucket, key))

    def head(self, key: str) -> ObjectHead:
        """Asked of the server."""
        self._ensure()
        with _translated(key):
            found = self._client.stat_object(self._bucket, key)
        headers = found.metadata or {}
        until = headers.get(_RETAINED) or headers.get(_OWN_LOCK)
        assert found.last_modified is not None  # noqa: S101
        return ObjectHead(
            key,
            found.size or 0,
            found.last_modified,
            found.content_type or "application/octet-stream",
            datetime.fromisoformat(until) if until else None,
        )

    def delete(self, key: str) -> None:
        """Every version and marker: a bucket with object lock keeps what is only deleted."""
        if (head := self._found(key)) and head.locked_until and head.locked_until > clock.now():
            raise ObjectLocked(f"{key} is locked until {head.locked_until.isoformat()}")
        with _translated(key):
            versions = self._client.list_objects(
                self._bucket, prefix=key, recursive=True, include_version=True
            )
            for version in [each.version_id for each in versions if each.object_name == key]:
                self._client.remove_object(self._bucket, key, version)

    def list(self, prefix: str) -> Iterator[ListedObject]:
        """Page by page, as the server gives them."""
        self._ensure()
        with _translated(prefix):
            for each in self._client.list_objects(self._bucket, prefix=prefix, recursive=True):
                assert each.object_name is not None  # noqa: S101
                assert each.last_modified is not None  # noqa: S101
                yield ListedObject(each.object_name, each.size or 0, each.last_modified)

    def link(self, key: str, download: Download, expires_in: timedelta) -> str:
        """A presigned address whose answer is a file to save."""
        headers = {
            "response-content-disposition": content_disposition(download.file_name),
            "response-content-type": download.media_type,
        }
        return self._links.presigned_get_object(
            self._bucket, key, expires=expires_in, response_headers=cast(Any, headers)
        )

    def _found(self, key: str) -> ObjectHead | None:
        try:
            return self.head(key)
        except NoSuchObject:
            return None

    def _ensure(self) -> None:
        """Make the bucket where there is none yet."""
        _ = self._is_there

    @cached_property
    def _is_there(self) -> bool:
        with _translated(self._bucket):
            if not self._client.bucket_exists(self._bucket):
                try:
                    self._client.make_bucket(self._bucket, object_lock=True)
                except S3Error as error:
                    if error.code != "BucketAlreadyOwnedByYou":  # another process was quicker
                        raise
        return True


class _Body:
    """An answer's body; closing it gives the connection back."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response

    def read(self, size: int = -1) -> bytes:
        with _translated("the rest of an object"):
            return self._response.read(None if size < 0 else size)

    def close(self) -> None:
        self._response.close()
        self._response.release_conn()


@contextmanager
def _translated(subject: str) -> Iterator[None]:
    """The library's errors, as the port says them."""
    try:
        yield
    except S3Error as error:
        if error.code in _GONE:
            raise NoSuchObject(subject) from None
        if error.code in ("ObjectLocked", "InvalidRequest") and "WORM" in (error.message or ""):
            raise ObjectLocked(subject) from None
        raise StoreUnavailable(f"{error.code} for {subject}") from error
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise StoreUnavailable(f"{type(error).__name__} for {subject}") from error
