"""Attachments of records in a bucket of the real MinIO: added, read, linked to, removed and swept, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import urllib3
from tests.designs.rooms import rooms
from tests.designs.samples import room_at
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gonghui.records.attachments.keeping import store_of
from gonghui.records.attachments.sweeping import sweep_removed
from gonghui.settings import settings
from gonghui.testing import Federation, World
from gonghui.testing.attachment_samples import PDF
from gonghui.values import clock


@pytest.fixture
def federation(world: World, minio_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Federation]:
    """A federation of an installation whose files are in a bucket of their own."""
    at = urlsplit(minio_url)
    bucket = f"{at.scheme}://{at.hostname}:{at.port}/gonghui-test-{uuid4()}"
    monkeypatch.setenv("GONGHUI_OBJECTS_URL", bucket)
    monkeypatch.setenv("GONGHUI_OBJECTS_KEY", at.username or "")
    monkeypatch.setenv("GONGHUI_OBJECTS_SECRET", at.password or "")
    settings.cache_clear()
    yield world.federation()
    monkeypatch.undo()
    settings.cache_clear()


def objects_of(federation: Federation) -> list[str]:
    with federation.uow() as uow:
        return [each.name for each in store_of(uow).list()]


def test_a_file_of_a_record_lives_in_the_bucket_until_its_days_of_grace_are_over(
    federation: Federation,
) -> None:
    with federation.uow() as uow:
        room = f"/api/v1/designs/rooms/{room_at()(uow, federation.units['garden'])}"
    east, west = federation.client("east"), federation.client("west")
    boundary, body = encode_multipart({"file": FileStorage(BytesIO(PDF), "申请.pdf", "file")})
    added = east(
        "POST", f"{room}/attachments", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    assert added.status_code == 201, added.text
    file = added.headers["Location"]
    assert len(objects_of(federation)) == 1
    assert east.get(file).data == PDF
    assert west.get(file).status_code == 404
    link = east.get(f"{file}/link").get_json()["url"]
    linked = urllib3.request("GET", link)
    assert (linked.status, linked.data) == (200, PDF)
    assert linked.headers["Content-Disposition"].startswith("attachment;")
    unsigned, _sign, _signature = link.partition("?")
    assert urllib3.request("GET", unsigned).status == 403
    assert east("DELETE", file).status_code == 204
    with (
        clock.at(clock.now() + timedelta(days=settings().attachment_grace_days, hours=1)),
        federation.uow() as uow,
    ):
        assert sweep_removed(uow, [rooms]) == 1
    assert objects_of(federation) == []


def test_no_federation_reaches_the_files_of_another_in_the_same_bucket(federation: Federation) -> None:
    other = federation.world.federation()
    with federation.uow() as uow:
        store_of(uow).put("attachments/one", BytesIO(b"ours"), size=4, media_type="text/plain")
    assert objects_of(federation) == ["attachments/one"]
    assert objects_of(other) == []
