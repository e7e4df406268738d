"""The page of sessions and tokens: what the whole federation is signed in with, to be ended one by one."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.people import live_sessions, live_tokens
from gonghui.auth.role_giving import GRANT
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.web.page import page

blueprint = Blueprint("sessions", __name__, template_folder="templates")

_AT_ONCE = 50


@blueprint.get("/console/sessions")
@page(GRANT)
def show_sessions(uow: UnitOfWork) -> str:
    """Browsers that are signed in, or tokens of programs, newest first."""
    is_tokens = request.args.get("view") == "tokens"
    after = decode_cursor(request.args.get("cursor"), (UUID,))
    read = live_tokens if is_tokens else live_sessions
    rows = read(uow, after=after[0] if after else None, limit=_AT_ONCE + 1)
    shown = rows[:_AT_ONCE]
    return render_template(
        "people/sessions.html",
        rows=shown,
        is_tokens=is_tokens,
        is_first=after is None,
        next_cursor=encode_cursor((shown[-1][0].id,)) if len(rows) > _AT_ONCE else None,
    )
