"""Pages for operators of the platform: signing in by key and reason, health, tenants, and installed plugins."""

from __future__ import annotations

import structlog
from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api import operator_sessions
from gonghui.api.operator_sessions import OperatorSession
from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.api.resources.platform import READ
from gonghui.auth.credentials import fingerprint
from gonghui.auth.operators import KEY_PREFIX, enter
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.i18n import Text, _
from gonghui.lifecycle.platform_state import findings, tenants
from gonghui.settings import settings
from gonghui.web.forms import Faults
from gonghui.web.page import inside, page

blueprint = Blueprint("operating", __name__, template_folder="templates")

_log = structlog.get_logger()
_HOME, _SIGN_IN = operator_sessions.PLACE, operator_sessions.SIGN_IN
_LONGEST_REASON = 500
_AT_ONCE = 50


@blueprint.get(_SIGN_IN)
def show_operator_sign_in() -> str:
    """Where an operator shows the key and says why."""
    return _sign_in_page([])


@blueprint.post(_SIGN_IN)
def operator_sign_in() -> Response | tuple[str, int]:
    """Begin a session of half an hour; the platform's trail tells who began it and why."""
    secret, reason = request.form.get("key", "").strip(), request.form.get("reason", "").strip()
    faults = _faults(secret, reason)
    if faults:
        return _sign_in_page(faults), 422
    begun = OperatorSession(fingerprint(secret), reason)
    if not secret.startswith(KEY_PREFIX) or enter(g.uow, begun.key_hash, reason, f"POST {_SIGN_IN}") is None:
        _log.warning("operator_refused", request_id=g.request_id)
        return _sign_in_page([("key", str(_("密钥不对，或已过期。")))]), 401
    answer = redirect(_next(), 303)
    operator_sessions.keep(answer, g.tenant.id, begun)
    return answer


@blueprint.post(f"{_HOME}/sign-out")
@page(READ)
def operator_sign_out(_uow: UnitOfWork) -> Response:
    """Have the browser forget the session."""
    answer = redirect(_SIGN_IN, 303)
    operator_sessions.forget(answer)
    return answer


@blueprint.get(_HOME)
@page(READ)
def show_health(uow: UnitOfWork) -> str:
    """How each part of the platform fares."""
    found = findings(uow.database, operator_key(), settings())
    return render_template("operating/health.html", rows=found, bad=sum(row.state == "bad" for row in found))


@blueprint.get(f"{_HOME}/tenants")
@page(READ)
def show_tenants(uow: UnitOfWork) -> str:
    """The tenants of this installation."""
    after = decode_cursor(request.args.get("cursor"), (str,))
    rows = tenants(uow.database, operator_key(), after=after[0] if after else "", limit=_AT_ONCE + 1)
    return render_template(
        "operating/tenants.html",
        rows=rows[:_AT_ONCE],
        plugins=current_app.extensions["gonghui"].registry.plugins,
        is_first=after is None,
        next_cursor=encode_cursor((rows[_AT_ONCE - 1].code,)) if len(rows) > _AT_ONCE else None,
    )


@blueprint.get(f"{_HOME}/plugins")
@page(READ)
def show_installed(_uow: UnitOfWork) -> str:
    """Plugins of this installation, and those that were refused, each with the reason."""
    registry = current_app.extensions["gonghui"].registry
    return render_template(
        "operating/plugins.html", rows=list(registry.plugins.values()), rejected=registry.rejected
    )


def operator_key() -> str:
    """The fingerprint of the key by which the operator came; nobody else sees the whole platform."""
    key: str | None = g.get("operator_key")
    if key is None:
        raise not_found()
    return key


def _faults(secret: str, reason: str) -> Faults:
    required: tuple[tuple[str, str, Text], ...] = (
        ("key", secret, _("填写密钥。")),
        ("reason", reason, _("写明理由。")),
    )
    faults: Faults = [(name, str(said)) for name, value, said in required if not value]
    if len(reason) > _LONGEST_REASON:
        faults.append(("reason", str(_("理由最多 {n} 字。", n=_LONGEST_REASON))))
    return faults


def _next() -> str:
    wanted = inside(request.form.get("next"))
    return wanted if operator_sessions.is_below(wanted.partition("?")[0]) else _HOME


def _sign_in_page(faults: Faults) -> str:
    return render_template(
        "operating/sign_in.html",
        faults_found=faults,
        faults_at=dict(faults),
        reason=request.form.get("reason", ""),
        next=request.values.get("next", _HOME),
    )
