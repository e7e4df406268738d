"""The object store in a bucket of the real MinIO: the contract of every store, and what only MinIO does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import urllib3
from deploy.services.minio import Minio
from deploy.services.service import wait_until
from tests.core.objects.store_contract import PDF, StoreContract, content_of, keep
from werkzeug.http import parse_options_header

from gonghui.objects.configured import objects_at
from gonghui.objects.port import StoreUnavailable
from gonghui.objects.store import Objects, ObjectStore
from gonghui.values.ids import new_id


def objects_on(server: str) -> Objects:
    """The product's objects in a bucket of their own on a server that is told with its account."""
    at = urlsplit(server)
    bucket = f"{at.scheme}://{at.hostname}:{at.port}/gonghui-test-{uuid4()}"
    return objects_at(bucket, Path(), at.username or "", at.password or "")


class TestBucketOfMinio(StoreContract):
    @pytest.fixture
    def objects(self, minio_url: str) -> Objects:
        return objects_on(minio_url)

    def saved(self, objects: Objects, tenant_id: UUID, link: str) -> tuple[str, bytes]:
        answer = urllib3.request("GET", link)
        assert answer.status == 200
        _disposition, options = parse_options_header(answer.headers["Content-Disposition"])
        return options["filename"], answer.data

    def test_objects_are_listed_by_prefix_in_the_order_of_their_bytes(self, store: ObjectStore) -> None:
        """As the contract says, but for an object whose name is also the folder of others: see below."""
        names = ["2024/06/b", "2024/06/a", "2024/06.a", "2024/07/a", "2024-06"]
        for name in names:
            keep(store, name)
        assert [each.name for each in store.list()] == sorted(names)
        assert [each.name for each in store.list("2024/06")] == ["2024/06.a", "2024/06/a", "2024/06/b"]
        assert [each.name for each in store.list("2024/06/")] == ["2024/06/a", "2024/06/b"]
        assert [each.size for each in store.list("2024/07/a")] == [7]
        assert list(store.list("2025/")) == []

    def test_an_object_named_as_the_folder_of_others_hides_them_from_lists(self, store: ObjectStore) -> None:
        """MinIO means it so, and does not say no: whoever names objects must not name them like that."""
        keep(store, "2024/06", b"hidden")
        keep(store, "2024")
        assert [each.name for each in store.list()] == ["2024"]
        assert content_of(store, "2024/06") == b"hidden"
        store.delete("2024")
        assert [each.name for each in store.list()] == ["2024/06"]

    def test_the_bucket_that_it_makes_has_object_lock(self, store: ObjectStore) -> None:
        assert store.locks

    def test_a_link_is_refused_once_its_time_is_over(self, store: ObjectStore) -> None:
        keep(store, "paper")
        link = store.link("paper", file_name="a.pdf", media_type=PDF, expires_in=timedelta(seconds=1))
        wait_until(lambda: urllib3.request("GET", link).status == 403, 30, "the refusal of a link")


def test_a_store_that_is_killed_is_said_to_be_away_and_keeps_what_it_had() -> None:
    with Minio.throw_away() as server:
        store = objects_on(server.url).of_tenant(new_id())
        keep(store, "paper", b"founding")
        server.kill()
        with pytest.raises(StoreUnavailable):
            store.open("paper")
        server.start()
        assert content_of(store, "paper") == b"founding"
