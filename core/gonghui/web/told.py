"""Pages of what was told: my inbox, and what the federation sent out (in a demonstration, its mailbox)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.notifications import inbox
from gonghui.notifications.messages import messages_sent
from gonghui.web.page import SIGNED_IN, page

blueprint = Blueprint("told", __name__, template_folder="templates")

_AT_ONCE = 50


@blueprint.get("/console/inbox")
@page(SIGNED_IN)
def show_inbox(uow: UnitOfWork) -> str:
    """What I was told, newest first."""
    rows = inbox.list_inbox(uow, _me(uow), only_unread=False, before=_before(), limit=_AT_ONCE + 1)
    unread = inbox.count_unread(uow, _me(uow))
    return render_template("inbox.html", unread=unread, **_paged(rows))


@blueprint.post("/console/inbox/read")
@page(SIGNED_IN)
def read_inbox(uow: UnitOfWork) -> Response:
    """Say that I have read everything."""
    inbox.mark_all_read(uow, _me(uow))
    return redirect("/console/inbox")


@blueprint.get("/console/messages")
@page("core.message.read", of_whole=True)
def show_messages(uow: UnitOfWork) -> str:
    """What was sent out to whom and when; in a demonstration also what it said, for nothing leaves it."""
    return render_template(
        "messages.html", **_paged(messages_sent(uow, before=_before(), limit=_AT_ONCE + 1))
    )


def _me(uow: UnitOfWork) -> UUID:
    if uow.principal.account_id is None:
        raise not_found()
    return uow.principal.account_id


def _before() -> UUID | None:
    cursor = decode_cursor(request.args.get("cursor"), (UUID,))
    return cursor[0] if cursor else None


def _paged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown = rows[:_AT_ONCE]
    return {
        "rows": shown,
        "is_first": "cursor" not in request.args,
        "next_cursor": encode_cursor((shown[-1]["id"],)) if len(rows) > _AT_ONCE else None,
    }
