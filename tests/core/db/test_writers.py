"""Who writes which tables: a plugin its own, the core its own, and neither behind the other's back."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.designs.rooms import NursingRoom

from gonghui.db.unit_of_work import Overstepped
from gonghui.db.writers import written_by
from gonghui.parties.employers import Employer
from gonghui.records.bulk import delete_many, insert_many, update_many
from gonghui.sdk import UnitOfWork, new_employer, new_unit, obtain_employers
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind
from gonghui.testing import Federation

MINE = "designs"


def unit(uow: UnitOfWork) -> OrgUnit:
    return uow.session.scalars(select(OrgUnit).where(OrgUnit.parent_id.is_not(None)).limit(1)).one()


def test_a_plugin_changes_no_row_of_the_core(federation: Federation) -> None:
    with federation.uow() as uow:
        named = unit(uow)
        with (
            pytest.raises(Overstepped, match=r"the plugin designs may not write core\.org_unit"),
            written_by(uow, MINE),
        ):
            named.name = "改名"
        uow.session.expire(named)


def test_a_plugin_adds_and_deletes_no_row_of_the_core(federation: Federation) -> None:
    with federation.uow() as uow, pytest.raises(Overstepped, match="employer"), written_by(uow, MINE):
        uow.add(Employer(name="示例单位", name_key="shi li dan wei"))
    with federation.uow() as uow:
        gone = unit(uow)
        with pytest.raises(Overstepped, match="org_unit"), written_by(uow, MINE):
            uow.session.delete(gone)
        uow.session.rollback()


def test_it_is_told_at_the_flush_already(federation: Federation) -> None:
    with federation.uow() as uow, written_by(uow, MINE):
        named = unit(uow)
        named.name = "改名"
        with pytest.raises(Overstepped):
            uow.session.flush()
        uow.session.expire(named)


def test_bulk_statements_are_held_to_it(federation: Federation) -> None:
    with federation.uow() as uow, written_by(uow, MINE):
        with pytest.raises(Overstepped):
            insert_many(uow, Employer, [{"name": "示例单位", "name_key": "shi"}])
        with pytest.raises(Overstepped):
            update_many(uow, Employer, Employer.name == "示例单位", {"uscc": None})
        with pytest.raises(Overstepped):
            delete_many(uow, Employer, Employer.name == "示例单位")


def test_services_of_the_sdk_write_for_a_plugin_what_is_the_cores(federation: Federation) -> None:
    with federation.uow() as uow, written_by(uow, MINE):
        (employer,) = obtain_employers(uow, [("示例甲单位", None)])
        made = new_employer("示例乙单位")
        uow.add(made, new_unit(unit(uow), OrgUnitKind.GRASSROOTS_UNION, "示例工会"))
        uow.session.flush()
        assert employer.id != made.id


def test_a_plugin_writes_its_own_and_what_the_core_had_outstanding_is_not_held_against_it(
    federation: Federation,
) -> None:
    with federation.uow() as uow:
        unit(uow).name = "核心改名"
        with written_by(uow, MINE):
            uow.add(a_room(uow, federation.units["garden"]))
            uow.session.flush()
        assert unit(uow).name


def test_another_plugin_may_not(federation: Federation) -> None:
    with federation.uow() as uow:
        said = r"organising may not write designs\.nursing_room"
        with pytest.raises(Overstepped, match=said), written_by(uow, "organising"):
            uow.add(a_room(uow, federation.units["garden"]))
        uow.session.rollback()


def test_whoever_may_only_read_neither_writes_nor_ends_the_transaction(federation: Federation) -> None:
    with federation.uow() as uow:
        with written_by(uow, MINE, reading=True):
            for end in (uow.session.commit, uow.session.rollback, uow.session.close):
                with pytest.raises(Overstepped, match="may not end the transaction"):
                    end()
        with pytest.raises(Overstepped, match="may only read"), written_by(uow, MINE, reading=True):
            uow.add(a_room(uow, federation.units["garden"]))
        uow.session.rollback()


def a_room(uow: UnitOfWork, place: UUID) -> NursingRoom:
    (employer,) = obtain_employers(uow, [("示例单位", None)])
    return NursingRoom(
        org_unit_id=place,
        state="planned",
        name="示例小屋",
        name_key="shi li xiao wu",
        employer_id=employer.id,
        opened_on=date(2026, 1, 1),
    )
