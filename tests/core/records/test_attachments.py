"""Attachments over HTTP: whoever may read a record reads its files, whoever may change it adds and removes them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from tests.designs.rooms import rooms
from tests.designs.samples import room_at
from werkzeug.test import TestResponse

from gonghui.sdk import Attachment, FileKind, attachments_of
from gonghui.testing import Federation
from gonghui.testing.federation import Asker

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def room(federation: Federation) -> str:
    with federation.uow() as uow:
        return f"/api/v1/designs/rooms/{room_at()(uow, federation.units['garden'])}"


def send(asker: Asker, record: str, content: bytes, name: str, **form: Any) -> TestResponse:
    return asker("POST", f"{record}/attachments", data={"file": (BytesIO(content), name), **form})


def test_a_file_is_added_listed_and_downloaded(federation: Federation, room: str) -> None:
    east = federation.client("east")
    added = send(east, room, PDF, "启用 申请.pdf")
    assert added.status_code == 201, added.text
    told = added.get_json()
    assert (told["name"], told["media_type"], told["size"]) == ("启用 申请.pdf", "application/pdf", len(PDF))
    assert east.get(f"{room}/attachments").get_json() == [told]
    file = east.get(added.headers["Location"])
    assert file.data == PDF
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Length"] == str(len(PDF))
    assert "filename*=UTF-8''%E5%90%AF%E7%94%A8" in file.headers["Content-Disposition"]
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_plugin_asks_which_files_a_record_has(federation: Federation, room: str) -> None:
    send(federation.client("east"), room, PDF, "a.pdf")
    with federation.uow() as uow:
        record = uow.session.get_one(rooms.model, (uow.tenant_id, UUID(room.rpartition("/")[2])))
        files: Sequence[Attachment] = attachments_of(uow, record)
        assert [(each.name, each.media_type) for each in files] == [("a.pdf", FileKind.PDF.media_type)]
