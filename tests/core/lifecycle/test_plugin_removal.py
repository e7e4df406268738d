"""Uninstalling a plugin at one tenant: counted first, taken back in time, and purged without a trace but the audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.core.audit.test_replay import actual, differences, told
from tests.designs import plugin as designs
from tests.designs.samples import SAMPLES

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Role
from gonghui.auth.credentials import ApiToken
from gonghui.db import policies
from gonghui.db.base import Base
from gonghui.errors import Conflict
from gonghui.i18n import Text
from gonghui.lifecycle.plugin_holdings import MARKED, OF_A_RUN, holdings, personal_data, row_counts
from gonghui.lifecycle.plugin_removal import (
    PURGED,
    cancel_removal,
    due_removals,
    purge,
    request_removal,
)
from gonghui.plugin_host.switching import switch_plugin
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.synonyms import ColumnSynonym
from gonghui.records.sharing import RecordShare
from gonghui.tenancy.parameter_changes import decide_figure
from gonghui.tenancy.switches import PluginSwitch
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock

Counts = Callable[[Federation], dict[str, int]]
Texts = Callable[[Federation], dict[str, list[str]]]
OF_THE_TRAIL = {"core.audit_entry", "core.audit_payload"}
FIGURE = "designs.hardship.line"


def fill(federation: Federation) -> None:
    """Let the designs hold something of every kind."""
    made = ("assistance", "instalments", "attendance", "inspections", "like_id", "profile_id")
    with federation.uow() as uow:
        for name in made:
            SAMPLES[name](uow, federation.units["garden"])
        record_id = SAMPLES["dispute_id"](uow, federation.units["garden"])
        run = RegisterRun(
            org_unit_id=federation.units["garden"],
            register="designs.rooms",
            file_name="rooms.xlsx",
            state="checked",
        )
        uow.add(run)
        uow.add(ColumnSynonym(register="designs.rooms", heading="地点", heading_key="地点", key="name"))
        share = {
            "record_type": "designs.dispute_case",
            "record_id": record_id,
            "permission": "designs.dispute.read",
        }
        uow.add(RecordShare(account_id=federation.accounts["guest"], **share))
    with federation.uow("admin") as uow:
        decide_figure(
            uow,
            FIGURE,
            150_000,
            effective_from=clock.today(),
            effective_to=None,
            basis="示工发1号",
            reason="示",
        )
    federation.token("east", ["designs.dispute.read", "core.figure.read"])
    room = {
        "name": "样本小屋",
        "employer": {"name": "样本公司"},
        "org_unit_id": str(federation.units["garden"]),
    }
    made_room = federation.client("east").post(
        "/api/v1/designs/rooms", room, headers={"Idempotency-Key": "one"}
    )
    assert made_room.status_code == 201, made_room.text


@pytest.fixture
def filled(federation: Federation) -> Federation:
    """A federation at which the designs hold something of every kind, and are off."""
    fill(federation)
    switch_off(federation)
    return federation


def switch_off(federation: Federation) -> None:
    with federation.uow() as uow:
        switch_plugin(uow, designs, on=False)


def mentions(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Rows outside the trail that say anything of the designs, by table."""
    found = {
        name: [row for row in rows if "designs" in row]
        for name, rows in texts.items()
        if name not in OF_THE_TRAIL
    }
    return {name: rows for name, rows in found.items() if rows}


def test_a_preview_counts_every_row_of_the_plugin_and_none_of_others(
    filled: Federation, table_counts: Counts
) -> None:
    with filled.uow() as uow:
        counted = {each.table: each.rows for each in row_counts(uow, designs)}
    own = {name: n for name, n in table_counts(filled).items() if name.startswith("designs.") and n}
    assert {name: n for name, n in counted.items() if name.startswith("designs.")} == own
    core = set(counted) - set(own)
    assert core == {
        "core.record_transition",
        "core.deadline",
        "core.record_share",
        "core.register_run",
        "core.column_synonym",
        "core.parameter_override",
        "core.idempotency_key",
    }


def test_counting_takes_one_statement_for_all_tables(filled: Federation) -> None:
    engine = filled.world.database.engine(policies.APP)
    with filled.uow() as uow, counted_statements(engine) as sent:
        row_counts(uow, designs)
    assert len(sent) == 1


def test_a_preview_says_in_words_what_a_table_holds(filled: Federation) -> None:
    with filled.uow() as uow:
        titles = {each.table: str(each.title) for each in row_counts(uow, designs)}
    assert titles["designs.dispute_case"] == "劳动争议案件"
    assert titles["designs.instalment"] == "劳动争议案件：分期履行"
    assert titles["core.deadline"] == "期限"


def test_personal_data_is_told_from_the_models_alone() -> None:
    told = {each.table: str(each.sentence) for each in personal_data(designs)}
    assert told["designs.dispute_case"] == "劳动争议案件：指明个人（申请人），加密保存 事实和证据"
    assert told["designs.nursing_room"] == "爱心妈妈小屋：加密保存 联系电话"
    assert told["designs.enrolment"] == "课程报名：指明个人（学员）"
    assert "designs.course" not in told


def test_a_purge_leaves_nothing_of_the_plugin_but_the_trail(
    filled: Federation, table_texts: Texts, table_counts: Counts
) -> None:
    before = table_counts(filled)
    with filled.uow() as uow:
        expected = {each.table: each.rows for each in row_counts(uow, designs)}
        gone = {each.table: each.rows for each in purge(uow, designs)}
        assert row_counts(uow, designs) == []
    assert gone == expected
    assert mentions(table_texts(filled)) == {}
    after = table_counts(filled)
    stays = {name for name in before if name.startswith("core.")} - set(gone) - OF_THE_TRAIL
    assert {name: after[name] for name in stays - {"core.plugin_switch"}} == {
        name: before[name] for name in stays - {"core.plugin_switch"}
    }
    assert after["core.plugin_switch"] == before["core.plugin_switch"] - 1


def test_a_purge_is_one_entry_for_each_table_and_none_for_rows(filled: Federation) -> None:
    with filled.uow() as uow:
        gone = {each.table for each in purge(uow, designs)}
    with filled.uow() as uow:
        entries = select(AuditEntry).where(AuditEntry.action == PURGED)
        found = list(uow.session.scalars(entries))
    purged = [entry for entry in found if entry.operation == "purge"]
    assert sorted(str(entry.object_table) for entry in purged) == sorted(gone)
    assert {entry.object_id for entry in purged} == {None}
    others = {(entry.operation, entry.object_table) for entry in found if entry.operation != "purge"}
    assert others == {
        ("note", None),
        ("update", "core.role"),
        ("update", "core.api_token"),
        ("delete", "core.plugin_switch"),
    }


def test_the_trail_still_rebuilds_the_tables_after_a_purge(filled: Federation) -> None:
    with filled.uow() as uow:
        purge(uow, designs)
    with filled.uow() as uow:
        assert differences(actual(uow), told(uow)) == []


def test_a_purge_takes_its_permissions_from_roles_and_tokens_and_no_others(filled: Federation) -> None:
    with filled.uow() as uow:
        purge(uow, designs)
    with filled.uow() as uow:
        roles = {role.code: role.permissions for role in uow.session.scalars(select(Role))}
        tokens = list(uow.session.scalars(select(ApiToken.permissions)))
    every = [code for permissions in roles.values() for code in permissions]
    assert not any(code.startswith("designs.") for code in every)
    assert any(code.startswith("organising.") for code in every)
    assert "core.figure.read" in roles["street_officer"]
    assert tokens == [["core.figure.read"]]


def test_a_purge_touches_neither_another_tenant_nor_another_plugin(
    filled: Federation, world: World, table_texts: Texts
) -> None:
    neighbour = world.federation()
    fill(neighbour)
    theirs = table_texts(neighbour)
    organising = {name: rows for name, rows in table_texts(filled).items() if name.startswith("organising.")}
    assert any(organising.values())
    with filled.uow() as uow:
        purge(uow, designs)
    assert table_texts(neighbour) == theirs
    after = table_texts(filled)
    assert {name: after[name] for name in organising} == organising


def test_a_plugin_that_was_purged_can_be_switched_on_again_and_is_empty(filled: Federation) -> None:
    with filled.uow() as uow:
        purge(uow, designs)
    with filled.uow() as uow:
        switch_plugin(uow, designs, on=True)
        assert row_counts(uow, designs) == []
    assert filled.client("east").get("/api/v1/designs/rooms").json["items"] == []


def test_a_plugin_that_is_on_is_not_removed(federation: Federation, table_counts: Counts) -> None:
    before = table_counts(federation)
    for act in (lambda uow: purge(uow, designs), lambda uow: request_removal(uow, designs, 30)):
        with pytest.raises(Conflict) as refused, federation.uow() as uow:
            act(uow)
        assert refused.value.code == "plugin_on"
        assert "先停用" in str(refused.value.detail)
    assert table_counts(federation) == before


def test_a_plugin_that_another_one_needs_is_not_removed(filled: Federation, world: World) -> None:
    needing = replace(
        world.registry.plugins["organising"], requires={"designs": ">=1"}, name=Text("基层组织")
    )
    with pytest.raises(Conflict) as refused, filled.uow() as uow:
        request_removal(uow, designs, 30, others=[needing])
    assert refused.value.code == "plugin_required"
    assert "基层组织" in str(refused.value.detail)


def test_a_removal_that_is_taken_back_keeps_everything(filled: Federation, table_texts: Texts) -> None:
    before = table_texts(filled)
    with filled.uow() as uow:
        day = request_removal(uow, designs, 30)
    assert day == clock.today() + timedelta(days=30)
    with filled.uow() as uow:
        cancel_removal(uow, designs)
        assert due_removals(uow, day) == []
    after = table_texts(filled)
    changed = {name for name in before if sorted(before[name]) != sorted(after[name])}
    assert changed <= {*OF_THE_TRAIL, "core.plugin_switch"}
    with pytest.raises(Conflict) as refused, filled.uow() as uow:
        cancel_removal(uow, designs)
    assert refused.value.code == "no_removal"


def test_a_removal_is_due_on_its_day_and_not_before(filled: Federation) -> None:
    with filled.uow() as uow:
        day = request_removal(uow, designs, 30)
        assert due_removals(uow, day - timedelta(days=1)) == []
        assert due_removals(uow, day) == ["designs"]


def test_switching_on_takes_a_removal_back(filled: Federation) -> None:
    with filled.uow() as uow:
        day = request_removal(uow, designs, 0)
        switch_plugin(uow, designs, on=True)
        assert due_removals(uow, day) == []
        assert (
            uow.session.scalar(select(PluginSwitch.purge_on).where(PluginSwitch.plugin == "designs")) is None
        )


#: Columns of the core whose names say that they hold something of a plugin's, and that a purge rightly leaves.
_LEFT = {
    "core.audit_entry.object_table": "the trail stays",
    "core.plugin_switch.plugin": "the row itself goes, through the session",
}


def test_no_table_of_the_core_that_names_plugins_is_forgotten() -> None:
    known = {each.table.fullname for each in holdings(designs)}
    telling = ("record_type", "register", "plugin", "object_table", "permission")
    found = {
        f"{table.fullname}.{column.name}": table.fullname
        for table in Base.metadata.sorted_tables
        if table.schema == "core"
        for column in table.columns
        if column.name in telling
    }
    assert {name for name, table in found.items() if table not in known} == set(_LEFT)
    assert {model.__table__.fullname for model in (*MARKED, *OF_A_RUN)} <= known  # type: ignore[attr-defined]
