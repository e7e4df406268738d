"""Jobs of a plugin's own: asked for in its operation, answered with 202, fetched as a file."""

from __future__ import annotations

import pytest
from tests.core.jobs.asking import Work, told
from tests.designs.long_work import PRINT_ROOM
from tests.designs.samples import OPENED, room_at

from gonghui.sdk import _, accepted, ask_for_job, can_ask_for_job
from gonghui.settings import settings
from gonghui.testing import Federation


def test_a_plugin_answers_with_a_job_that_gives_a_file(federation: Federation, work: Work) -> None:
    with federation.uow() as uow:
        room_id = room_at(OPENED)(uow, federation.units["garden"])
    with federation.world.app.test_request_context("/api/v1/designs/rooms"), federation.uow("east") as uow:
        assert can_ask_for_job(uow)
        title = _("爱心妈妈小屋")
        answer = accepted(ask_for_job(uow, PRINT_ROOM, "designs.room.read", title, {"room_id": room_id}))
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
    work()
    client = federation.client("east")
    job = told(client, answer.headers["Location"].rsplit("/", 1)[1])
    with client.get(job["result"]) as file:
        assert file.get_data().decode().startswith("样本")
        assert file.content_type == "text/plain"


def test_where_no_worker_is_nothing_is_asked_for(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "broker_url", None)
    with federation.uow("east") as uow:
        assert not can_ask_for_job(uow)
