"""Files of a plugin by the SDK alone: a register read in with its faults, rows changed at once, a list sent out."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from sqlalchemy import select
from tests.designs.rooms import Inspection, NursingRoom
from tests.designs.samples import OPENED, room_at

from gonghui.sdk import (
    CheckedRow,
    Column,
    Fault,
    OutColumn,
    Register,
    UnitOfWork,
    _,
    clock,
    export_response,
    insert_many,
    name_begins,
    new_id,
    read_register,
    update_many,
)
from gonghui.testing import Federation

COLUMNS = (Column("name", "名称"), Column("beds", "床位", required=False))


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow("east") as uow:
        yield uow


def test_a_fault_names_the_cell_as_people_see_it() -> None:
    register = read_register(BytesIO("名称,床位\n样本小屋,三张\n".encode()), COLUMNS)
    assert isinstance(register, Register)
    row = CheckedRow(register.rows[0], register.headings)
    assert row.number("beds") is None
    (fault,) = row.faults
    assert isinstance(fault, Fault)
    assert (fault.row, fault.column) == (2, "床位")
    assert "三张" in str(fault.message)


def test_a_list_goes_out_as_a_file(uow: UnitOfWork, shared_federation: Federation) -> None:
    columns = (OutColumn("name", _("名称"), 20), OutColumn("beds", "床位"))
    with shared_federation.world.app.test_request_context("/api/v1/designs/rooms/export"):
        answer = export_response(
            uow, "designs.room", _("爱心妈妈小屋"), columns, [{"name": "样本小屋", "beds": 3}], "csv"
        )
        sent = answer.get_data().decode("utf-8-sig")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "样本小屋,3" in sent


def test_many_rows_change_at_once(uow: UnitOfWork, shared_federation: Federation) -> None:
    room_id = room_at(OPENED)(uow, shared_federation.units["garden"])
    days = [{"id": new_id(), "room_id": room_id, "inspected_on": clock.today()} for _number in range(3)]
    insert_many(uow, Inspection, days)
    assert update_many(uow, Inspection, Inspection.room_id == room_id, {"remark": "合格"}) == 3
    remarks = uow.session.scalars(select(Inspection.remark).where(Inspection.room_id == room_id))
    assert set(remarks) == {"合格"}


def test_records_change_one_by_one(uow: UnitOfWork) -> None:
    with pytest.raises(TypeError, match=r"designs\.nursing_room"):
        update_many(uow, NursingRoom, NursingRoom.state == "open", {"name": "样"})


@pytest.mark.parametrize("typed", ["样本", "yang ben", "yangb"])
def test_a_name_is_found_by_how_it_begins(uow: UnitOfWork, shared_federation: Federation, typed: str) -> None:
    room_id = room_at()(uow, shared_federation.units["garden"])
    begins = name_begins(NursingRoom.name, NursingRoom.name_key, typed)  # type: ignore[arg-type]
    assert room_id in uow.session.scalars(select(NursingRoom.id).where(begins)).all()
    other = name_begins(NursingRoom.name, NursingRoom.name_key, "小屋")  # type: ignore[arg-type]
    assert uow.session.scalars(select(NursingRoom.id).where(other)).all() == []
