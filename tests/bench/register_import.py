"""Speed of taking a register over: the sample register, read, checked and written with its audit."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, say

from gonghui.lifecycle.onboarding import Declaration, onboard, operator_principal
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers.taking import import_file
from gonghui.settings import PACKAGED_TENANTS
from gonghui.testing.federation import World

_REPOSITORY = Path(__file__).parents[2]
_SAMPLE = _REPOSITORY / "tests" / "samples" / "unions.xlsx"
_TIMES = 5


def measure(world: World) -> Figure:
    """Rows of the register a second, from the file to the commit, each time into a fresh tenant."""
    say("import of the sample register")
    rates = [_rate(world, number) for number in range(_TIMES)]
    return Figure("import of the sample register", round(median(rates), 1), "rows/s")


def _rate(world: World, number: int) -> float:
    declared = Declaration.read(PACKAGED_TENANTS / "demo.toml")
    code = f"import{number}"
    content = {**declared.content, "code": code, "hosts": [f"{code}.test"], "account": []}
    tenant = onboard(world.database, world.registry, Declaration(content, declared.profile))
    started = time.perf_counter()
    with world.database.unit_of_work(operator_principal(tenant.id)) as uow:
        report = import_file(uow, register_of(uow, "organising.unions"), _SAMPLE)
    seconds = time.perf_counter() - started
    if not report.created:
        raise RuntimeError("the sample register put nothing in")
    say(f"import {number + 1}/{_TIMES}: {report.rows} rows, {report.created} unions in {seconds:.2f} s")
    return report.rows / seconds
