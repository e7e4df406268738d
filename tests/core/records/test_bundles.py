"""Bundles: rows of several tables go in together, and the trail tells each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from gonghui.audit import recorder
from gonghui.audit.entries import AuditEntry, AuditPayload, digest
from gonghui.audit.replay import replay
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.parties.persons import Identity, Person, enter_person, person_values
from gonghui.records.bundles import BundleWriter, Same
from gonghui.records.transitions import RecordTransition, history
from gonghui.tenancy.keys import keyring, opened
from gonghui.testing import Federation
from gonghui.values.ids import new_id
from gonghui_organising.membership import Membership

ACTION = "organising.member.imported"
#: COPY goes past SQLAlchemy, and so do its errors.
REFUSED = (IntegrityError, psycopg.IntegrityError)
MODELS: tuple[Any, ...] = (Membership, Person, RecordTransition)
#: The membership, which points to the person, is named first.
PARTS: dict[Any, tuple[str, ...]] = {
    Membership: ("org_unit_id", "state", "person_id", "joined_on"),
    Person: ("name", "name_key", "document_kind", "id_number", "sex", "birth_year", "born_on", "phone"),
    RecordTransition: ("record_type", "record_id", "name", "to_state", "effective_on", "org_unit_id"),
}


def bundle(federation: Federation, number: str, person_id: UUID | None = None) -> list[dict[str, Any] | None]:
    """A member with the person (unless known) and the first step."""
    place, member_id, owner = federation.units["garden"], new_id(), person_id or new_id()
    identity = Identity("样方雨", "resident_id", number, "female", date(1995, 4, 19))
    membership = {"id": member_id, "org_unit_id": place, "state": "active", "person_id": owner}
    step = {
        "id": new_id(),
        "record_type": "organising.membership",
        "record_id": member_id,
        "name": "register",
        "to_state": "active",
        "effective_on": date(2024, 7, 1),
        "org_unit_id": place,
    }
    person = None if person_id else {**person_values(identity, {"phone": "12067669007"}), "id": owner}
    return [{**membership, "joined_on": date(2012, 4, 14)}, person, step]


def ready(writer: BundleWriter, bundles: Sequence[Sequence[dict[str, Any] | None]]) -> list[bytes]:
    """The bundles, made one by one, because some lack a table that others have."""
    made: list[bytes] = []
    for rows in bundles:
        given = {model: row for model, row in zip(PARTS, rows, strict=True) if row is not None}
        made += writer.ready(
            {model: {name: [value] for name, value in row.items()} for model, row in given.items()}
        )
    return made


def write(federation: Federation, bundles: Sequence[Sequence[dict[str, Any] | None]]) -> None:
    with federation.uow("district") as uow:
        writer = BundleWriter(uow, PARTS, ACTION)
        writer.write(ready(writer, bundles))


def numbers(start: int, count: int) -> list[str]:
    return [f"{start:06d}19950419{n:04d}" for n in range(count)]


def counts(uow: UnitOfWork) -> list[int]:
    return [uow.session.scalar(select(func.count()).select_from(model)) or 0 for model in MODELS]


def as_told(value: Any) -> Any:
    """A value as the trail writes it."""
    return recorder.json_value(value.astimezone(UTC) if isinstance(value, datetime) else value)


def entries(uow: UnitOfWork) -> Sequence[Any]:
    payload = AuditPayload.entry_id == AuditEntry.id
    found = select(AuditEntry, AuditPayload).join(AuditPayload, payload).where(AuditEntry.action == ACTION)
    return uow.session.execute(found.order_by(AuditEntry.number)).all()


def test_the_rows_of_bundles_arrive_in_all_tables(federation: Federation) -> None:
    with federation.uow() as uow:
        before = counts(uow)
    write(federation, [bundle(federation, number) for number in numbers(990100, 50)])
    with federation.uow() as uow:
        assert counts(uow) == [count + 50 for count in before]
        member = uow.session.scalars(select(Membership).order_by(Membership.id).limit(1)).one()
        person = uow.session.scalars(select(Person).where(Person.id == member.person_id)).one()
        assert (member.state, member.version, member.joined_on) == ("active", 1, date(2012, 4, 14))
        assert (person.name, person.sex, person.birth_year) == ("样方雨", "female", 1995)
        assert opened(uow, person, "id_number") == "990100199504190000"
        assert opened(uow, person, "born_on") == "1995-04-19"
        assert person.id_number_index == keyring(uow).index("id_number", "990100199504190000")
        assert person.phone_tail == keyring(uow).tail("phone", "12067669007")


def test_each_bundle_has_one_entry_whose_digest_checks(federation: Federation) -> None:
    write(federation, [bundle(federation, number) for number in numbers(990100, 5)])
    with federation.uow() as uow:
        found = entries(uow)
        assert len(found) == 5
        for entry, payload in found:
            assert entry.digest == digest(payload.salt, payload.content.encode())
            assert (entry.object_table, entry.operation) == ("organising.membership", "insert")
            assert entry.account_id == federation.accounts["district"]
            told = orjson.loads(payload.content)
            assert [other["table"] for other in told["with"]] == ["core.person", "core.record_transition"]
            assert told["with"][0]["after"]["id_number"] == "…"
            assert not {"id_number_index", "bank_card", "remark"} & told["with"][0]["after"].keys()
            assert "19950419" not in payload.content


def test_the_trail_of_bundles_rebuilds_the_tables(federation: Federation) -> None:
    with federation.uow() as uow:
        known, _new = enter_person(uow, Identity("样旧", "passport", "E12345678", None, None), {})
    write(
        federation, [bundle(federation, "", known.id), *(bundle(federation, n) for n in numbers(990100, 20))]
    )
    with federation.uow() as uow:
        told = replay(uow)
        for model in MODELS:
            table = model.__table__
            columns = [column.name for column in table.columns if not column.info.get("redacted")]
            actual = {
                str(row.id): {name: as_told(row._mapping[name]) for name in columns}
                for row in uow.session.execute(select(*(table.c[name] for name in columns)))
            }
            rebuilt = {key: row for key, row in told[table.fullname].items() if key in actual}
            assert {key: {name: row[name] for name in columns} for key, row in rebuilt.items()} == actual
            assert len(actual) >= 21


def test_a_bundle_may_lack_a_table(federation: Federation) -> None:
    with federation.uow() as uow:
        person, _new = enter_person(uow, Identity("样旧", "passport", "E12345678", None, None), {})
        before = counts(uow)
    write(federation, [bundle(federation, "", person.id)])
    with federation.uow() as uow:
        assert counts(uow) == [before[0] + 1, before[1], before[2] + 1]
        ((_entry, payload),) = entries(uow)
        assert [part["table"] for part in orjson.loads(payload.content)["with"]] == ["core.record_transition"]
        assert opened(uow, uow.session.merge(person), "id_number") == "E12345678"


def test_a_bundle_that_points_to_nobody_is_refused_whole(federation: Federation) -> None:
    with federation.uow() as uow:
        before = counts(uow)
    bundles = [bundle(federation, "990100199504190000"), bundle(federation, "", new_id())]
    with pytest.raises(Conflict) as caught:
        write(federation, bundles)
    assert caught.value.code == "gone_meanwhile"
    with federation.uow() as uow:
        assert counts(uow) == before
        assert entries(uow) == []


def test_what_all_bundles_share_is_written_and_told(federation: Federation) -> None:
    run_id = new_id()
    parts: dict[Any, tuple[str, ...]] = {
        Membership: ("org_unit_id", "person_id", "joined_on"),
        RecordTransition: (),
    }
    step = {
        "record_type": "organising.membership",
        "record_id": Same(Membership, "id"),
        "name": "register",
        "to_state": "active",
        "effective_on": Same(Membership, "joined_on"),
        "org_unit_id": Same(Membership, "org_unit_id"),
    }
    fixed: dict[Any, Any] = {
        Membership: {"run_id": run_id, "state": "active", "first_joined_on": Same(Membership, "joined_on")},
        RecordTransition: step,
    }
    days, ids = [date(2012, 4, 14), date(2013, 5, 15)], [new_id(), new_id()]
    with federation.uow() as uow:
        people = [
            enter_person(uow, Identity("样", "passport", f"E1234567{n}", None, None), {})[0] for n in "12"
        ]
        place = federation.units["garden"]
        members = {
            "id": ids,
            "org_unit_id": [place] * 2,
            "person_id": [p.id for p in people],
            "joined_on": days,
        }
        writer = BundleWriter(uow, parts, ACTION, fixed)
        writer.write(writer.ready({Membership: members, RecordTransition: {"id": [new_id(), new_id()]}}))
        for member_id, day in zip(ids, days, strict=True):
            member = uow.session.scalars(select(Membership).where(Membership.id == member_id)).one()
            assert (member.run_id, member.state, member.first_joined_on) == (run_id, "active", day)
            (taken,) = history(uow, member_id)
            assert (taken.name, taken.effective_on, taken.org_unit_id) == ("register", day, place)
        told = replay(uow)
        assert {told["organising.membership"][str(each)]["first_joined_on"] for each in ids} == {
            day.isoformat() for day in days
        }
        assert {row["record_id"] for row in told["core.record_transition"].values()} >= {
            str(each) for each in ids
        }


def test_no_column_can_be_the_same_as_a_sensitive_one(federation: Federation) -> None:
    parts: dict[Any, tuple[str, ...]] = {Person: ("name", "name_key", "id_number")}
    with federation.uow() as uow, pytest.raises(ValueError, match="sensitive id_number"):
        BundleWriter(uow, parts, ACTION, {Person: {"education": Same(Person, "id_number")}})


def test_what_is_sensitive_is_not_told_though_all_bundles_share_it(federation: Federation) -> None:
    parts: dict[Any, tuple[str, ...]] = {Person: ("name", "name_key")}
    with federation.uow() as uow:
        writer = BundleWriter(uow, parts, ACTION, {Person: {"phone_tail": 4711}})
        writer.write(writer.ready({Person: {"id": [new_id()], "name": ["样"], "name_key": ["yang"]}}))
        ((_entry, payload),) = entries(uow)
    assert orjson.loads(payload.content)["after"]["phone_tail"] == "…"


def test_a_person_is_not_written_twice(federation: Federation) -> None:
    twice = [bundle(federation, "990100199504190000") for _ in range(2)]
    with pytest.raises(Conflict) as caught:
        write(federation, twice)
    assert caught.value.code == "entered_meanwhile"
    assert caught.value.__cause__ is None  # the database's own words quote the blind index


def test_batches_of_one_writer_follow_each_other(federation: Federation) -> None:
    with federation.uow("district") as uow:
        writer = BundleWriter(uow, PARTS, ACTION)
        before = counts(uow)
        for start in (990100, 990200, 990300):
            writer.write(ready(writer, [bundle(federation, number) for number in numbers(start, 7)]))
        writer.write([])
        assert counts(uow) == [count + 21 for count in before]
        assert len(entries(uow)) == 21


def test_entries_follow_the_order_of_the_bundles(federation: Federation) -> None:
    bundles = [bundle(federation, number) for number in numbers(990100, 30)]
    write(federation, bundles)
    with federation.uow() as uow:
        told = [entry.object_id for entry, _payload in entries(uow)]
    assert told == [rows[0]["id"] for rows in bundles if rows[0]]


def test_bundles_of_one_tenant_are_not_seen_by_another(
    federation: Federation, shared_federation: Federation
) -> None:
    with shared_federation.uow() as uow:
        before = counts(uow)
    write(federation, [bundle(federation, number) for number in numbers(990100, 3)])
    with shared_federation.uow() as uow:
        assert counts(uow) == before
