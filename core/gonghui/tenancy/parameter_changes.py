"""Deciding a figure for the federation, and withdrawing it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.tenancy.parameter_overrides import ParameterOverride
from gonghui.tenancy.parameter_shapes import faults_of_value
from gonghui.tenancy.parameters import PACKS, Parameter
from gonghui.tenancy.tenants import here
from gonghui.values import clock


def check_value(uow: UnitOfWork, code: str, value: Any) -> Parameter:
    """The figure of the packs whose place a value would take here.

    Raises `NotFound` for a code that no pack declares, `Invalid` for a value that cannot stand for its figure.
    """
    # Where no pack has a figure for this place, one of another place says what it looks like.
    declared = PACKS.chain(code, here(uow).jurisdiction) or PACKS.declared(code)
    if not declared:
        raise not_found()
    faults = faults_of_value(declared, value)
    if faults:
        raise invalid(*faults)
    return declared[-1]


def decide_figure(
    uow: UnitOfWork,
    code: str,
    value: Any,
    *,
    effective_from: date,
    effective_to: date | None,
    basis: str,
    reason: str,
) -> ParameterOverride:
    """Let a figure of the federation's own bind from a day on. Deciding the same again changes nothing.

    Raises `NotFound`, `Invalid`, and `Conflict` where another one from the same day is in force.
    """
    model = check_value(uow, code, value)
    if effective_to is not None and effective_to < effective_from:
        raise invalid(FieldFault("/effective_to", "backwards", _("起点不能大于终点。")))
    content = {"value": value, "effective_to": effective_to, "basis": basis.strip(), "reason": reason.strip()}
    there = select(ParameterOverride).where(
        ParameterOverride.code == code, ParameterOverride.effective_from == effective_from
    )
    live = uow.session.scalars(there.where(ParameterOverride.withdrawn_at.is_(None))).one_or_none()
    if live is not None:
        if all(getattr(live, name) == wanted for name, wanted in content.items()):
            return live
        raise Conflict("override_exists", _("同一天起已有一个本会定的数值，请先撤回它。"))
    edition = uow.session.scalar(select(func.count()).select_from(there.subquery())) or 0
    uow.note("core.parameter.decided")
    decided = ParameterOverride(
        code=code,
        unit=model.unit,
        effective_from=effective_from,
        edition=edition + 1,
        account_id=uow.principal.account_id,
        decided_by=uow.principal.name,
        **content,
    )
    uow.add(decided)
    uow.session.flush()
    uow.kept.pop(ParameterOverride, None)
    return decided


def withdraw_figure(uow: UnitOfWork, code: str, override_id: UUID, reason: str) -> ParameterOverride:
    """Let a figure of the federation's own bind no longer; it stays on record. Raises `NotFound`, `Conflict`."""
    wanted = (ParameterOverride.id == override_id, ParameterOverride.code == code)
    found = uow.session.scalars(select(ParameterOverride).where(*wanted).with_for_update()).one_or_none()
    if found is None:
        raise not_found()
    if found.withdrawn_at is not None:
        raise Conflict("already_withdrawn", _("这个数值已经撤回。"))
    uow.note("core.parameter.withdrawn")
    found.withdrawn_at = clock.now()
    found.withdrawn_by = uow.principal.name
    found.withdrawn_for = reason.strip()
    uow.session.flush()
    uow.kept.pop(ParameterOverride, None)
    return found


def overrides_of(uow: UnitOfWork, code: str) -> list[ParameterOverride]:
    """Everything that the federation decided for a code, withdrawn or not, in the order of their days."""
    mine = select(ParameterOverride).where(ParameterOverride.code == code)
    ordered = mine.order_by(ParameterOverride.effective_from, ParameterOverride.edition)
    return list(uow.session.scalars(ordered))
