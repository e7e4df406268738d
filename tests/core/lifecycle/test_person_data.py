"""A person's data over all plugins: found by the models, given to them as a copy, erased without a figure changing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from tests.core.audit.test_replay import actual, differences, told
from tests.core.lifecycle.somebody import (
    EARLIER,
    IDENTITY,
    LOGIN,
    NAME,
    NUMBER,
    OTHER_NUMBER,
    PHONE,
    RELATIVE,
)
from tests.core.records.test_bundles import bundle, write
from tests.designs.dispute import DisputeCase, dispute
from tests.designs.hardship import HardshipFile, HouseholdMember, hardship
from tests.designs.rooms import NursingRoom

from gonghui.audit.entries import AuditEntry, AuditPayload, digest
from gonghui.auth.accounts import Account
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import Text
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.person_commands import person as person_command
from gonghui.lifecycle.person_data import ERASED, erase_person, export_person
from gonghui.lifecycle.person_rows import NOBODY
from gonghui.parties.person_merges import PersonMerge, merge_persons
from gonghui.parties.persons import Person, person_by_id
from gonghui.plugin_host.registry import Registry
from gonghui.records.registers.runs import RegisterRun, StagedRow
from gonghui.records.reveal import openings_of
from gonghui.reporting.indicators import figures
from gonghui.sdk import PersonalRecord, create_record, hookimpl
from gonghui.tenancy.keys import opened
from gonghui.testing import Federation
from gonghui.values.periods import Period
from gonghui_organising.membership import Membership

REASON = "本人申请"
OTHERS = ("core.audit_entry", "core.audit_payload", "core.auth_session")
Texts = Callable[[Federation], dict[str, list[str]]]
Counts = Callable[[Federation], dict[str, int]]


def erase(federation: Federation, person_id: UUID, registry: Registry | None = None) -> dict[str, int]:
    with federation.uow() as uow:
        return erase_person(uow, registry or federation.world.registry, person_id, REASON)


def copy_of(federation: Federation, person_id: UUID, registry: Registry | None = None) -> dict[str, Any]:
    with federation.uow() as uow:
        return export_person(uow, registry or federation.world.registry, person_id, REASON)


def sealed(uow: UnitOfWork, model: Any, name: str) -> list[str | None]:
    return [opened(uow, row, name) for row in uow.session.scalars(select(model).order_by(model.id))]


# --- a copy


def test_a_copy_tells_all_that_is_held_with_sealed_values_opened(federation: Federation, known: UUID) -> None:
    copy = copy_of(federation, known)
    (basics,) = copy["公共信息"]["个人基本信息"]
    assert (basics["name"], basics["id_number"], basics["phone"]) == (NAME, NUMBER, PHONE)
    assert "id_number_index" not in basics
    assert [each["login"] for each in copy["公共信息"]["账号"]] == [LOGIN]
    held = copy["样本"]
    assert [each["health"] for each in held["困难职工档案"]] == ["重大疾病"]
    assert [each["name"] for each in held["困难职工档案：家庭成员"]] == [RELATIVE]
    assert [each["marital_history"] for each in held["交友资料"]] == ["离异"]
    assert [each["contact_phone"] for each in held["爱心妈妈小屋"]] == [f"{PHONE[:3]}-{PHONE[3:]}"]
    assert set(held["爱心妈妈小屋"][0]) == {"id", "contact_phone"}
    assert {each["record_type"] for each in held["办理经过"]} >= {
        "designs.hardship_file",
        "designs.dispute_case",
    }
    json.dumps(copy)


def test_a_copy_holds_nothing_of_others(federation: Federation, known: UUID) -> None:
    with federation.uow() as uow:
        other = {**IDENTITY, "name": "样他人", "id_number": OTHER_NUMBER}
        case = {
            "claimant": other,
            "employer": {"name": "样本公司", "uscc": None},
            "cause": "pay",
            "facts": "他人的事",
        }
        place = federation.units["garden"]
        create_record(uow, dispute, {"org_unit_id": place, "received_on": date(2024, 6, 3), **case})
    told_of = json.dumps(copy_of(federation, known), ensure_ascii=False)
    assert "他人" not in told_of
    assert "0755-29000000" not in told_of


def test_making_a_copy_is_on_record_for_the_person_too(federation: Federation, known: UUID) -> None:
    copy_of(federation, known)
    with federation.uow() as uow:
        openings = openings_of(uow, known)
        assert {each.reason for each in openings} == {REASON}
        assert {"core.person.id_number", "designs.hardship_file.health"} <= {each.field for each in openings}
        entry = select(AuditEntry.object_id).where(AuditEntry.action == "core.person.exported")
        assert uow.session.scalars(entry).all() == [known]


# --- erasing


def test_erasing_leaves_nothing_that_tells_who_it_was(
    federation: Federation, known: UUID, table_texts: Texts
) -> None:
    erase(federation, known)
    texts = "\n".join(row for rows in table_texts(federation).values() for row in rows)
    for word in (NAME, "yang du yi", RELATIVE, EARLIER):
        assert word not in texts
    with federation.uow() as uow:
        person = person_by_id(uow, known)
        assert (person.name, person.document_kind, person.id_number, person.id_number_index) == (
            NOBODY,
            None,
            None,
            None,
        )
        assert (person.phone, person.phone_tail, person.bank_card) == (None, None, None)
        assert sealed(uow, HardshipFile, "health") == [None]
        assert sealed(uow, HouseholdMember, "id_number") == [None]
        assert sealed(uow, DisputeCase, "facts") == [None]
        assert sorted(sealed(uow, NursingRoom, "contact_phone"), key=str) == ["0755-29000000", None]
        account = uow.session.scalars(select(Account).where(Account.person_id == known)).one()
        assert account.login == f"erased-{account.id}"
        assert account.disabled_at is not None


def test_erasing_keeps_every_row_and_every_figure(
    federation: Federation, known: UUID, table_counts: Counts
) -> None:
    def shown() -> list[Any]:
        with federation.uow() as uow:
            indicators = federation.world.registry.indicators()
            return [
                (each.indicator.code, each.value) for each in figures(uow, indicators, Period.parse("2024"))
            ]

    with federation.uow() as uow:
        member = {"org_unit_id": federation.units["garden"], "state": "active", "person_id": known}
        uow.add(Membership(**member))
    counted, figured = table_counts(federation), shown()
    erase(federation, known)
    after = table_counts(federation)
    assert {name: after[name] for name in after if name not in OTHERS} == {
        name: counted[name] for name in counted if name not in OTHERS
    }
    assert shown() == figured
    with federation.uow() as uow:
        person = person_by_id(uow, known)
        assert (person.sex, person.birth_year) == ("female", 1990)


def test_erasing_takes_payloads_and_leaves_every_entry_with_a_digest_that_checks(
    federation: Federation, known: UUID
) -> None:
    with federation.uow() as uow:
        before = {row.id: row.digest for row in uow.session.execute(select(AuditEntry.id, AuditEntry.digest))}
    erase(federation, known)
    with federation.uow() as uow:
        entries = {
            row.id: row.digest for row in uow.session.execute(select(AuditEntry.id, AuditEntry.digest))
        }
        payloads = {each.entry_id: each for each in uow.session.scalars(select(AuditPayload))}
        assert before.items() <= entries.items()
        assert 0 < len(set(before) - set(payloads)) < len(before)
        assert all(digest(each.salt, each.content.encode()) == entries[key] for key, each in payloads.items())
        note = select(AuditPayload.content).where(
            AuditPayload.entry_id == AuditEntry.id,
            AuditEntry.action == ERASED,
            AuditEntry.operation == "note",
        )
        detail = json.loads(uow.session.scalars(note).one())["detail"]
        assert detail["reason"] == REASON
        assert detail["payloads"] == len(set(entries) - set(payloads))


def test_the_trail_still_rebuilds_the_tables_after_erasing(federation: Federation, known: UUID) -> None:
    erase(federation, known)
    with federation.uow() as uow:
        assert differences(actual(uow), told(uow)) == []


def test_payloads_of_another_tenant_are_out_of_reach(federation: Federation, known: UUID) -> None:
    neighbour = federation.world.federation()
    with federation.uow() as uow:
        theirs = list(uow.session.scalars(select(AuditEntry.id)))
    with neighbour.uow() as uow:
        assert uow.session.scalar(select(func.core.erase_payloads(theirs))) == 0
    with federation.uow() as uow:
        assert uow.session.scalar(select(func.count()).select_from(AuditPayload)) >= len(theirs)


def test_the_trail_of_a_bundle_loses_the_person_and_keeps_the_membership(federation: Federation) -> None:
    write(federation, [bundle(federation, "990100199504190001"), bundle(federation, "990100199504190002")])
    with federation.uow() as uow:
        first, second = uow.session.execute(select(Membership.id, Membership.person_id)).all()
    erase(federation, first.person_id)
    with federation.uow() as uow:
        held = {
            row.object_id: row.content
            for row in uow.session.execute(
                select(AuditEntry.object_id, AuditPayload.content)
                .join(AuditPayload, AuditPayload.entry_id == AuditEntry.id)
                .where(AuditEntry.object_table == "organising.membership")
            )
        }
    assert "样方雨" not in held[first.id]
    assert "active" in held[first.id]
    assert "样方雨" in held[second.id]


def test_erasing_touches_no_other_person(federation: Federation, known: UUID, table_texts: Texts) -> None:
    with federation.uow() as uow:
        other = {**IDENTITY, "name": "样他人", "id_number": OTHER_NUMBER}
        file = {"applicant": other, "cause": "重病", "income": 1, "rigid": 1, "health": "良好"}
        create_record(uow, hardship, {"org_unit_id": federation.units["garden"], **file})
    before = table_texts(federation)
    erase(federation, known)
    after = table_texts(federation)
    for name in ("core.person", "designs.hardship_file", "core.account", "designs.nursing_room"):
        gone = set(before[name]) - set(after[name])
        assert len(gone) == 1, name


def test_rows_of_registers_that_wait_are_looked_through(federation: Federation, known: UUID) -> None:
    with federation.uow() as uow:
        place = federation.units["garden"]
        run = RegisterRun(
            org_unit_id=place, register="organising.members", file_name="a.xlsx", state="checked"
        )
        uow.add(run)
        uow.session.flush()
        for number, content in enumerate((f"证件 {NUMBER}", f"电话 {PHONE[:3]} {PHONE[3:]}", "别人")):
            uow.add(StagedRow(run_id=run.id, number=number, is_faulty=True, content=content))
    assert erase(federation, known)["core.staged_row"] == 2
    with federation.uow() as uow:
        assert sealed(uow, StagedRow, "content") == ["别人"]


def test_answers_that_are_remembered_are_forgotten(
    federation: Federation, known: UUID, table_texts: Texts
) -> None:
    body = {
        "org_unit_id": str(federation.units["garden"]),
        "claimant": IDENTITY,
        "employer": {"name": "样本公司"},
    }
    body |= {"cause": "pay", "received_on": "2024-06-03"}
    asker = federation.client("east")
    made = asker.post("/api/v1/designs/dispute-cases", body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    assert erase(federation, known)["core.idempotency_key"] == 1
    assert table_texts(federation)["core.idempotency_key"] == []


def test_rows_that_were_merged_are_one_human_being(federation: Federation, known: UUID) -> None:
    with federation.uow() as uow:
        other = Person(name="样曾用名", name_key="yang", phone="12067660000")
        uow.add(other)
        uow.session.flush()
        merge_persons(uow, person_by_id(uow, known), other, "样曾用名改过姓")
        other_id = other.id
    copy = copy_of(federation, known)
    assert len(copy["公共信息"]["个人基本信息"]) == 2
    assert "改过姓" not in str(copy)
    erase(federation, other_id)
    with federation.uow() as uow:
        assert {person_by_id(uow, each).name for each in (known, other_id)} == {NOBODY}
        assert uow.session.scalars(select(PersonMerge.reason)).all() == [NOBODY]


def test_erasing_again_finds_nothing_left(federation: Federation, known: UUID) -> None:
    assert erase(federation, known)["core.person"] == 1
    assert erase(federation, known) == {}


def test_nobody_is_found_at_another_federation(federation: Federation, known: UUID) -> None:
    neighbour = federation.world.federation()
    for act in (erase, copy_of):
        with pytest.raises(NotFound):
            act(neighbour, known)


# --- what plugins answer for


class Answering:
    """Hooks of a plugin that keeps a person's nickname where no reference leads to them."""

    @hookimpl
    def export_person(self, uow: UnitOfWork, person_id: UUID) -> Sequence[PersonalRecord]:
        return [PersonalRecord(Text("昵称"), {"nickname": room.name}) for room in self._rooms(uow)]

    @hookimpl
    def erase_person(self, uow: UnitOfWork, person_id: UUID) -> int:
        found = self._rooms(uow)
        for room in found:
            room.name = room.name_key = "已改名"
        return len(found)

    def _rooms(self, uow: UnitOfWork) -> list[NursingRoom]:
        return list(uow.session.scalars(select(NursingRoom).where(NursingRoom.name == "样本小屋")))


@pytest.fixture
def answering(federation: Federation) -> Registry:
    registry = Registry()
    for plugin in federation.world.registry.plugins.values():
        registry.add(replace(plugin, hooks=Answering()) if plugin.id == "designs" else plugin)
    return registry


def test_a_plugin_adds_what_no_reference_leads_to(
    federation: Federation, known: UUID, answering: Registry
) -> None:
    assert copy_of(federation, known, answering)["样本"]["昵称"] == [{"nickname": "样本小屋"}] * 2


def test_what_a_plugin_emptied_is_gone_from_the_trail_too(
    federation: Federation, known: UUID, answering: Registry, table_texts: Texts
) -> None:
    assert erase(federation, known, answering)["designs.*"] == 2
    texts = "\n".join(row for rows in table_texts(federation).values() for row in rows)
    assert "样本小屋" not in texts
    with federation.uow() as uow:
        assert differences(actual(uow), told(uow)) == []


# --- at the terminal


def run(federation: Federation, *arguments: str) -> str:
    installation = Installation(federation.world.database, federation.world.registry, "")
    options = ["--tenant", federation.view.code, "--reason", REASON]
    done = CliRunner().invoke(
        person_command, [*arguments, *options], obj=lambda: nullcontext(installation), catch_exceptions=False
    )
    return done.output


def test_a_copy_and_erasing_at_the_terminal(federation: Federation, known: UUID) -> None:
    assert json.loads(run(federation, "export", str(known)))["公共信息"]["个人基本信息"][0]["name"] == NAME
    assert "继续？" in run(federation, "erase", str(known))
    with federation.uow() as uow:
        assert person_by_id(uow, known).name == NAME
    rows = json.loads(run(federation, "erase", str(known), "--yes", "--json"))["rows"]
    assert rows["core.person"] == 1
    with federation.uow() as uow:
        assert uow.session.scalar(select(func.count()).where(Person.name == NAME)) == 0
