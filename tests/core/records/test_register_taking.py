"""Taking a register over: tried, taken, put right, taken again, undone – and nothing where something is wrong."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.db.ciphers import Sealed
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, Invalid, NotFound
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.runs import RegisterRun, RunState, StagedRow, count_faulty, staged_rows
from gonghui.records.registers.synonyms import teach
from gonghui.records.registers.taking import (
    apply_run,
    correct_row,
    discard_run,
    import_file,
    new_run,
    stage_file,
    undo_run,
)
from gonghui.testing import Federation
from gonghui_organising.demo import demo_code
from gonghui_organising.register import COLUMNS
from gonghui_organising.union import GrassrootsUnion

UNIONS = "organising.unions"
HEADINGS = {column.key: column.heading for column in COLUMNS}
Counts = Callable[[Federation], dict[str, int]]
Texts = Callable[[Federation], dict[str, list[str]]]
Row = Mapping[str, object]
#: What tells that something was done; it stays when the thing itself is undone.
OF_THE_ACT = {"core.audit_entry", "core.audit_payload", "core.outbox_event", "core.register_run"}


def union(number: int, **changes: object) -> Row:
    firm = f"深圳市名册{number}电子有限公司"
    return {
        "name": f"{firm}工会委员会",
        "employer_name": firm,
        "employer_uscc": demo_code("91", number),
        "street": "东街道",
        "community": "花园社区",
        "kind": "独立",
        "founded_on": "2017-09-15",
        "term_started_on": "2022-09-15",
        "term_years": 5,
        "headcount": 50,
        "members": 40,
        "contact_phone": "12061686932",
        **changes,
    }


def book(*rows: Row) -> io.BytesIO:
    lines = [list(HEADINGS.values()), *([row.get(key, "") for key in HEADINGS] for row in rows)]
    return io.BytesIO("\r\n".join(",".join(map(str, line)) for line in lines).encode())


def take(federation: Federation, *rows: Row, login: str | None = "district", **options: Any) -> ImportReport:
    with federation.uow(login) as uow:
        return import_file(uow, register_of(uow, UNIONS), book(*rows), **options)


def take_file(federation: Federation, content: bytes) -> ImportReport:
    with federation.uow("district") as uow:
        return import_file(uow, register_of(uow, UNIONS), io.BytesIO(content))


def run_of(uow: UnitOfWork, run_id: UUID | None) -> RegisterRun:
    return uow.session.scalars(select(RegisterRun).where(RegisterRun.id == run_id)).one()


def undo(federation: Federation, run_id: UUID | None) -> dict[str, int]:
    with federation.uow("district") as uow:
        return undo_run(uow, register_of(uow, UNIONS), run_of(uow, run_id))


def correct(federation: Federation, run_id: UUID | None, number: int, **cells: str) -> list[str]:
    with federation.uow("district") as uow:
        faults = correct_row(uow, register_of(uow, UNIONS), run_of(uow, run_id), number, cells)
        return [fault.code for fault in faults]


def apply(federation: Federation, run_id: UUID | None, *, all_or_nothing: bool = False) -> ImportReport:
    with federation.uow("district") as uow:
        return apply_run(uow, register_of(uow, UNIONS), run_of(uow, run_id), all_or_nothing=all_or_nothing)


def unions(federation: Federation) -> list[str]:
    with federation.uow() as uow:
        return sorted(uow.session.scalars(select(GrassrootsUnion.name)))


@pytest.fixture
def counts(federation: Federation, table_counts: Counts) -> Callable[[], dict[str, int]]:
    """Rows of the federation, by table."""
    return lambda: table_counts(federation)


def records(counted: Mapping[str, int]) -> dict[str, int]:
    return {table: number for table, number in counted.items() if table not in OF_THE_ACT}


# --- tried and taken


def test_a_trial_says_what_would_happen_and_writes_nothing(
    federation: Federation, table_texts: Texts
) -> None:
    before = records({table: len(rows) for table, rows in table_texts(federation).items()})
    report = take(federation, union(1), union(2, street="无此街道"), dry_run=True)
    assert (report.rows, report.good, report.created, report.is_dry, report.run_id) == (2, 1, 0, True, None)
    assert [(fault.row, fault.code) for fault in report.faults] == [(3, "unknown_street")]
    after = table_texts(federation)
    assert records({table: len(rows) for table, rows in after.items()}) == before
    assert after["core.register_run"] == []


def test_good_rows_go_in_and_the_run_says_so(federation: Federation) -> None:
    report = take(federation, union(1), union(2))
    assert (report.rows, report.good, report.created, report.known) == (2, 2, 2, 0)
    assert len(unions(federation)) == 2
    with federation.uow() as uow:
        run = run_of(uow, report.run_id)
        assert (run.state, run.rows, run.good, run.created) == (RunState.APPLIED, 2, 2, 2)
        assert run.account_id == federation.accounts["district"]
        assert run.org_unit_id == federation.units["district"]


def test_one_faulty_row_keeps_the_whole_file_out_if_asked(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    before = counts()
    with pytest.raises(Conflict) as caught:
        take(federation, union(1), union(2, street=""), all_or_nothing=True)
    assert caught.value.code == "rows_faulty"
    assert "1 行" in str(caught.value.detail)
    assert counts() == before
    assert take(federation, union(1), all_or_nothing=True).created == 1


def test_a_second_run_over_the_same_file_changes_nothing(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    take(federation, union(1), union(2))
    before = records(counts())
    again = take(federation, union(1), union(2))
    assert (again.created, again.known, again.faults) == (0, 2, [])
    assert again.made.get("employers", 0) == 0
    assert records(counts()) == before


# --- rows that wait


def test_faulty_rows_wait_sealed_until_they_are_put_right(federation: Federation, table_texts: Texts) -> None:
    phone = "0755-12345678"
    report = take(federation, union(1), union(2, street="", contact_phone=phone), union(3, term_years=4))
    (waiting, other) = table_texts(federation)["core.staged_row"]
    assert phone not in waiting + other
    assert "名册2" not in waiting + other
    with federation.uow() as uow:
        run = run_of(uow, report.run_id)
        assert isinstance(uow.session.scalars(select(StagedRow).limit(1)).one().content, Sealed)
        assert count_faulty(uow, run) == 2
        told = [(row.number, row.cells["contact_phone"], [f.code for f in faults])
                for row, faults in staged_rows(uow, run)]  # fmt: skip
    assert told == [(3, phone, ["street_missing"]), (4, "12061686932", ["term_not_3_or_5"])]
    assert correct(federation, report.run_id, 3, street="西街道", community="") == []
    assert correct(federation, report.run_id, 4, term_years="6") == ["term_not_3_or_5"]
    done = apply(federation, report.run_id)
    assert (done.created, [fault.row for fault in done.faults]) == (2, [4])
    assert len(unions(federation)) == 2
    assert len(table_texts(federation)["core.staged_row"]) == 1
    assert correct(federation, report.run_id, 4, term_years="3") == []
    assert apply(federation, report.run_id).created == 3
    assert len(unions(federation)) == 3
    assert table_texts(federation)["core.staged_row"] == []


def test_a_row_that_does_not_wait_cannot_be_put_right(federation: Federation) -> None:
    report = take(federation, union(1), union(2, street=""))
    for number in (2, 99):
        with pytest.raises(NotFound):
            correct(federation, report.run_id, number, street="西街道")


def test_a_file_is_staged_whole_then_applied(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    before = records(counts())
    with federation.uow("district") as uow:
        register = register_of(uow, UNIONS)
        run = new_run(uow, register, "名册.csv")
        stage_file(uow, register, run, book(union(1), union(2, street=""), union(3)))
        assert (run.state, run.rows, run.good) == (RunState.CHECKED, 3, 2)
    assert records(counts()) == {**before, "core.staged_row": 3}
    with pytest.raises(Conflict) as caught:
        apply(federation, run.id, all_or_nothing=True)
    assert caught.value.code == "rows_faulty"
    assert unions(federation) == []
    assert apply(federation, run.id).created == 2
    assert counts()["core.staged_row"] == 1


def test_rows_that_wait_are_forgotten_when_the_run_is_discarded(federation: Federation) -> None:
    report = take(federation, union(1), union(2, street=""))
    with federation.uow("district") as uow:
        run = run_of(uow, report.run_id)
        discard_run(uow, run)
        assert (run.state, list(staged_rows(uow, run))) == (RunState.APPLIED, [])
    assert len(unions(federation)) == 1


# --- undone


def test_undoing_brings_the_state_before_back(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    take(federation, union(1))
    before = records(counts())
    report = take(federation, union(1), union(2), union(3), union(4, street=""))
    assert records(counts()) != before
    assert undo(federation, report.run_id) == {"unions": 2, "employers": 2, "communities": 0}
    assert records(counts()) == before
    assert len(unions(federation)) == 1


def test_an_undone_run_is_not_undone_again_and_its_file_may_come_again(federation: Federation) -> None:
    report = take(federation, union(1))
    undo(federation, report.run_id)
    with pytest.raises(Conflict) as caught:
        undo(federation, report.run_id)
    assert caught.value.code == "run_state"
    assert take(federation, union(1)).created == 1


def test_undoing_is_refused_once_something_rests_on_a_union(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    report = take(federation, union(1), union(2))
    with federation.uow("district") as uow:
        changed = uow.session.scalars(select(GrassrootsUnion).limit(1)).one()
        changed.chair_name = "苏俊杰"
    before = counts()
    with pytest.raises(Conflict) as caught:
        undo(federation, report.run_id)
    assert caught.value.code == "import_in_use"
    assert counts() == before


def test_undoing_leaves_employers_that_others_name(federation: Federation) -> None:
    first = take(federation, union(1))
    take(federation, {**union(1), "name": "另一个工会委员会", "kind": "联合"})
    assert undo(federation, first.run_id) == {"unions": 1, "employers": 0, "communities": 0}
    assert unions(federation) == ["另一个工会委员会"]


# --- what goes wrong on the way


def test_a_file_that_breaks_in_the_middle_writes_nothing(
    federation: Federation, counts: Callable[[], dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Exception):
        pass

    def stop(done: int) -> None:
        if done >= 4:
            raise Broken

    monkeypatch.setattr("gonghui.records.registers.importing.AT_ONCE", 2)
    before, rows = counts(), [union(number, street="" if number % 2 else "东街道") for number in range(1, 9)]
    with pytest.raises(Broken):
        take(federation, *rows, progress=stop)
    assert counts() == before


def test_a_text_that_ends_inside_a_row_writes_nothing(
    federation: Federation, counts: Callable[[], dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonghui.records.registers.importing.AT_ONCE", 2)
    content = book(*map(union, range(1, 9))).getvalue() + b'"'
    content += b"\n" * 200  # a quotation mark that nobody closes
    before = counts()
    with pytest.raises(Invalid) as caught:
        take_file(federation, content)
    assert caught.value.code == "unreadable_file"
    assert counts() == before


def test_batches_come_to_the_same_as_one(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gonghui.records.registers.importing.AT_ONCE", 3)
    seen: list[int] = []
    rows = [union(number, street="" if number == 5 else "东街道") for number in range(1, 12)]
    report = take(federation, *rows, progress=seen.append)
    assert (report.rows, report.created, [fault.row for fault in report.faults]) == (11, 10, [6])
    assert seen == [1, 4, 7, 10, 11]
    assert len(unions(federation)) == 10


def test_who_may_import_nowhere_is_refused(
    federation: Federation, counts: Callable[[], dict[str, int]]
) -> None:
    before = counts()
    with pytest.raises(NotFound):
        take(federation, union(1), login="worker")
    assert counts() == before


def test_a_street_takes_over_its_own_unions_alone(federation: Federation) -> None:
    report = take(federation, union(1), union(2, street="西街道", community=""), login="east")
    assert (report.created, [fault.code for fault in report.faults]) == (1, ["unknown_street"])


def test_headings_that_were_taught_are_understood(federation: Federation) -> None:
    content = book(union(1)).getvalue().replace("单位名称".encode(), "厂名".encode())
    with federation.uow("district") as uow:
        register = register_of(uow, UNIONS)
        with pytest.raises(Invalid) as caught:
            import_file(uow, register, io.BytesIO(content), dry_run=True)
        teach(uow, UNIONS, COLUMNS, {"厂名": "employer_name"})
        assert import_file(uow, register, io.BytesIO(content)).created == 1
    assert caught.value.code == "headings_missing"


def test_what_nobody_reads_is_told(federation: Federation) -> None:
    content = b"\xef\xbb\xbf" + b"\n".join(
        prefix + line
        for prefix, line in zip(
            ("序号,".encode(), b"1,"), book(union(1)).getvalue().split(b"\r\n"), strict=True
        )
    )
    with federation.uow("district") as uow:
        report = import_file(uow, register_of(uow, UNIONS), io.BytesIO(content))
        assert run_of(uow, report.run_id).ignored == ["序号"]
    assert (list(report.not_kept), report.created) == (["序号"], 1)
    assert report.as_json()["run_id"] == str(report.run_id)
