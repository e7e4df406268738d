"""Objects as files: the contract of every store, and what only files can get wrong."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
from tests.core.objects.store_contract import PDF, StoreContract, content_of, keep

from gonghui.objects.configured import objects_at
from gonghui.objects.links import LINK_PATH, BadLink
from gonghui.objects.port import ObjectExists
from gonghui.objects.store import Objects, ObjectStore
from gonghui.values import clock
from gonghui.values.ids import new_id


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return objects_at("file:objects", tmp_path)


@pytest.fixture
def store(objects: Objects) -> ObjectStore:
    return objects.of_tenant(new_id())


class TestFileStore(StoreContract):
    def saved(self, objects: Objects, tenant_id: UUID, link: str) -> tuple[str, bytes]:
        name, download = objects.linked(tenant_id, link.removeprefix(LINK_PATH))
        return download.file_name, content_of(objects.of_tenant(tenant_id), name)


def test_its_lock_is_the_platforms_word_only(store: ObjectStore) -> None:
    assert not store.locks


def test_files_are_for_the_owner_alone(tmp_path: Path, store: ObjectStore) -> None:
    earlier = os.umask(0)
    try:
        keep(store, "deep/in/folders")
    finally:
        os.umask(earlier)
    for path in (tmp_path / "objects").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    secret = tmp_path / "secrets" / "object_links"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_nothing_is_left_aside(tmp_path: Path, store: ObjectStore) -> None:
    keep(store, "a")
    with pytest.raises(ObjectExists):
        keep(store, "a")
    store.delete("a")
    store.delete("a")
    assert list((tmp_path / "objects" / ".aside").iterdir()) == []


def test_what_a_killed_writer_left_is_cleared_after_a_day(tmp_path: Path) -> None:
    aside = tmp_path / "left" / ".aside"
    for name, hours in (("old", 25), ("fresh", 1)):
        (aside / name).mkdir(parents=True)
        written = (datetime.now(UTC) - timedelta(hours=hours)).timestamp()
        os.utime(aside / name, (written, written))
    objects_at("file:left", tmp_path)
    assert [path.name for path in aside.iterdir()] == ["fresh"]


def test_of_many_writers_of_one_name_one_succeeds(store: ObjectStore) -> None:
    succeeded = []

    def write(content: bytes) -> None:
        try:
            store.put("contested", BytesIO(content), size=len(content), media_type=PDF)
        except ObjectExists:
            return
        succeeded.append(content)

    writers = [Thread(target=write, args=(b"%d" % number * 10_000,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert succeeded == [content_of(store, "contested")]


def test_the_moment_of_writing_is_that_of_the_clock(store: ObjectStore) -> None:
    then = datetime(2024, 6, 30, 7, 30, tzinfo=UTC)
    with clock.at(then):
        keep(store, "a")
    assert store.head("a").written_at == then


def test_content_is_readable_to_its_end_though_it_is_deleted(store: ObjectStore) -> None:
    keep(store, "a", b"still there")
    stream = store.open("a")
    store.delete("a")
    assert stream.read() == b"still there"
    stream.close()


class TestLinks:
    @pytest.fixture
    def tenant_id(self) -> UUID:
        return new_id()

    @pytest.fixture
    def signed(self, objects: Objects, tenant_id: UUID) -> str:
        link = objects.of_tenant(tenant_id).link(
            "a", file_name="a.pdf", media_type=PDF, expires_in=timedelta(seconds=60)
        )
        return link.removeprefix(LINK_PATH)

    def test_a_link_holds_until_it_expires(self, objects: Objects, tenant_id: UUID, signed: str) -> None:
        assert objects.linked(tenant_id, signed)[0] == "a"
        with clock.at(datetime.now(UTC) + timedelta(seconds=61)), pytest.raises(BadLink):
            objects.linked(tenant_id, signed)

    def test_a_changed_link_is_none(self, objects: Objects, tenant_id: UUID, signed: str) -> None:
        payload, _dot, mark = signed.rpartition(".")
        for changed in (signed[:-2], f"{payload}x.{mark}", f"{payload}.", "", "a.b", signed.upper(), "名.册"):
            with pytest.raises(BadLink):
                objects.linked(tenant_id, changed)

    def test_a_link_of_another_tenant_is_none(self, objects: Objects, signed: str) -> None:
        with pytest.raises(BadLink):
            objects.linked(new_id(), signed)

    def test_a_link_into_the_audit_is_no_tenants(self, objects: Objects, tenant_id: UUID) -> None:
        link = objects.of_audit().link("a", file_name="a", media_type=PDF, expires_in=timedelta(seconds=60))
        with pytest.raises(BadLink):
            objects.linked(tenant_id, link.removeprefix(LINK_PATH))

    def test_a_link_of_another_installation_is_none(
        self, tmp_path: Path, tenant_id: UUID, signed: str
    ) -> None:
        other = objects_at("file:objects", tmp_path / "other")
        with pytest.raises(BadLink):
            other.linked(tenant_id, signed)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "an object store is"),
        ("file:", "an object store is"),
        ("s3://bucket", "an object store is"),
        ("minio+ftp://host/bucket", "a bucket's address"),
        ("minio+https://host", "a bucket's address"),
        ("minio+https://host/a/b", "a bucket's address"),
        ("minio+https://key:secret@host/bucket", "settings of their own"),
    ],
)
def test_a_wrong_address_is_refused(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        objects_at(url, tmp_path, "key", "secret")


def test_minio_needs_a_key_and_its_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="GONGHUI_OBJECTS_KEY"):
        objects_at("minio+http://127.0.0.1:9000/gonghui", tmp_path)


def test_a_link_to_minio_is_signed_for_the_host_that_browsers_know(tmp_path: Path) -> None:
    objects = objects_at(
        "minio+http://127.0.0.1:9/gonghui", tmp_path, "key", "secret", "https://files.example.org"
    )
    link = objects.of_tenant(new_id()).link(
        "a", file_name="a", media_type=PDF, expires_in=timedelta(minutes=5)
    )
    assert link.startswith("https://files.example.org/gonghui/tenants/")
    assert "X-Amz-Expires=300&" in link
