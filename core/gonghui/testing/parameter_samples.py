"""A figure of law that some plugin declares, for operations on figures."""

from __future__ import annotations

from datetime import date

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.parameter_changes import decide_figure
from gonghui.tenancy.parameters import PACKS, Parameter


def numeric() -> Parameter:
    """A figure of the nation that is one number. Raises `LookupError` where no pack has one."""
    for code in PACKS.codes():
        for found in PACKS.declared(code):
            if type(found.value) is int and found.jurisdiction == "nation" and found.effective_to is None:
                return found
    raise LookupError("no pack holds a number")


def decided(uow: UnitOfWork) -> str:
    """The id of a figure that the federation decided for itself, for a day of its own."""
    found = numeric()
    row = decide_figure(
        uow,
        found.code,
        found.value,
        effective_from=date(2031, 1, 1),
        effective_to=None,
        basis="示工发〔2030〕1号",
        reason="本区另有规定",
    )
    return str(row.id)
