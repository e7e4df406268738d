"""Which rows are a person's, by the models alone; and sealed columns that nothing leads to."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table
from tests.designs import plugin as designs
from tests.designs.rooms import NursingRoom

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.plugin_host.hooks import hookimpl
from gonghui.plugin_host.person_routes import matches, routes, uncovered
from gonghui.testing import Federation


class Erasing:
    """Hooks of a plugin that answers for what it keeps."""

    @hookimpl
    def erase_person(self, uow: UnitOfWork, person_id: UUID) -> int:
        return 0


def test_rows_belong_to_a_person_by_their_subject_and_children_by_their_record() -> None:
    links = {
        name: [(column.name, target.fullname) for column, target in each.links]
        for name, each in routes().items()
    }
    assert links["designs.dispute_case"] == [("claimant_id", "core.person")]
    assert links["designs.instalment"] == [("case_id", "designs.dispute_case")]
    assert links["organising.membership_transfer"] == [("person_id", "core.person")]
    assert links["designs.profile_like"] == [("person_id", "core.person")]  # not whom it is given to


def test_neither_who_took_a_step_nor_who_handles_a_case_makes_it_theirs() -> None:
    found = routes()
    assert not {"core.record_transition", "organising.hang_point", "designs.course", "core.org_unit"} & set(
        found
    )


def test_every_sealed_column_of_the_plugins_is_covered(federation: Federation) -> None:
    assert [uncovered(plugin) for plugin in federation.world.registry.plugins.values()] == [[], []]


def test_a_sealed_column_that_nothing_leads_to_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    info = NursingRoom.__table__.c.contact_phone.info
    monkeypatch.setitem(info, "sensitive", "diary")
    assert uncovered(designs) == ["designs.nursing_room.contact_phone"]
    assert uncovered(replace(designs, hooks=Erasing())) == []
    monkeypatch.setitem(info, "personal", False)
    assert uncovered(designs) == []


def test_a_number_leads_to_a_person_by_its_value_and_a_diary_does_not() -> None:
    table = Table(
        "visitor",
        MetaData(),
        Column("phone", LargeBinary(), info={"sensitive": "phone", "personal": True}),
        Column("phone_index", LargeBinary(), info={"index_of": "phone"}),
        Column("diary", LargeBinary(), info={"sensitive": "diary", "personal": True}),
    )
    (match,) = matches(table)
    assert (match.kind, match.column) == ("phone", table.c.phone)
