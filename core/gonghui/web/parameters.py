"""Figures of law as pages: which bind and on what ground, and deciding one's own after seeing whom it touches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.resources.parameters import CHANGE, READ, FigureDecision, Withdrawal
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import _
from gonghui.reporting.consequences import Consequence, Told, count_consequences, list_consequences
from gonghui.reporting.parameter_json import codes_here, effective_json, history_json
from gonghui.tenancy.parameter_changes import check_value, decide_figure, withdraw_figure
from gonghui.tenancy.parameters import (
    BY_TENANT,
    OF_TENANT,
    PACKS,
    Parameter,
    ParameterMissing,
    changes_ahead,
    figure,
)
from gonghui.tenancy.tenants import here as tenant_here
from gonghui.values import clock
from gonghui.web import parameter_words
from gonghui.web.forms import Faults, refused, sent
from gonghui.web.page import page, to
from gonghui.web.parameter_typing import is_table, read, typed

blueprint = Blueprint("parameters_pages", __name__, template_folder="templates")

_HOME = "/console/parameters"
_LABELS = {
    "value": _("本会数值"),
    "effective_from": _("生效日期"),
    "effective_to": _("失效日期"),
    "basis": _("依据"),
    "reason": _("理由"),
}
#: So many of those who gain or lose are named; the others are counted.
_NAMED = 20
_decision, _withdrawal = FigureDecision(partial=("value",)), Withdrawal()


@dataclass(frozen=True)
class WhatIf:
    """Whom a change would touch: counted by consequence, and the first of them by name."""

    told: list[Told]
    named: list[Any]


@blueprint.get(_HOME)
@page(READ)
def show_parameters(uow: UnitOfWork) -> str:
    """The figures that bind today, by plugin, with what is known to come."""
    codes = codes_here(g.tenant.plugins_on)
    plugins = current_app.extensions["gonghui"].registry.plugins
    owners = list(dict.fromkeys(code.split(".", 1)[0] for code in codes))
    owner, wanted = request.args.get("plugin", ""), request.args.get("q", "").strip().lower()
    rows = [effective_json(uow, code) for code in codes if not owner or code.startswith(f"{owner}.")]
    return render_template(
        "parameters/list.html",
        words=parameter_words,
        rows=[row for row in rows if wanted in _searched(row)],
        owners=[(name, plugins[name].name if name in plugins else _("平台")) for name in owners],
        owner=owner,
        own=sum(row["is_own"] for row in rows),
    )


@blueprint.get(f"{_HOME}/<string:parameter_code>")
@page(READ)
def show_parameter(uow: UnitOfWork, parameter_code: str) -> str:
    """One figure: what binds, what is to come and whom that touches, and everything that bound before."""
    return _detail(uow, _known(parameter_code), [])


@blueprint.get(f"{_HOME}/<string:parameter_code>/decide")
@page(CHANGE, of_whole=True)
def ask_decision(uow: UnitOfWork, parameter_code: str) -> str:
    """The form in which the federation decides a figure of its own."""
    model = _model(uow, _known(parameter_code))
    now = _in_force(uow, parameter_code)
    values = {
        "value": typed(model, (now or model).value),
        "effective_from": clock.today().isoformat(),
    }
    return _form(uow, model, values)


@blueprint.post(f"{_HOME}/<string:parameter_code>/decide")
@page(CHANGE, of_whole=True)
def decide(uow: UnitOfWork, parameter_code: str) -> Response | str | tuple[str, int]:
    """Show whom the figure would touch; once that was seen, let it bind."""
    model = _model(uow, _known(parameter_code))
    values = dict(request.form)
    try:
        told = sent(_decision)
        value = read(model, values.get("value", ""))
        check_value(uow, model.code, value)
        if not _was_seen(values):
            return _form(uow, model, values, what_if=_what_if(uow, model, value, told["effective_from"]))
        decide_figure(uow, model.code, value, **{name: told[name] for name in told if name != "value"})
    except DomainError as error:
        return _form(uow, model, values, refused(uow, error, _LABELS)), 422
    return redirect(to(f"{_HOME}/{model.code}"), 303)


@blueprint.post(f"{_HOME}/<string:parameter_code>/overrides/<uuid:override_id>/withdraw")
@page(CHANGE, of_whole=True)
def withdraw(uow: UnitOfWork, parameter_code: str, override_id: UUID) -> Response | tuple[str, int]:
    """Let a figure of the federation's own bind no longer."""
    code = _known(parameter_code)
    try:
        withdraw_figure(uow, code, override_id, sent(_withdrawal)["reason"])
    except DomainError as error:
        return _detail(uow, code, refused(uow, error, _LABELS), override_id), 422
    return redirect(to(f"{_HOME}/{code}"), 303)


def _detail(uow: UnitOfWork, code: str, faults: Faults, withdrawing: UUID | None = None) -> str:
    now, ahead = _in_force(uow, code), changes_ahead(uow, code)
    concerned = _consequences(code)
    coming = count_consequences(uow, concerned, now, ahead[0][1]) if now and ahead else []
    return render_template(
        "parameters/detail.html",
        words=parameter_words,
        code=code,
        found=effective_json(uow, code),
        coming_touches=coming,
        history=sorted(history_json(uow, code), key=lambda row: row["effective_from"], reverse=True),
        may_change=holds_whole(uow.principal, CHANGE),
        faults_found=faults,
        withdrawing=withdrawing,
        reason=request.form.get("reason", ""),
        today=clock.today(),
    )


def _form(
    uow: UnitOfWork,
    model: Parameter,
    values: dict[str, str],
    faults: Faults | None = None,
    what_if: WhatIf | None = None,
) -> str:
    return render_template(
        "parameters/decide.html",
        words=parameter_words,
        labels=_LABELS,
        model=model,
        is_table=is_table(model.value),
        is_choice=isinstance(model.value, bool),
        now=effective_json(uow, model.code),
        values=values,
        faults_found=faults or [],
        faults_at=dict(faults or []),
        what_if=what_if,
        concerns=_consequences(model.code),
        named_most=_NAMED,
    )


def _was_seen(values: dict[str, str]) -> bool:
    """Whether what is sent is what was shown with its consequences, and not something typed since."""
    shown = ("value", "effective_from", "effective_to")
    return values.get("sure") == "1" and all(
        _plain(values.get(name)) == _plain(values.get(f"seen_{name}")) for name in shown
    )


def _plain(text: str | None) -> str:
    """A field without the line ends that browsers put in."""
    return "\n".join((text or "").split("\n")).replace("\r", "").strip()


def _what_if(uow: UnitOfWork, model: Parameter, value: Any, start: date) -> WhatIf:
    now = _in_force(uow, model.code) or model
    then = replace(
        now,
        value=value,
        jurisdiction=OF_TENANT,
        effective_from=start,
        effective_to=None,
        confidence=BY_TENANT,
    )
    concerned = _consequences(model.code)
    named = list_consequences(uow, concerned, now, then, after=None, limit=_NAMED)
    return WhatIf(count_consequences(uow, concerned, now, then), named)


def _consequences(code: str) -> list[Consequence]:
    registry = current_app.extensions["gonghui"].registry
    return [each for each in registry.consequences(g.tenant.plugins_on) if each.parameter == code]


def _in_force(uow: UnitOfWork, code: str) -> Parameter | None:
    try:
        return figure(uow, code)
    except ParameterMissing:
        return None


def _model(uow: UnitOfWork, code: str) -> Parameter:
    """The figure of the packs that says what a value looks like here."""
    return (PACKS.chain(code, tenant_here(uow).jurisdiction) or PACKS.declared(code))[-1]


def _known(code: str) -> str:
    if code not in codes_here(g.tenant.plugins_on):
        raise not_found()
    return code


def _searched(row: dict[str, Any]) -> str:
    return f"{parameter_words.title_of(row['code'])} {row['basis'] or ''}".lower()
