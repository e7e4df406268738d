"""Asking for jobs of the designs, and looking at what they wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, select
from tests.designs import long_work
from tests.designs.long_work import INSPECT_OFTEN
from tests.designs.rooms import Inspection
from tests.designs.samples import OPENED, room_at

from gonghui.sdk import _, ask_for_job
from gonghui.testing import Asker, Federation

JOBS = "/api/v1/jobs"
LATER = {"Prefer": "respond-async"}
Work = Callable[[], None]


def ask(federation: Federation, login: str = "district", *, times: int = 3, **more: object) -> str:
    """A job that writes inspections of a new room."""
    with federation.uow() as uow:
        room_id = room_at(OPENED)(uow, federation.units["garden"])
    with federation.uow(login) as uow:
        told = {"room_id": room_id, "times": times, **more}
        title = _("爱心妈妈小屋")
        return str(ask_for_job(uow, INSPECT_OFTEN, "designs.room.read", title, told, total=times).id)


def inspections(federation: Federation) -> int:
    """How many the jobs wrote; opening a room has one of its own."""
    with federation.uow() as uow:
        counted = select(func.count()).where(Inspection.remark.regexp_match("^[0-9]+$"))
        return uow.session.scalar(counted) or 0


@contextmanager
def between_steps(look: Callable[[int], None]) -> Iterator[None]:
    long_work.between.append(look)
    try:
        yield
    finally:
        long_work.between.remove(look)


def told(client: Asker, job_id: str) -> dict[str, Any]:
    """A job as whoever asked for it sees it."""
    job: dict[str, Any] = client.get(f"{JOBS}/{job_id}").json
    return job
