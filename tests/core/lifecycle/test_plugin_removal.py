"""Uninstalling a plugin at one tenant: counted first, taken back in time, and purged without a trace but the audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.core.audit.test_replay import actual, differences, told
from tests.core.lifecycle.filling import OF_THE_TRAIL, fill, mentions
from tests.designs import plugin as designs

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
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.switching import switch_off, switch_on
from gonghui.tenancy.switches import PluginSwitch
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock

Counts = Callable[[Federation], dict[str, int]]
Texts = Callable[[Federation], dict[str, list[str]]]


def organising_samples(federation: Federation, *names: str) -> None:
    samples = federation.world.registry.plugins["organising"].samples
    for name in names:
        with federation.uow() as uow:
            samples[name](uow, federation.units["garden"])


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
        "core.attachment",
        "core.register_run",
        "core.column_synonym",
        "core.job",
        "core.parameter_override",
        "core.idempotency_key",
        "core.outbox_event",
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
    organising_samples(
        filled, "transfer_id", "re_election_id", "legal_person_id", "answer_sheet_id", "helper_id"
    )
    theirs = table_texts(neighbour)
    organising = {name: rows for name, rows in table_texts(filled).items() if name.startswith("organising.")}
    assert any(organising.values())
    with filled.uow() as uow:
        purge(uow, designs)
    assert table_texts(neighbour) == theirs
    after = table_texts(filled)
    assert {name: after[name] for name in organising} == organising


def test_a_plugin_of_many_tables_that_refer_to_each_other_goes_whole(
    federation: Federation, world: World, table_counts: Counts
) -> None:
    organising = world.registry.plugins["organising"]
    organising_samples(
        federation, *(name for name in organising.samples if " " not in name and name.endswith("_id"))
    )
    before = table_counts(federation)
    with federation.uow() as uow:
        for plugin in (designs, organising):
            switch_off(uow, discover(), plugin)
        gone = {each.table: each.rows for each in purge(uow, organising)}
    assert len(gone) > 20
    after = table_counts(federation)
    assert {name: n for name, n in after.items() if name.startswith("organising.") and n} == {}
    stays = ("core.person", "core.employer", "core.org_unit", "core.account")
    assert {name: after[name] for name in stays} == {name: before[name] for name in stays}
    with federation.uow() as uow:
        assert differences(actual(uow), told(uow)) == []


def test_a_plugin_that_was_purged_can_be_switched_on_again_and_is_empty(filled: Federation) -> None:
    with filled.uow() as uow:
        purge(uow, designs)
    with filled.uow() as uow:
        switch_on(uow, discover(), designs)
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


def test_figures_that_were_decided_go_with_a_plugin_that_is_off_and_not_before(
    federation: Federation, table_counts: Counts
) -> None:
    fill(federation)
    with federation.uow() as uow:
        assert uow.session.scalar(select(func.core.purge_overrides("designs"))) == 0
    assert table_counts(federation)["core.parameter_override"] == 1


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
        switch_on(uow, discover(), designs)
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
