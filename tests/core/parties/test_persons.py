"""Persons: entered once however many enter them, found by their document, merged and taken apart again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier, local
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Select, func, select

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import account_by_id
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.errors import Conflict, Invalid
from gonghui.parties import persons
from gonghui.parties.employer_matches import EmployerMatch, MatchState, decide_match, reopen_match
from gonghui.parties.employers import Employer
from gonghui.parties.person_merges import PersonMerge, merge_persons, undo_merge
from gonghui.parties.persons import (
    Identity,
    Person,
    enter_person,
    has_phone,
    new_person,
    person_by_id,
    person_with_document,
)
from gonghui.tenancy.keys import keyring, opened
from gonghui.testing import Federation
from gonghui_organising.membership import Membership

WRITERS = 20
KIND = "resident_id"


def identity(number: str, name: str = "样方雨") -> Identity:
    return Identity(name, KIND, number, "female", date(1995, 4, 19))


def rows_with(uow: UnitOfWork, name: str) -> int:
    return uow.session.scalar(select(func.count()).select_from(Person).where(Person.name == name)) or 0


def plan(uow: UnitOfWork, query: Select[Any]) -> str:
    connection = uow.session.connection()
    compiled = query.compile(dialect=connection.dialect)
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).scalars())


# --- entering


def test_a_person_is_entered_with_what_the_document_says(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        person, is_new = enter_person(uow, identity("990406199504192588"), {"phone": "12067669007"})
        assert is_new
        assert (person.sex, person.birth_year, opened(uow, person, "born_on")) == (
            "female",
            1995,
            "1995-04-19",
        )
        assert opened(uow, person, "id_number") == "990406199504192588"


def test_one_index_finds_a_phone_by_its_tail_and_as_a_whole(federation: Federation) -> None:
    with federation.uow() as uow:
        for number, phone in enumerate(("12067669007", "12011119007", "12067669008", None)):
            enter_person(uow, Identity("样", "passport", f"E1234567{number}", None, None), {"phone": phone})
        uow.session.flush()
        tail = Person.phone_tail == keyring(uow).tail("phone", "9007")
        with unaudited(uow) as connection:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # so few rows would be scanned
        for wanted, count in ((has_phone(uow, "12067669007"), 1), (tail, 2)):
            query = select(Person.id).where(wanted)
            assert len(uow.session.scalars(query).all()) == count
            assert "ix_person_phone" in plan(uow, query)
            assert "Filter" not in plan(uow, query)


def test_who_is_known_is_not_entered_again(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        first, _new = enter_person(uow, identity("990406199504190001", "样一次"), {})
    with shared_federation.uow() as uow:
        second, is_new = enter_person(uow, identity("990406199504190001", "样一次"), {})
        assert (second.id, is_new) == (first.id, False)
        assert rows_with(uow, "样一次") == 1


def test_one_number_on_two_kinds_of_document_is_two_persons(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        one, _new = enter_person(uow, identity("E12345678"), {})
        other, is_new = enter_person(uow, Identity("样乙", "passport", "E12345678", None, None), {})
    assert is_new
    assert one.id != other.id


def test_twenty_who_enter_one_person_at_once_get_one_person(
    shared_federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, looked, mine = Barrier(WRITERS // 2, timeout=30), Barrier(WRITERS // 2, timeout=30), local()
    look = persons.person_with_document

    def look_together(uow: UnitOfWork, kind: str, number: str) -> Person | None:
        found = look(uow, kind, number)
        if not getattr(mine, "has_looked", False):
            mine.has_looked = True
            looked.wait()  # nobody writes before all have looked and found nobody
        return found

    monkeypatch.setattr(persons, "person_with_document", look_together)

    def enter(_number: int) -> tuple[UUID, bool]:
        mine.has_looked = False
        with shared_federation.uow() as uow:
            start.wait()
            person, is_new = enter_person(uow, identity("990406199504192596", "样同时"), {})
            return person.id, is_new

    # The pool has twelve connections: two waves of ten, of which the first finds nobody.
    with ThreadPoolExecutor(WRITERS // 2) as pool:
        entered = list(pool.map(enter, range(WRITERS)))
    assert len({person_id for person_id, _new in entered}) == 1
    assert sum(is_new for _id, is_new in entered) == 1
    with shared_federation.uow() as uow:
        assert rows_with(uow, "样同时") == 1


def test_tenants_know_their_persons_apart(shared_federation: Federation, federation: Federation) -> None:
    with shared_federation.uow() as uow:
        ours, _new = enter_person(uow, identity("990406199504192000"), {})
    with federation.uow() as uow:
        assert person_with_document(uow, KIND, "990406199504192000") is None
        theirs, is_new = enter_person(uow, identity("990406199504192000"), {})
    assert is_new
    assert theirs.id != ours.id


# --- merging


def two_rows(federation: Federation, kept: str, dropped: str) -> tuple[UUID, UUID]:
    """Two rows of one human being: the second is a member, and an account belongs to it."""
    with federation.uow() as uow:
        first, _new = enter_person(uow, identity(kept, "样留"), {})
        second, _new = enter_person(uow, identity(dropped, "样并"), {})
        employer = Employer(name=f"样本{dropped}厂", name_key=dropped)
        uow.add(employer)
        uow.session.flush()
        place = {"org_unit_id": federation.units["garden"], "state": "active"}
        uow.add(Membership(person_id=second.id, employer_id=employer.id, **place))
        account = account_by_id(uow, federation.accounts["worker"])
        assert account is not None
        account.person_id = second.id
        return first.id, second.id


def names(federation: Federation, person_id: UUID) -> tuple[int, bool]:
    """How many memberships name a person, and whether the worker's account does."""
    with federation.uow() as uow:
        count = select(func.count()).select_from(Membership).where(Membership.person_id == person_id)
        account = account_by_id(uow, federation.accounts["worker"])
        assert account is not None
        return uow.session.scalar(count) or 0, account.person_id == person_id


def merge(federation: Federation, kept: UUID, dropped: UUID) -> UUID:
    with federation.uow() as uow:
        merged = merge_persons(uow, person_by_id(uow, kept), person_by_id(uow, dropped), "同一人")
        return merged.id


def undo(federation: Federation, merge_id: UUID) -> None:
    with federation.uow() as uow:
        undo_merge(uow, uow.session.scalars(select(PersonMerge).where(PersonMerge.id == merge_id)).one())


def found_by(federation: Federation, number: str) -> UUID | None:
    with federation.uow() as uow:
        person = person_with_document(uow, KIND, number)
        return None if person is None else person.id


def test_a_merge_moves_every_reference_and_its_undoing_brings_them_back(federation: Federation) -> None:
    kept, dropped = two_rows(federation, "990406199504193000", "990406199504193001")
    merge_id = merge(federation, kept, dropped)
    assert (names(federation, kept), names(federation, dropped)) == ((1, True), (0, False))
    assert found_by(federation, "990406199504193001") == kept
    undo(federation, merge_id)
    assert (names(federation, kept), names(federation, dropped)) == ((0, False), (1, True))
    assert found_by(federation, "990406199504193001") == dropped
    assert found_by(federation, "990406199504193000") == kept


def test_what_named_the_kept_one_before_stays_with_it_when_a_merge_is_undone(federation: Federation) -> None:
    kept, dropped = two_rows(federation, "990406199504193010", "990406199504193011")
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["guest"])
        assert account is not None
        account.person_id = kept
    undo(federation, merge(federation, kept, dropped))
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["guest"])
        assert account is not None
        assert account.person_id == kept


def test_who_stands_for_another_is_not_merged_on_but_takes_a_third_in(federation: Federation) -> None:
    kept, dropped = two_rows(federation, "990406199504193020", "990406199504193021")
    merge(federation, kept, dropped)
    with federation.uow() as uow:
        third, _new = enter_person(uow, identity("990406199504193022"), {})
    with pytest.raises(Conflict) as caught:
        merge(federation, third.id, kept)
    assert caught.value.code == "stands_for_others"
    merge(federation, kept, third.id)
    assert {found_by(federation, f"99040619950419302{end}") for end in "012"} == {kept}


def test_who_was_merged_is_not_merged_again(federation: Federation) -> None:
    kept, dropped = two_rows(federation, "990406199504193030", "990406199504193031")
    merge(federation, kept, dropped)
    for one, other in ((kept, dropped), (dropped, kept)):
        with pytest.raises(Conflict) as caught:
            merge(federation, one, other)
        assert caught.value.code == "already_merged"


def test_nobody_is_merged_with_themselves(federation: Federation) -> None:
    kept, _dropped = two_rows(federation, "990406199504193040", "990406199504193041")
    with pytest.raises(Invalid) as caught:
        merge(federation, kept, kept)
    assert caught.value.faults[0].code == "same_person"


def test_a_merge_is_undone_once(federation: Federation) -> None:
    merge_id = merge(federation, *two_rows(federation, "990406199504193050", "990406199504193051"))
    undo(federation, merge_id)
    with pytest.raises(Conflict) as caught:
        undo(federation, merge_id)
    assert caught.value.code == "merge_undone"


def test_two_who_are_both_members_are_not_merged(federation: Federation) -> None:
    kept, dropped = two_rows(federation, "990406199504193060", "990406199504193061")
    with federation.uow() as uow:
        place = {"org_unit_id": federation.units["garden"], "state": "active"}
        uow.add(Membership(person_id=kept, **place))
    with pytest.raises(Conflict) as caught:
        merge(federation, kept, dropped)
    assert caught.value.code == "merge_collides"
    assert (names(federation, kept)[0], names(federation, dropped)) == (1, (1, True))


def test_a_merge_and_its_undoing_stand_in_the_trail(federation: Federation) -> None:
    undo(federation, merge(federation, *two_rows(federation, "990406199504193070", "990406199504193071")))
    with federation.uow() as uow:
        actions = set(uow.session.scalars(select(AuditEntry.action)))
    assert {"core.person.merged", "core.person.unmerged"} <= actions


# --- employers that look alike


def two_employers(federation: Federation, *codes: str | None) -> tuple[UUID, list[UUID]]:
    with federation.uow() as uow:
        firms = [Employer(name=f"样本电子{n}厂", name_key=str(n), uscc=code) for n, code in enumerate(codes)]
        person = new_person("样工")
        uow.add(person, *firms)
        uow.session.flush()
        place = {"org_unit_id": federation.units["garden"], "state": "active"}
        uow.add(Membership(person_id=person.id, employer_id=firms[0].id, **place))
        match = EmployerMatch(employer_id=firms[0].id, candidate_id=firms[1].id, score=90)
        uow.add(match)
        uow.session.flush()
        return match.id, [firm.id for firm in firms]


def decide(federation: Federation, match_id: UUID, same: bool | None) -> EmployerMatch:
    with federation.uow() as uow:
        match = uow.session.scalars(select(EmployerMatch).where(EmployerMatch.id == match_id)).one()
        if same is None:
            reopen_match(uow, match)
        else:
            decide_match(uow, match, same=same)
        return match


def members_at(federation: Federation, employer_ids: list[UUID]) -> list[int]:
    with federation.uow() as uow:
        held = list(uow.session.scalars(select(Membership.employer_id)))
    return [held.count(employer_id) for employer_id in employer_ids]


def test_employers_that_are_one_become_one_and_two_again(federation: Federation) -> None:
    match_id, firms = two_employers(federation, None, None)
    assert decide(federation, match_id, True).state == MatchState.SAME
    assert members_at(federation, firms) == [0, 1]
    with federation.uow() as uow:
        gone = uow.session.scalars(select(Employer.merged_into_id).where(Employer.id == firms[0])).one()
    assert gone == firms[1]
    assert decide(federation, match_id, None).state == MatchState.OPEN
    assert members_at(federation, firms) == [1, 0]


def test_employers_that_differ_stay_as_they_are(federation: Federation) -> None:
    match_id, firms = two_employers(federation, None, None)
    assert decide(federation, match_id, False).state == MatchState.DIFFERENT
    assert members_at(federation, firms) == [1, 0]
    with pytest.raises(Conflict) as caught:
        decide(federation, match_id, True)
    assert caught.value.code == "match_decided"


def test_employers_with_codes_of_their_own_are_not_one(federation: Federation) -> None:
    match_id, firms = two_employers(federation, "91990109439150005G", "91990109497869077Q")
    with pytest.raises(Conflict) as caught:
        decide(federation, match_id, True)
    assert caught.value.code == "codes_differ"
    assert members_at(federation, firms) == [1, 0]
