"""The trail as pages: who did what to what, what changed, how far it is sealed, and samples drawn by a seed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, current_app, render_template, request

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.api.resources.trail import SampleQuery
from gonghui.audit import reading
from gonghui.audit.reading import READ, Wanted
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import _
from gonghui.values.ids import parse_id
from gonghui.web.forms import asked, refused
from gonghui.web.page import page
from gonghui.web.trail_names import ACTORS
from gonghui.web.trail_words import TrailWords, day_of
from gonghui.web.units import unit_in_view

blueprint = Blueprint("trail_pages", __name__, template_folder="templates")

_HOME = "/console/trail"
_AT_ONCE = 50
_LABELS = {"seed": _("种子"), "size": _("抽取数"), "up_to": _("截至第几条")}
_sample_query = SampleQuery()


@blueprint.get(_HOME)
@page(READ)
def show_trail(uow: UnitOfWork) -> str:
    """Entries about what the reader sees, newest first, and how far the trail is sealed."""
    wanted = _wanted(uow)
    after = decode_cursor(request.args.get("cursor"), (int,))
    rows = reading.list_entries(uow, wanted, after=after[0] if after else None, limit=_AT_ONCE + 1)
    shown = rows[:_AT_ONCE]
    reading.note_reading(uow, wanted, len(shown))
    return render_template(
        "trail/list.html",
        rows=shown,
        words=_words(),
        actors=ACTORS,
        seal=reading.seal_state(uow) if holds_whole(uow.principal, READ) else None,
        is_first=after is None,
        next_cursor=encode_cursor((shown[-1].number,)) if len(rows) > _AT_ONCE else None,
        is_narrowed=bool(wanted.told()),
    )


@blueprint.get(f"{_HOME}/<uuid:entry_id>")
@page(READ)
def show_entry(uow: UnitOfWork, entry_id: UUID) -> str:
    """One entry: what changed, field by field, and its place in the sealed chain."""
    row = reading.one_entry(uow, entry_id)
    if row is None:
        raise not_found()
    uow.note("core.audit.read", rows=1, narrowed={"entry": str(entry_id)})
    payload: dict[str, Any] | None = orjson.loads(row.content) if row.content else None
    words = _words()
    return render_template(
        "trail/entry.html",
        row=row,
        words=words,
        actors=ACTORS,
        changes=words.changes(row, payload),
        is_erased=payload is None,
    )


@blueprint.get(f"{_HOME}/sample")
@page(READ)
def show_sample(uow: UnitOfWork) -> str | tuple[str, int]:
    """Sealed entries drawn by a seed; without one, the form that asks for it."""
    drawn: tuple[int, list[Any]] | None = None
    faults = []
    if request.args.get("seed"):
        try:
            told = asked(_sample_query)
            drawn = reading.sample(uow, told["seed"], told["size"], told.get("up_to"))
        except DomainError as error:
            faults = refused(uow, error, _LABELS)
    shown = render_template(
        "trail/sample.html",
        drawn=drawn,
        words=_words(),
        actors=ACTORS,
        labels=_LABELS,
        faults_found=faults,
        faults_at=dict(faults),
    )
    return (shown, 422) if faults else shown


def _wanted(uow: UnitOfWork) -> Wanted:
    """What the filters ask for; a day that is none, or an id that is none, asks for nothing."""
    unit = unit_in_view(uow)
    return Wanted(
        object_id=parse_id(request.args.get("object", "")),
        action=request.args.get("action") or None,
        actor=request.args.get("who", "").strip() or None,
        since=day_of(request.args.get("since")),
        until=day_of(request.args.get("until")),
        path=unit.path if unit is not None else None,
    )


def _words() -> TrailWords:
    return TrailWords(current_app.extensions["gonghui"].registry)
