"""Attachments over HTTP: whoever may read a record reads its files, whoever may change it adds and removes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
import pytest
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from tests.designs import plugin as designs
from tests.designs.hardship import hardship
from tests.designs.rooms import rooms
from tests.designs.samples import hardship_at, room_at
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.errors import Conflict, Forbidden
from gonghui.events.outbox import OutboxEvent
from gonghui.objects.port import StoreUnavailable
from gonghui.objects.store import ObjectStore
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.switching import switch_off
from gonghui.records.attachments import keeping
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.transitions import wrote_content
from gonghui.sdk import Attachment, FileKind, attachments_of, clock, new_id
from gonghui.settings import settings
from gonghui.testing import Federation
from gonghui.testing.attachment_samples import PDF, attached, sample_file
from gonghui.testing.federation import Asker


@pytest.fixture
def room(federation: Federation) -> str:
    """The path of a room in the garden, which is below the east street."""
    with federation.uow() as uow:
        return f"/api/v1/designs/rooms/{room_at()(uow, federation.units['garden'])}"


@pytest.fixture
def file(federation: Federation, room: str) -> str:
    """The path of a file of the room."""
    with federation.uow() as uow:
        return f"{room}/attachments/{attached(uow, rooms, id_of(room))}"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Sets settings for the length of a test."""
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


def id_of(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


def pdf(mark: object) -> bytes:
    return PDF.replace(b"<<>>", f"<</Mark({mark})>>".encode(), 1)


def send(asker: Asker, record: str, content: bytes, name: str = "a.pdf", **form: Any) -> TestResponse:
    boundary, body = encode_multipart({"file": FileStorage(BytesIO(content), name, "file"), **form})
    kind = f"multipart/form-data; boundary={boundary}"
    return asker("POST", f"{record}/attachments", data=body, content_type=kind)


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["code"]


def fault_of(answer: TestResponse) -> tuple[int, str, str]:
    error = answer.get_json()["errors"][0]
    return answer.status_code, error["pointer"], error["code"]


def objects_of(federation: Federation) -> list[str]:
    with federation.uow() as uow:
        return [each.name for each in keeping.store_of(uow).list()]


def told(federation: Federation, path: str, *actions: str) -> list[dict[str, Any]]:
    """What the notes of the trail say of a record, for these acts."""
    wanted = select(AuditPayload.content).join(AuditEntry, AuditEntry.id == AuditPayload.entry_id)
    wanted = wanted.where(AuditEntry.action.in_(actions), AuditEntry.operation == "note")
    with federation.uow() as uow:
        found = uow.session.scalars(
            wanted.where(AuditEntry.object_id == id_of(path)).order_by(AuditEntry.number)
        )
        return [orjson.loads(content)["detail"] for content in found]


# --- adding, listing, downloading, removing


def test_a_file_is_added_listed_and_downloaded(federation: Federation, room: str) -> None:
    east = federation.client("east")
    added = send(east, room, PDF, "启用 申请.pdf")
    assert added.status_code == 201, added.text
    shown = added.get_json()
    assert (shown["name"], shown["media_type"], shown["size"]) == (
        "启用 申请.pdf",
        "application/pdf",
        len(PDF),
    )
    assert shown["account_id"] == str(federation.accounts["east"])
    assert east.get(f"{room}/attachments").get_json() == [shown]
    answer = east.get(added.headers["Location"])
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E5%90%AF%E7%94%A8%20" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_large_file_comes_back_whole(federation: Federation, room: str) -> None:
    content, east = pdf("x" * 3_000_000), federation.client("east")
    added = send(east, room, content)
    with east.get(added.headers["Location"]) as answer:
        assert answer.data == content


def test_a_removed_file_is_seen_by_nobody_and_makes_room(
    federation: Federation, room: str, file: str
) -> None:
    east = federation.client("east")
    assert east("DELETE", file).status_code == 204
    assert east.get(f"{room}/attachments").get_json() == []
    for method, path in (("GET", file), ("GET", f"{file}/link"), ("DELETE", file)):
        assert east(method, path).status_code == 404
    assert len(objects_of(federation)) == 1


def test_a_record_changes_with_its_files(federation: Federation, room: str) -> None:
    east = federation.client("east")
    before = east.get(room).headers["ETag"]
    added = send(east, room, PDF)
    assert before != east.get(room).headers["ETag"]
    stale = east("PATCH", room, json={"name": "新名"}, headers={"If-Match": before})
    assert stale.status_code == 412
    east("DELETE", added.headers["Location"])
    with federation.uow("east") as uow:
        assert wrote_content(uow, id_of(room), {rooms.attached}, uow.principal)
        assert rooms.acts_of_writing >= {rooms.attached, rooms.detached}


def test_the_trail_tells_of_each_file_by_its_digest_and_not_by_its_name(
    federation: Federation, room: str
) -> None:
    east = federation.client("east")
    added = send(east, room, PDF, "张三的身份证.pdf")
    east("DELETE", added.headers["Location"])
    shown = added.get_json()
    entry = {
        "attachment_id": shown["id"], "paper": None, "media_type": "application/pdf", "size": len(PDF),
        "sha256": shown["sha256"],
    }  # fmt: skip
    assert told(federation, room, rooms.attached, rooms.detached) == [entry, entry]
    with federation.uow() as uow:
        assert not any("张三" in content for content in uow.session.scalars(select(AuditPayload.content)))


def test_whoever_subscribes_is_told_of_files_that_come_and_go(federation: Federation, room: str) -> None:
    east = federation.client("east")
    added = send(east, room, PDF)
    east("DELETE", added.headers["Location"])
    with federation.uow() as uow:
        names = [rooms.attached, rooms.detached]
        events = uow.session.scalars(
            select(OutboxEvent).where(OutboxEvent.name.in_(names)).order_by(OutboxEvent.at)
        )
        told = [(event.name, event.facts["attachment_id"], event.subject_id) for event in events]
    assert told == [(name, added.get_json()["id"], id_of(room)) for name in names]


def test_a_plugin_asks_which_files_a_record_has(federation: Federation, room: str, file: str) -> None:
    with federation.uow() as uow:
        record = uow.session.get_one(rooms.model, (uow.tenant_id, id_of(room)))
        files: Sequence[Attachment] = attachments_of(uow, record)
        assert [(each.id, each.media_type) for each in files] == [(id_of(file), FileKind.PDF.media_type)]


# --- who may


def test_whoever_may_only_read_a_record_only_reads_its_files(
    federation: Federation, room: str, file: str
) -> None:
    federation.add_officer("reader", "reader", "garden", [rooms.permission("read")])
    reader = federation.client("reader")
    assert reader.get(file).data == PDF
    assert code_of(send(reader, room, PDF)) == (403, "forbidden")
    assert code_of(reader("DELETE", file)) == (403, "forbidden")


def test_another_street_and_another_federation_find_nothing(
    federation: Federation, room: str, file: str
) -> None:
    other = federation.world.federation()
    stranger = Asker(federation.world.app, federation.view.code, other.client("east").secret)
    for asker, status in ((federation.client("west"), 404), (other.client("east"), 404), (stranger, 401)):
        assert send(asker, room, PDF).status_code == status
        for method, path in (
            ("GET", file), ("GET", f"{file}/link"), ("DELETE", file), ("GET", f"{room}/attachments"),
        ):  # fmt: skip
            assert asker(method, path).status_code == status
    assert len(objects_of(federation)) == 1
    assert objects_of(other) == []


def test_a_file_is_not_reached_through_another_record(federation: Federation, file: str) -> None:
    with federation.uow() as uow:
        mine = room_at()(uow, federation.units["river"])
        case = hardship_at()(uow, federation.units["garden"])
    west, east = federation.client("west"), federation.client("east")
    for asker, record in ((west, f"rooms/{mine}"), (east, f"hardship-files/{case}")):
        for method in ("GET", "DELETE"):
            path = f"/api/v1/designs/{record}/attachments/{id_of(file)}"
            assert asker(method, path).status_code == 404


@pytest.mark.parametrize("name", ["..%2f..%2fsecret", "%2e%2e", "..", "0", "{}", "a/../../b"])
def test_an_id_is_no_path(federation: Federation, room: str, name: str) -> None:
    assert federation.client("east").get(f"{room}/attachments/{name}").status_code in (404, 308)


def test_files_come_and_go_in_the_states_that_allow_it(federation: Federation) -> None:
    with federation.uow() as uow:
        record_id = hardship_at(("submit", {}))(uow, federation.units["garden"])
        attachment_id = attached(uow, hardship, record_id)
    path, east = f"/api/v1/designs/hardship-files/{record_id}", federation.client("east")
    assert code_of(send(east, path, PDF, paper="income")) == (409, "state_forbids")
    assert code_of(east("DELETE", f"{path}/attachments/{attachment_id}")) == (409, "state_forbids")
    assert east.get(f"{path}/attachments/{attachment_id}").data == PDF
    assert len(objects_of(federation)) == 1


def test_a_published_record_shows_its_files_to_strangers_only_where_they_are_published(
    federation: Federation, room: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "published", frozenset({"planned"}))
    with federation.uow("west") as uow, pytest.raises(Forbidden):
        keeping.read(uow, rooms, id_of(room), id_of(file))
    monkeypatch.setattr(rooms, "attachments", AttachmentRules(published=True))
    with federation.uow("west") as uow:
        assert keeping.read(uow, rooms, id_of(room), id_of(file)).name == "sample.pdf"
        _rows, may_know_who = keeping.listed(uow, rooms, id_of(room))
        assert not may_know_who


def test_of_a_sealed_record_nobody_learns_who_added_a_file_or_when(
    federation: Federation, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms.model, "sealed_audit", True)
    added = send(federation.client("east"), room, PDF).get_json()
    assert added["account_id"] is None
    assert added["uploaded_at"].partition(":")[2].startswith("00:00")
    assert UUID(added["id"]).version == 4  # ours tell the moment
    assert federation.client("east").get(f"{room}/attachments/{added['id']}").status_code == 200
    with federation.uow() as uow:
        acts = select(AuditEntry).where(
            AuditEntry.action.in_([rooms.attached, "designs.room.attachment_read"])
        )
        entries = uow.session.scalars(acts).all()
        assert {entry.action for entry in entries} == {rooms.attached, "designs.room.attachment_read"}
        assert {(entry.account_id, entry.object_id, entry.request_id) for entry in entries} == {
            (None, None, "")
        }


# --- what is taken


def test_a_paper_is_named_where_a_record_type_has_papers(federation: Federation) -> None:
    with federation.uow() as uow:
        path = f"/api/v1/designs/hardship-files/{hardship_at()(uow, federation.units['garden'])}"
    east = federation.client("east")
    assert send(east, path, PDF).status_code == 422
    assert send(east, path, PDF, paper="other").status_code == 422
    added = send(east, path, sample_file(FileKind.JPEG), "现场.jpg", paper="income")
    assert (added.status_code, added.get_json()["paper"]) == (201, "income")
    assert fault_of(send(east, path, sample_file(FileKind.XLSX), "a.xlsx", paper="income")) == (
        422, "/file", "kind_refused",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "name", "fault"),
    [(b"", "a.pdf", "empty_file"), (PDF, "a.jpg", "name_disagrees"), (b"MZ\x90\0", "a.pdf", "kind_unknown")],
)
def test_a_refused_file_leaves_nothing(
    federation: Federation, room: str, content: bytes, name: str, fault: str
) -> None:
    assert fault_of(send(federation.client("east"), room, content, name)) == (422, "/file", fault)
    assert objects_of(federation) == []


def test_a_form_without_a_file_is_refused(federation: Federation, room: str) -> None:
    east = federation.client("east")
    assert east("POST", f"{room}/attachments", data={"file": "text"}).status_code == 422
    assert east("POST", f"{room}/attachments", data={}).status_code == 422


def test_a_file_larger_than_allowed_is_refused(federation: Federation, room: str, small: Any) -> None:
    small.setenv("GONGHUI_ATTACHMENT_LARGEST", "1000")
    settings.cache_clear()
    answer = send(federation.client("east"), room, pdf("x" * 1000))
    assert code_of(answer) == (413, "file_too_large")
    assert answer.get_json()["largest"] == 1000
    assert objects_of(federation) == []


def test_a_body_that_says_it_is_huge_is_refused_before_it_is_read(federation: Federation, room: str) -> None:
    class Unread(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("the body was read")

    answer = federation.client("east")(
        "POST",
        f"{room}/attachments",
        input_stream=Unread(),
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(2 << 30)},
    )
    assert code_of(answer) == (413, "too_large")


def test_the_same_file_is_there_once(federation: Federation, room: str) -> None:
    east = federation.client("east")
    first = send(east, room, PDF).get_json()
    again = send(east, room, PDF, "b.pdf")
    assert code_of(again) == (409, "already_attached")
    assert again.get_json()["attachment_id"] == first["id"]
    assert len(objects_of(federation)) == 1


def test_a_record_has_no_more_files_than_allowed_however_many_come_at_once(
    federation: Federation, room: str
) -> None:
    east = federation.client("east")
    east.get(room)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: send(east, room, pdf(n)), range(6)))
    codes = sorted(answer.get_json().get("code", "added") for answer in answers)
    assert codes == ["added"] * 3 + ["too_many_attachments"] * 3
    assert len(east.get(f"{room}/attachments").get_json()) == len(objects_of(federation)) == 3


def test_a_federation_has_no_more_bytes_than_allowed_however_many_come_at_once(
    federation: Federation, small: Any
) -> None:
    with federation.uow() as uow:
        made = [room_at()(uow, federation.units["garden"]) for _ in range(6)]
    small.setenv("GONGHUI_ATTACHMENT_QUOTA", str(2 * len(pdf(0))))
    settings.cache_clear()
    east = federation.client("east")
    east.get("/api/v1/designs/rooms")
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: send(east, f"/api/v1/designs/rooms/{made[n]}", pdf(n)), range(6)))
    codes = sorted(answer.get_json().get("code", "added") for answer in answers)
    assert codes == ["added"] * 2 + ["quota_exceeded"] * 4
    assert len(objects_of(federation)) == 2


def test_a_record_that_is_decided_while_its_file_is_stored_takes_it_no_more(
    federation: Federation, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = ObjectStore.put

    def slow(self: ObjectStore, *args: Any, **options: Any) -> None:
        put(self, *args, **options)
        with federation.uow() as uow:
            record = uow.session.get_one(rooms.model, (uow.tenant_id, id_of(room)))
            record.state = "closed"

    monkeypatch.setattr(ObjectStore, "put", slow)
    with federation.uow("east") as uow, pytest.raises(Conflict):
        keeping.attach(uow, rooms, id_of(room), keeping.Upload(BytesIO(PDF), "a.pdf"))
    assert objects_of(federation) == []


def test_a_store_that_does_not_answer_is_told_as_such(
    federation: Federation, room: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_args: Any, **_options: Any) -> None:
        raise StoreUnavailable("no answer")

    for name in ("put", "open"):
        monkeypatch.setattr(ObjectStore, name, unavailable)
    east = federation.client("east")
    assert code_of(send(east, room, PDF)) == (503, "unavailable")
    assert code_of(east.get(file)) == (503, "unavailable")


# --- links


def test_a_link_saves_the_file_without_a_sign_in_until_it_expires(federation: Federation, file: str) -> None:
    answer = federation.client("east").get(f"{file}/link").get_json()
    nobody = federation.client()
    saved = nobody.get(answer["url"])
    assert (saved.status_code, saved.data) == (200, PDF)
    assert saved.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "sample.pdf" in saved.headers["Content-Disposition"]
    assert "Set-Cookie" not in saved.headers
    with clock.at(clock.now() + timedelta(seconds=settings().attachment_link_seconds)):
        assert nobody.get(answer["url"]).status_code == 404


def test_a_link_tells_neither_the_name_of_a_file_nor_who_asked(federation: Federation, room: str) -> None:
    east = federation.client("east")
    added = send(east, room, PDF, "zhangsan.pdf")
    url = east.get(f"{added.headers['Location']}/link").get_json()["url"]
    payload = url.rpartition("/")[2].rpartition(".")[0]
    told_in_it = f"{url} {URLSafeSerializer('').load_payload(payload.encode())}"
    assert added.get_json()["id"] in told_in_it
    assert not any(each in told_in_it for each in ("zhangsan", str(federation.accounts["east"]), "east"))


def test_a_link_is_good_for_one_file_of_one_federation_as_long_as_it_is_there(
    federation: Federation, file: str
) -> None:
    east, nobody = federation.client("east"), federation.client()
    url = east.get(f"{file}/link").get_json()["url"]
    assert federation.world.federation().client().get(url).status_code == 404
    head, _dot, signature = url.rpartition(".")
    for forged in (
        url[:-1],
        f"{head}.{signature[::-1]}",
        f"{url[:20]}x{url[21:]}",
        f"{head[:-2]}.{signature}",
    ):
        assert nobody.get(forged).status_code == 404
    east("DELETE", file)
    assert nobody.get(url).status_code == 404


def test_a_link_ends_with_the_plugin(federation: Federation, file: str) -> None:
    url = federation.client("east").get(f"{file}/link").get_json()["url"]
    assert federation.client().get(url).status_code == 200
    with federation.uow() as uow:
        switch_off(uow, discover(), designs)
    assert federation.client().get(url).status_code == 404


def test_whoever_reads_a_file_that_shows_what_is_masked_is_told_in_the_trail(
    federation: Federation, room: str, file: str
) -> None:
    assert keeping.is_noted(rooms)  # its telephone is sealed
    east = federation.client("east")
    east.get(file)
    east.get(f"{file}/link")
    notes = told(federation, room, "designs.room.attachment_read")
    assert [note["attachment_id"] for note in notes] == [str(id_of(file))] * 2


def test_an_object_is_not_found_by_a_name_of_one_s_own(federation: Federation) -> None:
    with federation.uow() as uow:
        link = keeping.store_of(uow).link(
            f"attachments/designs/{new_id()}",
            file_name="a.pdf",
            media_type="application/pdf",
            expires_in=timedelta(minutes=1),
        )
    assert federation.client().get(link).status_code == 404
