"""Terms of unions that come in by a register: watched at once, and gone again with a register that is undone."""

from __future__ import annotations

import io
from collections.abc import Mapping
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.errors import Conflict
from gonghui.events.handlers import Event
from gonghui.plugin_host.registers import register_to_import
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.taking import import_file, undo_run
from gonghui.testing import Federation
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui_organising.demo import demo_code
from gonghui_organising.re_election_steps import open_due_of
from gonghui_organising.register import COLUMNS
from gonghui_organising.union import GrassrootsUnion

RE_ELECTIONS = "/api/v1/organising/re-elections"
REGISTER = "organising.unions"


def a_union(number: int, began: str) -> Mapping[str, object]:
    name = f"样本{number}厂"
    return {
        "name": f"{name}工会委员会", "employer_name": name, "employer_uscc": demo_code("91", number), "kind": "独立",
        "street": "东街道", "community": "花园社区",
        "founded_on": began, "term_started_on": began, "term_years": 5, "headcount": 50, "members": 40,
    }  # fmt: skip


def bring_in(federation: Federation, *rows: Mapping[str, object]) -> ImportReport:
    lines = [[c.heading for c in COLUMNS], *([str(row.get(c.key, "")) for c in COLUMNS] for row in rows)]
    book = io.BytesIO("\r\n".join(map(",".join, lines)).encode())
    with federation.uow("district") as uow:
        return import_file(uow, register_to_import(uow, REGISTER), book)


def watch(federation: Federation) -> None:
    """What follows from the register in a process of its own."""
    with federation.uow() as uow:
        unions = list(uow.session.scalars(select(GrassrootsUnion.id)))
        records = [(str(union_id), 1) for union_id in unions]
        name = "organising.union.imported"
        fact = Event(new_id(), name, clock.now(), None, None, None, None, {"records": records})
        open_due_of(uow, fact)
        open_due_of(uow, fact)


def undo(federation: Federation, run_id: UUID | None) -> None:
    with federation.uow("district") as uow:
        run = uow.session.scalars(select(RegisterRun).where(RegisterRun.id == run_id)).one()
        undo_run(uow, register_to_import(uow, REGISTER), run)


def names_of_overdue(federation: Federation) -> list[str]:
    query = {"state": "overdue", "rule": "organising.re_election.term_end"}
    found = federation.client("east").get("/api/v1/deadlines", query_string=query).json["items"]
    return [one["record_id"] for one in found]


def test_terms_that_are_over_show_on_the_day_on_which_their_unions_come_in(federation: Federation) -> None:
    bring_in(federation, a_union(3, "2015-03-02"), a_union(4, clock.today().isoformat()))
    watch(federation)
    assert len(names_of_overdue(federation)) == 1


def test_undoing_a_register_takes_along_what_only_the_watch_has_brought(federation: Federation) -> None:
    report = bring_in(federation, a_union(3, "2015-03-02"))
    watch(federation)
    undo(federation, report.run_id)
    assert names_of_overdue(federation) == []
    assert federation.client("district").get(RE_ELECTIONS).json["items"] == []
    assert bring_in(federation, a_union(3, "2015-03-02")).created == 1


def test_undoing_is_refused_once_somebody_works_at_a_re_election(federation: Federation) -> None:
    report = bring_in(federation, a_union(3, "2015-03-02"))
    watch(federation)
    client = federation.client("east")
    (item,) = client.get(RE_ELECTIONS).json["items"]
    path = f"{RE_ELECTIONS}/{item['id']}"
    changed = client("PATCH", path, json={"seats": 5}, headers={"If-Match": client.get(path).headers["ETag"]})
    assert changed.status_code == 200, changed.text
    with pytest.raises(Conflict):
        undo(federation, report.run_id)
    assert len(names_of_overdue(federation)) == 1
