"""Registers of the plugins that a federation has on."""

from __future__ import annotations

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.plugin_host.registry import discover
from gonghui.records.registers.importing import RegisterImport
from gonghui.tenancy.switches import plugin_off, plugins_on


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
