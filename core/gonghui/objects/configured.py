"""The object store that the settings name."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from gonghui.objects.bucket import BucketAddress, BucketBackend
from gonghui.objects.files import FileBackend
from gonghui.objects.links import LinkSigner
from gonghui.objects.store import Objects
from gonghui.secret_files import kept_secret
from gonghui.settings import settings


def configured_objects() -> Objects:
    """The objects of this installation, opened once in a process. Raises `ValueError` for a wrong address."""
    chosen = settings()
    secret = chosen.objects_secret.get_secret_value()
    return objects_at(chosen.objects_url, chosen.var, chosen.objects_key, secret, chosen.objects_public_url)


@lru_cache(maxsize=8)
def objects_at(
    url: str, var: Path, key: str = "", secret: str = "", public_url: str | None = None
) -> Objects:
    """The store at `url`: `file:PATH` (a relative one is in `var`) or `minio+http(s)://HOST/BUCKET`."""
    scheme, _colon, rest = url.partition(":")
    if scheme == "file" and rest.strip("/"):
        signer = LinkSigner(kept_secret(var, "object_links"))
        return Objects(FileBackend(var / rest, signer), signer)
    if not scheme.startswith("minio+"):
        raise ValueError("an object store is file:PATH or minio+https://HOST/BUCKET")
    address = BucketAddress.read(url.removeprefix("minio+"))
    if not key or not secret:
        raise ValueError("MinIO asks for GONGHUI_OBJECTS_KEY and GONGHUI_OBJECTS_SECRET")
    client = address.client(key, secret)
    links = client if public_url is None else _seen_by_browsers(public_url, address).client(key, secret)
    return Objects(BucketBackend(client, address.bucket, links))


def _seen_by_browsers(public_url: str, address: BucketAddress) -> BucketAddress:
    """The same bucket at another host; what is signed for one host is not valid at another."""
    return BucketAddress.read(f"{public_url.rstrip('/')}/{address.bucket}?region={address.region}")
