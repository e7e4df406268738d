"""How figures of law are written out, alike for the API and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.parameter_changes import overrides_of
from gonghui.tenancy.parameters import (
    OF_TENANT,
    PACKS,
    Parameter,
    ParameterMissing,
    changes_ahead,
    figure,
    own_figure,
)
from gonghui.tenancy.tenants import here

_ABOUT = ("value", "unit", "version", "jurisdiction", "basis", "confidence", "effective_from", "effective_to")


def figure_as_json(found: Parameter) -> dict[str, Any]:
    """A figure with its version, where it comes from, and its ground."""
    return {"code": found.code, **{name: getattr(found, name) for name in _ABOUT}}


def effective_json(uow: UnitOfWork, code: str) -> dict[str, Any]:
    """The figure that binds today, and those to come; without value where none binds."""
    try:
        found = figure_as_json(figure(uow, code))
    except ParameterMissing:
        found = {"code": code, **dict.fromkeys(_ABOUT)}
    ahead = [{"from": day, **figure_as_json(then)} for day, then in changes_ahead(uow, code)]
    return {**found, "is_own": found["jurisdiction"] == OF_TENANT, "coming": ahead}


def history_json(uow: UnitOfWork, code: str) -> list[dict[str, Any]]:
    """Everything that bound, binds or will bind here: what packs hold, then what the federation decided."""
    packs = [figure_as_json(p) for p in PACKS.chain(code, here(uow).jurisdiction)]
    own = [
        {
            **figure_as_json(own_figure(row)),
            "id": row.id,
            "reason": row.reason,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at,
            "withdrawn_at": row.withdrawn_at,
            "withdrawn_by": row.withdrawn_by,
            "withdrawn_for": row.withdrawn_for,
        }
        for row in overrides_of(uow, code)
    ]
    return packs + own


def codes_here(plugins_on: Iterable[str]) -> list[str]:
    """Codes of the figures of the plugins that are on, and of the core."""
    owners = {"core", *plugins_on}
    return [code for code in PACKS.codes() if code.split(".", 1)[0] in owners]
