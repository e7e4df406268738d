"""Registers of the plugins that a federation has on, and runs of them that a principal sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select

from gonghui.auth.scope import require, visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound, not_found
from gonghui.i18n import _
from gonghui.plugin_host.registry import discover
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun
from gonghui.tenancy.switches import plugin_off, plugins_on

USE = "core.import.use"


def registers_on(uow: UnitOfWork) -> dict[str, RegisterImport]:
    """Registers that can be read in here, by code."""
    on = plugins_on(uow)
    found = (
        register for plugin in discover().plugins.values() if plugin.id in on for register in plugin.imports
    )
    return {register.code: register for register in found}


def register_of(uow: UnitOfWork, code: str) -> RegisterImport:
    """The register with this code. Raises `NotFound`, naming those that there are; also where its plugin is off."""
    known = {r.code for plugin in discover().plugins.values() for r in plugin.imports}
    if code not in known:
        message = _(
            "没有名为 {register} 的名册。现有：{known}。", register=code, known=", ".join(sorted(known))
        )
        raise NotFound("unknown_register", message)
    found = registers_on(uow).get(code)
    if found is None:
        raise plugin_off(code.split(".", 1)[0])
    return found


def register_to_import(uow: UnitOfWork, code: str) -> RegisterImport:
    """The register, for whoever may read it in somewhere. Raises `NotFound`, `Forbidden`."""
    register = register_of(uow, code)
    require(uow.principal, register.permission)
    return register


def runs_in_sight(uow: UnitOfWork) -> ColumnElement[bool]:
    """Runs whose content I may see: filed where I may import, and import that very register."""
    place: Any = RegisterRun.__table__.c.org_unit_id
    kinds = [
        and_(RegisterRun.register == register.code, visible(uow.principal, register.permission, place))
        for register in registers_on(uow).values()
    ]
    # Whoever imports for two streets sees what they sent, though it is filed above both.
    mine = and_(RegisterRun.account_id.is_not(None), RegisterRun.account_id == uow.principal.account_id)
    held = RegisterRun.register.in_(
        [r.code for r in registers_on(uow).values() if uow.principal.holds(r.permission)]
    )
    return or_(and_(visible(uow.principal, USE, place), or_(false(), *kinds)), and_(mine, held))


def run_in_sight(
    uow: UnitOfWork, run_id: UUID, *, to_change: bool = False
) -> tuple[RegisterRun, RegisterImport]:
    """A run that I see, with its register; `to_change`: held until the transaction ends. Raises `NotFound`."""
    wanted = select(RegisterRun).where(RegisterRun.id == run_id, runs_in_sight(uow))
    if to_change:  # one change after the other
        wanted = wanted.with_for_update()
    run = uow.session.scalars(wanted).one_or_none()
    if run is None:
        raise not_found()
    return run, registers_on(uow)[run.register]
