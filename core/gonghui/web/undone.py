"""What events and hours called for and could not be done, as a page, and another attempt."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, current_app, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.api.resources.dead_events import READ, RESUME
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.events.dead_letters import list_deliveries, resume
from gonghui.events.deliveries import DeliveryState
from gonghui.i18n import Text, _
from gonghui.web.page import page, to

blueprint = Blueprint("undone_pages", __name__, template_folder="templates")

_HOME = "/console/events"
_AT_ONCE = 50


@blueprint.get(_HOME)
@page(READ, of_whole=True)
def show_undone(uow: UnitOfWork) -> str:
    """What was given up after the last attempt, the newest first."""
    after = decode_cursor(request.args.get("cursor"), (UUID,))
    before = after[0] if after else None
    rows = list_deliveries(uow, state=DeliveryState.DEAD, after=before, limit=_AT_ONCE + 1)
    plugins = current_app.extensions["gonghui"].registry.plugins
    events = {name: text for plugin in plugins.values() for name, text in plugin.events.items()}
    return render_template(
        "events/list.html",
        rows=rows[:_AT_ONCE],
        owner_of=_owner,
        events=events,
        may_resume=holds_whole(uow.principal, RESUME),
        is_first=after is None,
        next_cursor=encode_cursor((rows[_AT_ONCE - 1].id,)) if len(rows) > _AT_ONCE else None,
    )


@blueprint.post(f"{_HOME}/<uuid:delivery_id>/resume")
@page(RESUME, of_whole=True)
def resume_one(uow: UnitOfWork, delivery_id: UUID) -> Response:
    """Let it begin anew, with all its attempts; one that somebody has resumed meanwhile is on its way already."""
    try:
        resume(uow, delivery_id)
    except Conflict:
        return redirect(to(_HOME), 303)
    return redirect(to(_HOME, resumed="1"), 303)


def _owner(handler: str) -> Text | str:
    """Whose work it is: a plugin's, or the platform's own."""
    found = current_app.extensions["gonghui"].registry.plugins.get(handler.split(".", 1)[0])
    return found.name if found is not None else _("平台")
