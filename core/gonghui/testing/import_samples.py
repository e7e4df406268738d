"""Runs of registers for the pages of the wizard: one whose columns wait, one at which a worker is, one applied."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from gonghui.lifecycle.register_jobs import APPLY_REGISTER, ask_for_run
from gonghui.records.registers.arriving import take_in
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.taking import new_run
from gonghui.testing.federation import Federation

_RUN = "/console/imports/{run_id}"


def samples(
    federation: Federation,
    login: str,
    register: Callable[[], RegisterImport],
    sent_run: Callable[..., str],
) -> dict[str, Callable[[], str]]:
    """Makers of runs that `login` may deal with, by operation; `sent_run` makes one that is checked, or applied."""
    return {
        f"POST {_RUN}/check": lambda: _waiting(federation, login, register()),
        f"POST {_RUN}/cancel": lambda: _at_work(federation, login, register()),
        f"GET {_RUN}/undo": lambda: sent_run(login, is_applied=True),
        f"POST {_RUN}/undo": lambda: sent_run(login, is_applied=True),
    }


def _waiting(federation: Federation, login: str, register: RegisterImport) -> str:
    content = ",".join(column.heading for column in register.columns if column.required).encode()
    with federation.uow(login) as uow:
        return str(take_in(uow, register, "sample.csv", BytesIO(content), len(content)).id)


def _at_work(federation: Federation, login: str, register: RegisterImport) -> str:
    with federation.uow(login) as uow:
        run = new_run(uow, register, "sample.csv")
        ask_for_run(uow, APPLY_REGISTER, register, run, faulty="skip")
        return str(run.id)
