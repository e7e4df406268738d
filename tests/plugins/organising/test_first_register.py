"""The first register of members of a federation: nobody is known yet, and nobody is looked up."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select

from gonghui.parties.persons import Identity, Person, enter_person
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers import importing
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.taking import import_file
from gonghui.testing import Federation, World
from gonghui_organising.member_samples import fresh_number

UNION = "样本厂工会委员会"
UNIONS = (
    "工会名称,单位名称,单位统一社会信用代码,所属街道,建会类型,建会日期,本届任期起,任期(年),职工人数,会员人数\n"
    f"{UNION},样本厂,,东街道,联合,2020-01-01,2022-01-01,5,50,40"
)


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation with one union, and nobody in it but its officers, whose documents are not known."""
    made = world.federation()
    assert bring_in(made, "organising.unions", UNIONS).faults == []
    return made


def bring_in(
    federation: Federation, register: str, table: str, progress: Callable[[int], None] | None = None
) -> ImportReport:
    with federation.uow("district") as uow:
        return import_file(uow, register_of(uow, register), io.BytesIO(table.encode()), progress=progress)


def members(numbers: Sequence[str]) -> str:
    return "\n".join(("姓名,证件号码,所属工会", *(f"样会员,{number},{UNION}" for number in numbers)))


def persons(federation: Federation) -> int:
    """How many persons are known by a document."""
    with federation.uow() as uow:
        known = Person.__table__.c.id_number_tail.is_not(None)
        return uow.session.scalar(select(func.count()).select_from(Person).where(known)) or 0


def test_who_is_entered_by_hand_meanwhile_is_known(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [fresh_number() for _ in range(9)]

    def enter(done: int) -> None:
        if done == 1:
            with federation.uow("district") as uow:
                enter_person(uow, Identity("样会员", "resident_id", numbers[-1], "male", None), {})

    monkeypatch.setattr(importing, "AT_ONCE", 4)
    report = bring_in(federation, "organising.members", members(numbers), enter)
    assert (report.created, report.faults, persons(federation)) == (9, [], 9)


def test_a_second_one_knows_those_of_the_first(federation: Federation) -> None:
    numbers = [fresh_number() for _ in range(3)]
    assert bring_in(federation, "organising.members", members(numbers)).created == 3
    report = bring_in(federation, "organising.members", members([*numbers, fresh_number()]))
    assert (report.created, report.known, persons(federation)) == (1, 3, 4)
