"""Pages of what was told: my inbox, and what the federation sent out (in a demonstration, its mailbox)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.notifications import inbox
from gonghui.notifications.messages import messages_sent
from gonghui.records.naming import names_seen
from gonghui.records.record_types import RecordType
from gonghui.web.navigation import record_path
from gonghui.web.page import SIGNED_IN, page

blueprint = Blueprint("told", __name__, template_folder="templates")

_AT_ONCE = 50


@blueprint.get("/console/inbox")
@page(SIGNED_IN)
def show_inbox(uow: UnitOfWork) -> str:
    """What I was told, newest first."""
    rows = inbox.list_inbox(uow, _me(uow), only_unread=False, before=_before(), limit=_AT_ONCE + 1)
    unread = inbox.count_unread(uow, _me(uow))
    return render_template("inbox.html", unread=unread, links=_links(uow, rows), **_paged(rows))


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


def _links(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> dict[UUID, tuple[str, str]]:
    """Where the records of notices stand and what they are called, for whoever may still read them."""
    kinds = current_app.extensions["gonghui"].registry.record_types(g.tenant.plugins_on)
    ids: dict[RecordType, set[UUID]] = {kind: set() for kind in kinds}
    by_table = {kind.table.fullname: kind for kind in kinds}
    for row in rows:
        if row["record_type"] in by_table:
            ids[by_table[row["record_type"]]].add(row["record_id"])
    names = names_seen(uow, {kind: some for kind, some in ids.items() if some})
    return {
        record_id: (record_path(kind, record_id), names[record_id] or str(kind.title))
        for kind, some in ids.items()
        for record_id in some
        if record_id in names
    }


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
