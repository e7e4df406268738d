"""What every object store does; a test class of a store inherits it and says which store it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest

from gonghui.objects.port import NoSuchObject, ObjectExists, ObjectLocked, WrongSize
from gonghui.objects.store import BadObjectName, Objects, ObjectStore
from gonghui.values import clock
from gonghui.values.ids import new_id

PDF = "application/pdf"


def keep(
    store: ObjectStore, name: str, content: bytes = b"content", *, until: datetime | None = None
) -> None:
    store.put(name, BytesIO(content), size=len(content), media_type=PDF, locked_until=until)


def content_of(store: ObjectStore, name: str) -> bytes:
    stream = store.open(name)
    try:
        return stream.read(-1)
    finally:
        stream.close()


class StoreContract:
    """A class that inherits it has a fixture `objects`, an `Objects` that may hold what others left there."""

    def saved(self, objects: Objects, tenant_id: UUID, link: str) -> tuple[str, bytes]:
        """The name and content that a browser saves from a link."""
        raise NotImplementedError

    @pytest.fixture
    def tenant_id(self) -> UUID:
        return new_id()

    @pytest.fixture
    def store(self, objects: Objects, tenant_id: UUID) -> ObjectStore:
        return objects.of_tenant(tenant_id)

    def test_what_was_put_is_got(self, store: ObjectStore) -> None:
        keep(store, "papers/one", b"founding")
        assert content_of(store, "papers/one") == b"founding"
        head = store.head("papers/one")
        assert (head.name, head.size, head.media_type, head.locked_until) == ("papers/one", 8, PDF, None)
        assert abs(head.written_at - datetime.now(UTC)) < timedelta(minutes=5)

    def test_a_large_object_comes_back_whole_and_in_pieces(self, store: ObjectStore) -> None:
        content = bytes(range(256)) * 25_000  # 6.4 MB, more than one part of an upload
        keep(store, "large", content)
        stream = store.open("large")
        pieces = [*iter(lambda: stream.read(1 << 20), b"")]
        stream.close()
        assert len(pieces) > 1
        assert b"".join(pieces) == content

    def test_an_object_is_written_once(self, store: ObjectStore) -> None:
        keep(store, "once", b"first")
        with pytest.raises(ObjectExists):
            keep(store, "once", b"second")
        assert content_of(store, "once") == b"first"

    @pytest.mark.parametrize("said", [3, 6 * 1024 * 1024])
    def test_content_of_another_size_than_said_is_not_kept(self, store: ObjectStore, said: int) -> None:
        with pytest.raises(WrongSize):
            store.put("wrong", BytesIO(b"four"), size=said, media_type=PDF)
        with pytest.raises(NoSuchObject):
            store.head("wrong")
        assert list(store.list()) == []

    def test_a_source_that_breaks_leaves_nothing(self, store: ObjectStore) -> None:
        class Broken(BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell():
                    raise ConnectionError("the browser went away")
                return super().read(2)

        with pytest.raises(ConnectionError):
            store.put("broken", Broken(b"four"), size=4, media_type=PDF)
        assert list(store.list()) == []

    def test_what_is_not_there_is_not_found_and_deleting_it_is_well(self, store: ObjectStore) -> None:
        for ask in (store.open, store.head):
            with pytest.raises(NoSuchObject):
                ask("nothing")
        store.delete("nothing")

    def test_what_is_deleted_is_gone_and_its_neighbours_stay(self, store: ObjectStore) -> None:
        for name in ("a", "a/b", "a-b"):
            keep(store, name)
        store.delete("a")
        with pytest.raises(NoSuchObject):
            store.open("a")
        assert [each.name for each in store.list()] == ["a-b", "a/b"]
        keep(store, "a", b"anew")
        assert content_of(store, "a") == b"anew"

    def test_objects_are_listed_by_prefix_in_the_order_of_their_bytes(self, store: ObjectStore) -> None:
        names = ["2024/06/b", "2024/06/a", "2024/06.a", "2024/07/a", "2024-06", "2024"]
        for name in names:
            keep(store, name)
        assert [each.name for each in store.list()] == sorted(names)
        assert [each.name for each in store.list("2024/06")] == ["2024/06.a", "2024/06/a", "2024/06/b"]
        assert [each.name for each in store.list("2024/06/")] == ["2024/06/a", "2024/06/b"]
        assert [each.size for each in store.list("2024/07/a")] == [7]
        assert list(store.list("2025/")) == []

    @pytest.mark.parametrize(
        "name",
        [
            "", "/", "/etc/passwd", "..", "a/../b", "../other/a", "a/..", "a//b", "a/", "./a", ".hidden", "a\0b",
            "a\nb", "a\\b", "C:a", "名册", "=a", "a b", "x" * 151, "/".join(["x" * 100] * 6), "a/%2e%2e/b",
        ],
    )  # fmt: skip
    def test_no_name_leaves_the_prefix_of_its_owner(self, store: ObjectStore, name: str) -> None:
        for ask in (store.open, store.head, store.delete):
            with pytest.raises(BadObjectName):
                ask(name)
        with pytest.raises(BadObjectName):
            keep(store, name)
        with pytest.raises(BadObjectName):
            store.link(name, file_name="a.pdf", media_type=PDF, expires_in=timedelta(minutes=1))

    @pytest.mark.parametrize("beginning", ["../", "/", "a/../", "a//", "\0"])
    def test_no_listing_leaves_the_prefix_of_its_owner(self, store: ObjectStore, beginning: str) -> None:
        with pytest.raises(BadObjectName):
            list(store.list(beginning))

    def test_owners_have_names_of_their_own(self, objects: Objects, store: ObjectStore) -> None:
        name = f"same-{new_id()}"
        other, audit = objects.of_tenant(new_id()), objects.of_audit()
        for owner, content in ((store, b"ours"), (other, b"theirs"), (audit, b"sealed")):
            keep(owner, name, content)
        assert [content_of(owner, name) for owner in (store, other, audit)] == [b"ours", b"theirs", b"sealed"]
        other.delete(name)
        assert [each.name for each in store.list()] == [name]
        assert list(other.list()) == []

    def test_a_locked_object_is_not_deleted_before_its_day(self, store: ObjectStore) -> None:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
        keep(store, "sealed", b"segment", until=until)
        assert store.head("sealed").locked_until == until
        with pytest.raises(ObjectLocked):
            store.delete("sealed")
        with pytest.raises(ObjectExists):
            keep(store, "sealed", b"another")
        assert content_of(store, "sealed") == b"segment"

    def test_the_clock_of_the_platform_does_not_open_a_lock_that_binds(self, store: ObjectStore) -> None:
        until = datetime.now(UTC) + timedelta(minutes=10)
        keep(store, "sealed", until=until)
        with clock.at(until + timedelta(days=1)):
            if store.locks:
                with pytest.raises(ObjectLocked):
                    store.delete("sealed")
            else:
                store.delete("sealed")
        assert [each.name for each in store.list()] == (["sealed"] if store.locks else [])

    def test_a_lock_needs_a_time_zone(self, store: ObjectStore) -> None:
        with pytest.raises(ValueError, match="time zone"):
            keep(store, "sealed", until=datetime(2099, 1, 1))

    def test_a_link_saves_the_object_under_its_name(
        self, objects: Objects, tenant_id: UUID, store: ObjectStore
    ) -> None:
        keep(store, "papers/one", b"founding")
        link = store.link(
            "papers/one", file_name="成立 申请.pdf", media_type=PDF, expires_in=timedelta(minutes=5)
        )
        assert self.saved(objects, tenant_id, link) == ("成立 申请.pdf", b"founding")
